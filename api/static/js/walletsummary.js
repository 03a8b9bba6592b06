/**
 * The summary cards of a wallet: each figure with what it rests on.
 * @module walletsummary
 */

import { sign } from "./decimal.js";
import { element, fill } from "./element.js";
import { count, counted, exactSol, percent, sol, usd } from "./figures.js";
import { coverageLine } from "./coverage.js";
import { timeElement } from "./times.js";
import { reasonText, spoken } from "./words.js";

/** @typedef {import("./element.js").Child} Child */

/**
 * Draws the cards into ``place``; a figure that is a button names its evidence in ``data-figure``.
 * @param {HTMLElement} place
 * @param {any} wallet the answer of GET /wallets/{address}
 */
export function drawSummary(place, wallet) {
  const { pnl } = wallet;
  fill(
    place,
    element(
      "dl",
      { class: "cards" },
      money("Realized", pnl.realizedSol, pnl.realizedUsd, tradesNote(pnl), { kind: "card-main", proof: "realizedPnl" }),
      pnl.unrealizedSol === null
        ? card("Unrealized", none(), reasonText(pnl.unrealizedReason))
        : money("Unrealized", pnl.unrealizedSol, pnl.unrealizedUsd, openNote(pnl)),
      pnl.totalSol === null
        ? card("Total", none(), "Known once the unrealized part is.")
        : money("Total", pnl.totalSol, pnl.totalUsd, "Realized and unrealized"),
      card(
        "ROI",
        tinted(pnl.roi, percent(pnl.roi, true), { proof: "roi", label: "ROI" }),
        pnl.roi === null ? "Nothing with a known cost was sold." : "On the cost of what was sold",
      ),
      winRate(wallet.winRate),
      balance(wallet.balance),
      style(wallet.style),
      card("Fees", amount(pnl.feesSol, { proof: "fees", label: "Fees" }), "Network, tips and platform, inside the figures above"),
    ),
    unverified(pnl),
    coverageLine(wallet),
  );
}

/**
 * @param {string} label
 * @param {Child | Child[]} figure
 * @param {Child | Child[]} note
 * @param {string} [kind]
 */
function card(label, figure, note, kind = "") {
  return element(
    "div",
    { class: `card ${kind}` },
    element("dt", {}, label),
    element("dd", {}, figure, element("p", { class: "card-note" }, note)),
  );
}

function none() {
  return element("span", { class: "figure none" }, "—");
}

/**
 * A figure; with ``proof`` a button that opens its evidence.
 * @param {{proof?: string, label?: string, title?: string | null, sign?: number | null}} about
 * @param {...Child} children
 */
function figure({ proof, label, title, sign: tint = null }, ...children) {
  const shared = { class: "figure", "data-sign": tint, title: title || null };
  if (!proof) return element("span", shared, ...children);
  return element("button", { ...shared, type: "button", "data-figure": proof, "data-label": label }, ...children);
}

/** @param {unknown} value @param {string} text @param {{proof?: string, label?: string}} [about] */
function tinted(value, text, about = {}) {
  return figure({ ...about, sign: sign(value) }, text);
}

/** @param {string} text @param {{proof?: string, label?: string}} [about] */
function amount(text, about = {}) {
  return figure({ ...about, title: exactSol(text) }, sol(text), element("span", { class: "unit" }, "SOL"));
}

/**
 * @param {string} label
 * @param {string} text
 * @param {string | null} dollars
 * @param {Child} note
 * @param {{kind?: string, proof?: string}} [about]
 */
function money(label, text, dollars, note, { kind, proof } = {}) {
  const shown = figure(
    { proof, label, title: exactSol(text), sign: sign(text) },
    sol(text, true),
    element("span", { class: "unit" }, "SOL"),
  );
  return card(
    label,
    [shown, dollars && element("p", { class: "card-dollars" }, `≈ ${usd(dollars, true)}`)],
    note,
    kind,
  );
}

/** @param {any} pnl */
function tradesNote(pnl) {
  const rule = [pnl.method?.toUpperCase(), pnl.mode].filter(Boolean).join(", ");
  const trades = `${counted(pnl.tokens, "token")}, ${counted(pnl.buys, "buy")}, ${counted(pnl.sells, "sell")}`;
  return rule ? `${trades} · ${rule}` : trades;
}

/** @param {any} pnl */
function openNote(pnl) {
  const left = pnl.unpricedHoldings ? `; leaves out ${counted(pnl.unpricedHoldings, "holding")} without a price` : "";
  const cost = { type: "button", class: "link", title: exactSol(pnl.openCostSol), "data-figure": "openCost", "data-label": "Open cost" };
  return element("span", {}, "On ", element("button", cost, `${sol(pnl.openCostSol)} SOL`), ` of open cost${left}`);
}

/** @param {any} rates */
function winRate({ tokens, cycles }) {
  if (tokens.value === null) return card("Win rate", none(), "No position has been closed yet.");
  const even = tokens.breakEven ? `, ${count(tokens.breakEven)} even` : "";
  const perCycle =
    cycles && cycles.value !== null ? ` Per cycle ${percent(cycles.value)} (n = ${count(cycles.n)}).` : "";
  return card(
    "Win rate",
    tinted(null, percent(tokens.value), { proof: "tokenWinRate", label: "Win rate" }),
    `n = ${counted(tokens.n, "token")}: ${count(tokens.winners)} won, ${count(tokens.losers)} lost${even}.${perCycle}`,
  );
}

/** @param {any} held */
function balance(held) {
  if (!held) return card("Balance", none(), "The chain has not been asked yet.");
  return card("Balance", amount(held.sol), ["SOL, asked ", timeElement(held.fetchedAt, "ago")]);
}

/** @param {any} known */
function style(known) {
  if (!known) return card("Style", none(), "Comes with the behavior analysis.");
  const name = [spoken(known.speed), spoken(known.pattern)].filter(Boolean).join(" · ");
  const sure =
    known.confidence === null || known.confidence === undefined
      ? ""
      : `Confidence ${percent(known.confidence, false, 0)}, `;
  return card("Style", element("span", { class: "figure figure-text" }, name || "—"), `${sure}n = ${count(known.n)}`);
}

/** @param {any} pnl */
function unverified(pnl) {
  if (sign(pnl.unverifiedProceedsSol) === 0) return null;
  return element(
    "aside",
    { class: "apart" },
    element(
      "div",
      { class: "apart-figure" },
      element("span", { class: "apart-label" }, "Unverified proceeds"),
      amount(pnl.unverifiedProceedsSol, { proof: "unverifiedProceeds", label: "Unverified proceeds" }),
    ),
    element(
      "p",
      {},
      "Received for tokens this wallet sold without a known purchase: airdrops, transfers in, or history not fetched. ",
      "Their cost is unknown, so they count in no profit, no win rate and no ROI.",
    ),
  );
}
