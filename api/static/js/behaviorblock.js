/**
 * How the wallet trades: style, holding times, sessions, counts; each with its n.
 * @module behaviorblock
 */

import { NONE, fixed, sign } from "./decimal.js";
import { element, fill } from "./element.js";
import { count, counted, exactSol, percent, sol } from "./figures.js";
import { emptyState } from "./callout.js";
import { hours } from "./times.js";
import { spoken } from "./words.js";

/**
 * @param {HTMLElement} place
 * @param {any} behavior the answer of GET /wallets/{address}/behavior
 */
export function drawBehavior(place, behavior) {
  fill(place, element("div", { class: "block" },
    element("header", { class: "block-head" }, element("h2", {}, "Behavior")),
    element("div", { class: "behavior" },
      element("div", { class: "behavior-side" }, style(behavior.style), facts(behavior)),
      histogram(behavior.holdTimeDistribution ?? []))));
}

/** @param {any} known */
function style({ speed, pattern, confidence, n, sentence }) {
  const sure = typeof confidence === "number" ? confidence : null;
  const meter = element("span", { class: "meter", "aria-hidden": "true" }, element("span", {}));
  meter.style.setProperty("--filled", String(sure ?? 0));
  return element("div", { class: "style" },
    element("p", { class: "style-name" }, spoken(speed) || "No style yet", pattern && element("span", { class: "badge" }, spoken(pattern))),
    sentence && element("p", { class: "style-sentence" }, sentence),
    element("p", { class: "style-sure" }, sure === null ? "No confidence to state" : ["Confidence ", percent(sure, false, 0), meter], ` n = ${count(n)}`));
}

/** @param {any} behavior */
function facts(behavior) {
  const { holdTime, sessions } = behavior;
  const rows = [
    ["Tokens", count(behavior.uniqueTokens), `${count(behavior.tokensWithBuysAndSells)} both ways, ${count(behavior.tokensOnlyBought)} only bought, ${count(behavior.tokensOnlySold)} only sold`],
    ["Trades", `${count(behavior.buys)} / ${count(behavior.sells)}`, `buys / sells${ratio(behavior.buySellRatio)}`],
    ["Trades per token", number(behavior.tradesPerToken), `n = ${counted(behavior.uniqueTokens, "token")}`],
    ["Trades per day", number(behavior.tradesPerDay), "over the active span"],
    holdTime && ["Median hold", hours(holdTime.medianHours), `n = ${counted(holdTime.n, "match", "matches")}`],
    holdTime && ["Mean hold", hours(holdTime.weightedMeanHours), "weighted by cost"],
    sessions && ["Sessions", count(sessions.count), "a pause over 2 h starts a new one"],
    sessions && ["Session", hours(sessions.averageLengthHours), `${number(sessions.averageTrades)} trades on average`],
    sessions && ["Usual start", clock(sessions.startHourUtc), "UTC, circular mean"],
  ].filter(Boolean);
  return element("dl", { class: "facts" }, rows.map(([label, figure, note]) =>
    element("div", { class: "fact" }, element("dt", {}, label), element("dd", {}, element("span", { class: figure === NONE ? "none" : null }, figure), element("span", { class: "sub" }, note)))));
}

/** @param {unknown} value a count per something, or an object with its value and n */
function number(value) {
  return fixed(value !== null && typeof value === "object" ? value.value : value, 1);
}

/** @param {unknown} value */
function ratio(value) {
  return value === null || value === undefined ? "" : `, ratio ${fixed(value, 2)}`;
}

/** @param {unknown} hour 0 to 24 */
function clock(hour) {
  if (typeof hour !== "number" || !Number.isFinite(hour)) return NONE;
  const minutes = Math.round(hour * 60) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** @param {any[]} buckets */
function histogram(buckets) {
  const matches = buckets.reduce((sum, { matches }) => sum + (matches ?? 0), 0);
  if (!matches) return emptyState("No holding times", "Nothing that was bought has been sold yet.");
  const most = Math.max(...buckets.map((bucket) => bucket.matches ?? 0));
  const heads = ["Held for", "Matches", "Share", "Won", "Realized"].map((text, index) => element("th", { scope: "col", class: index === 1 ? "bar-column" : null }, text));
  return element("div", { class: "histogram" },
    element("h3", {}, "Holding times ", element("span", { class: "muted" }, `n = ${counted(matches, "match", "matches")}`)),
    element("table", {}, element("thead", {}, element("tr", {}, heads)),
      element("tbody", {}, buckets.map((bucket) => bucketRow(bucket, most)))));
}

/** @param {any} bucket @param {number} most */
function bucketRow(bucket, most) {
  const { matches, share, winRate, pnlSol } = bucket;
  const bar = element("span", { class: "histogram-bar" }, element("span", {}));
  bar.style.setProperty("--filled", String(most ? matches / most : 0));
  const cell = (...children) => element("td", { class: matches ? null : "none" }, children);
  return element("tr", {}, element("th", { scope: "row" }, bucketLabel(bucket.bucket)),
    element("td", { class: "bar-column" }, element("span", { class: "bar-cell" }, bar, element("span", {}, count(matches)))),
    cell(percent(share)), cell(matches ? percent(winRate) : NONE),
    cell(element("span", { "data-sign": sign(pnlSol), title: exactSol(pnlSol) }, matches ? sol(pnlSol, true) : NONE)));
}

/** @param {string} bucket as the API names it, such as ``<1m`` */
function bucketLabel(bucket) {
  return String(bucket).replace(/^(<|≥|>=)?\s*(\d+)\s*([a-z]+)$/, (_, bound, size, unit) => `${bound === ">=" ? "≥" : bound ?? ""} ${size} ${unit === "m" ? "min" : unit}`.trim());
}
