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
  fill(
    place,
    element(
      "div",
      { class: "block" },
      element("header", { class: "block-head" }, element("h2", {}, "Behavior")),
      element(
        "div",
        { class: "behavior" },
        element("div", { class: "behavior-side" }, style(behavior.style), facts(behavior)),
        histogram(behavior.holdTimeDistribution ?? []),
      ),
    ),
  );
}

/** @param {any} known */
function style({ speed, pattern, confidence, n, sentence, inputs }) {
  const meter = element("span", { class: "meter", "aria-hidden": "true" }, element("span", {}));
  meter.style.setProperty("--filled", String(confidence ?? 0));
  const share = (name) => percent(inputs[name], false, 0);
  const basis =
    inputs &&
    `from closed cycles ${share("closedCycles")}, verified quantity ${share("verifiedQuantity")}, symmetry ${share("symmetry")}`;
  return element(
    "div",
    { class: "style" },
    element(
      "p",
      { class: "style-name" },
      spoken(speed ?? pattern),
      speed && element("span", { class: "badge" }, spoken(pattern)),
    ),
    element("p", { class: "style-sentence" }, sentence),
    element(
      "p",
      { class: "style-sure" },
      element("span", {}, `Confidence ${percent(confidence, false, 0)}`, meter),
      element("span", {}, `n\u00a0=\u00a0${counted(n, "closed cycle")}`),
      basis && element("span", {}, basis),
    ),
  );
}

/** @param {any} behavior */
function facts(behavior) {
  const { holdTime, sessions, averageTrade } = behavior;
  const rows = [
    [
      "Tokens",
      count(behavior.uniqueTokens),
      [
        `${count(behavior.tokensWithBuysAndSells)} both ways`,
        `${count(behavior.tokensOnlyBought)} only bought`,
        `${count(behavior.tokensOnlySold)} only sold`,
      ].join(", "),
    ],
    ["Trades", `${count(behavior.buys)} / ${count(behavior.sells)}`, `buys / sells${ratio(behavior.buySellRatio)}`],
    [
      "Per token",
      number(behavior.tradesPerToken),
      `trades, n\u00a0=\u00a0${counted(behavior.tradesPerToken.n, "token")}`,
    ],
    ["Per day", number(behavior.tradesPerDay), `trades, n\u00a0=\u00a0${count(behavior.tradesPerDay.n)}`],
    ["Average trade", sol(averageTrade.valueSol), `SOL, n\u00a0=\u00a0${count(averageTrade.n)}`],
    [
      "Bought again",
      percent(behavior.reentryRate.value),
      `of tokens once sold, n\u00a0=\u00a0${count(behavior.reentryRate.n)}`,
    ],
    ["Median hold", hours(holdTime.medianHours), `n\u00a0=\u00a0${counted(holdTime.n, "match", "matches")}`],
    ["Mean hold", hours(holdTime.weightedMeanHours), "weighted by cost"],
    [
      "Under 5 s",
      percent(behavior.fastRoundTrips.value),
      `of closed cycles, n\u00a0=\u00a0${count(behavior.fastRoundTrips.n)}`,
    ],
    ["Sessions", count(sessions.count), "a pause over 2 h starts a new one"],
    ["Session length", hours(sessions.averageLengthHours), `${fixed(sessions.averageTrades, 1)} trades on average`],
    ["Usual start", clock(sessions.startHourUtc), "UTC, circular mean"],
  ];
  return element(
    "dl",
    { class: "facts" },
    rows.map(([label, figure, note]) =>
      element(
        "div",
        { class: "fact" },
        element("dt", {}, label),
        element(
          "dd",
          {},
          element("span", { class: figure === NONE ? "none" : null }, figure),
          element("span", { class: "sub" }, note),
        ),
      ),
    ),
  );
}

/** @param {{value: unknown, n: number}} measure */
function number({ value }) {
  return fixed(value, 1);
}

/** @param {{value: unknown, n: number}} measure */
function ratio({ value }) {
  return value === null ? "" : `, ratio ${fixed(value, 2)}`;
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
  const heads = ["Held for", "Matches", "Share", "Won", "Realized"].map((text, index) =>
    element("th", { scope: "col", class: index === 1 ? "bar-column" : null }, text),
  );
  return element(
    "div",
    { class: "histogram" },
    element(
      "h3",
      {},
      "Holding times ",
      element("span", { class: "muted" }, `n\u00a0=\u00a0${counted(matches, "match", "matches")}`),
    ),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, heads)),
      element(
        "tbody",
        {},
        buckets.map((bucket) => bucketRow(bucket, most)),
      ),
    ),
  );
}

/** @param {any} bucket @param {number} most */
function bucketRow(bucket, most) {
  const { matches, share, winRate, pnlSol } = bucket;
  const bar = element("span", { class: "histogram-bar" }, element("span", {}));
  bar.style.setProperty("--filled", String(most ? matches / most : 0));
  const cell = (...children) => element("td", { class: matches ? null : "none" }, children);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, bucket.bucket.replace(">=", "≥")),
    element(
      "td",
      { class: "bar-column" },
      element("span", { class: "bar-cell" }, bar, element("span", {}, count(matches))),
    ),
    cell(percent(share)),
    cell(matches ? percent(winRate) : NONE),
    cell(element("span", { "data-sign": sign(pnlSol), title: exactSol(pnlSol) }, matches ? sol(pnlSol, true) : NONE)),
  );
}
