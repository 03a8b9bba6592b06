/**
 * What a result rests on: how much of the history, from when to when, and what is missing.
 * @module coverage
 */

import { element } from "./element.js";
import { count, counted, exactSol, ofLamports, percent, sol } from "./figures.js";
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
    return badge(
      "warn",
      `Covers the latest ${count(coverage.transactions)} transactions`,
      "This wallet has more transactions than one analysis takes.",
    );
  }
  const { gaps } = coverage;
  return badge(
    "warn",
    gaps ? `${counted(gaps, "gap")} in the history` : "Part of the history",
    "Older or missing transactions are not in these figures.",
  );
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
  const {
    complete,
    capped,
    gaps,
    firstTime,
    lastTime,
    unpricedTrades,
    unreadable,
    ties,
    unexplainedLamports,
    verifiedShare,
  } = coverage;
  const unexplained = ofLamports(unexplainedLamports);
  const parts = [
    [counted(coverage.transactions ?? transactions, "transaction")],
    firstTime && lastTime && [timeElement(firstTime, "day"), " to ", timeElement(lastTime, "day")],
    [complete ? "the whole history" : capped ? "the latest part of the history" : "part of the history"],
    gaps > 0 && [counted(gaps, "gap")],
    verifiedShare !== null &&
      verifiedShare !== undefined && [`${percent(verifiedShare)} of proceeds with a known cost`],
    unpricedTrades > 0 && [`${counted(unpricedTrades, "trade")} without a known value`],
    unreadable > 0 && [`${counted(unreadable, "transaction")} in a form we cannot read`],
    ties > 0 && [
      element(
        "span",
        { title: "They share a slot and a token with another; only the order in which the provider lists them is known." },
        `${counted(ties, "transaction")} in the order of the listing`,
      ),
    ],
    sign(unexplained) !== 0 && [
      element("span", { title: exactSol(unexplained) }, `${sol(unexplained)} SOL unexplained`),
    ],
  ].filter(Boolean);
  return element(
    "p",
    { class: "coverage" },
    "Rests on ",
    parts.map((part, index) => [index ? " · " : null, ...part]).flat(),
  );
}
