/**
 * What a result rests on: how much of the history, from when to when, and what is missing.
 * @module coverage
 */

import { element } from "./element.js";
import { count, counted, exactSol, sol } from "./figures.js";
import { sign } from "./decimal.js";
import { timeElement } from "./times.js";

/**
 * The badge of the header: complete, or what it covers.
 * @param {any} coverage
 */
export function coverageBadge(coverage) {
  if (!coverage) return null;
  if (coverage.complete) return badge("good", "Complete history", "Every transaction of this wallet was analyzed.");
  if (coverage.capped) {
    return badge("warn", `Covers the latest ${count(coverage.transactions)} transactions`, "This wallet has more transactions than one analysis takes.");
  }
  const gaps = gapCount(coverage);
  return badge("warn", gaps ? `${counted(gaps, "gap")} in the history` : "Part of the history", "Older or missing transactions are not in these figures.");
}

/** @param {any} coverage */
function gapCount(coverage) {
  return Array.isArray(coverage.gaps) ? coverage.gaps.length : Number(coverage.gaps) || 0;
}

/** @param {string} tone @param {string} text @param {string} title */
function badge(tone, text, title) {
  return element("span", { class: `badge badge-${tone}`, title }, text);
}

/**
 * The line under the cards.
 * @param {any} wallet
 */
export function coverageLine({ coverage, transactions }) {
  if (!coverage) return null;
  const { fromTime, toTime } = coverage;
  const gaps = gapCount(coverage);
  const parts = [
    [counted(coverage.transactions ?? transactions, "transaction")],
    fromTime && toTime && ["from ", timeElement(fromTime, "day"), " to ", timeElement(toTime, "day")],
    [coverage.complete ? "the whole history" : coverage.capped ? "the latest part of the history" : "part of the history"],
    gaps > 0 && [counted(gaps, "gap")],
    coverage.unpricedLegs > 0 && [counted(coverage.unpricedLegs, "trade leg"), " without a known value"],
    sign(coverage.unexplainedSol) !== 0 && [element("span", { title: exactSol(coverage.unexplainedSol) }, `${sol(coverage.unexplainedSol)} SOL unexplained`)],
  ].filter(Boolean);
  return element("p", { class: "coverage" }, "Rests on ", parts.map((part, index) => [index ? " · " : null, ...part]).flat());
}
