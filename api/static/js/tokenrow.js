/**
 * One token of a wallet as a table row.
 * @module tokenrow
 */

import { copyButton, short } from "./address.js";
import { avatar } from "./avatar.js";
import { NONE, exact, sign } from "./decimal.js";
import { element } from "./element.js";
import { count, counted, exactSol, percent, price, quantity, sol } from "./figures.js";
import { timeElement } from "./times.js";

/**
 * The columns: what the API sorts by, the heading, and the cell. ``lead`` ones stay on narrow screens' first line.
 * @type {{key: string, sort: string | null, label: string, cell: (token: any) => import("./element.js").Child[]}[]}
 */
export const COLUMNS = [
  { key: "token", sort: null, label: "Token", cell: who },
  { key: "realized", sort: "realizedPnl", label: "Realized", cell: (token) => [proven(token, "realizedPnl", "Realized")] },
  { key: "unrealized", sort: null, label: "Unrealized", cell: (token) => [unrealized(token)] },
  {
    key: "roi",
    sort: "roi",
    label: "ROI",
    cell: (token) => [tinted(0, percent(token.roi, true), "Realized, on the cost of what was sold")],
  },
  { key: "spent", sort: "cost", label: "Spent", cell: (token) => [proven(token, "cost", "Spent")] },
  { key: "received", sort: "proceeds", label: "Received", cell: received },
  { key: "balance", sort: "held", label: "Balance", cell: balance },
  { key: "trades", sort: "trades", label: "Trades", cell: trades },
  { key: "first", sort: "firstTrade", label: "First", cell: (token) => [timeElement(token.firstTrade, "day")] },
  { key: "last", sort: "lastTrade", label: "Last", cell: (token) => [timeElement(token.lastTrade, "day")] },
];

/**
 * Roles are written out because narrow screens lay rows out as cards, which takes the table's own away.
 * @param {any} token
 */
export function tokenRow(token) {
  return element(
    "tr",
    { role: "row", "data-mint": token.mint },
    COLUMNS.map(({ key, label, cell }, index) =>
      element(
        index ? "td" : "th",
        {
          role: index ? "cell" : "rowheader",
          scope: index ? null : "row",
          class: `column-${key}`,
          "data-label": label,
        },
        cell(token),
      ),
    ),
  );
}

/** @param {any} token */
function who(token) {
  const { mint, symbol, name } = token;
  const title = [name, symbol, mint].filter(Boolean).join(" · ");
  return [
    element(
      "span",
      { class: "token" },
      avatar(token),
      element(
        "span",
        { class: "token-words" },
        element(
          "span",
          { class: "token-line" },
          element(
            "bdi",
            { class: symbol ? "token-symbol" : "token-symbol address", title, translate: "no" },
            symbol || short(mint),
          ),
          badges(token),
        ),
        element(
          "span",
          { class: "token-line token-name" },
          element("bdi", { title }, (symbol && name) || (symbol ? short(mint) : "No name known")),
          copyButton(mint, "Copy the mint"),
        ),
      ),
    ),
  ];
}

/** @param {any} token */
function badges({ held, unverifiedQuantity, sells, buys, cycles, cycleOpen }) {
  const isHeld = sign(held) > 0;
  const isDust = isHeld && cycles > 0 && !cycleOpen;
  return [
    isHeld && !isDust && badge("held", "Held", "Some of what was bought has not been sold"),
    isDust && badge("exited", "Dust", "All has been sold but a thousandth or less of the peak"),
    !isHeld && sells > 0 && buys > 0 && badge("exited", "Exited", "All that was bought has been sold or sent"),
    sign(unverifiedQuantity) > 0 &&
      badge("unverified", "Unverified", "More was sold than is known to have been bought; the surplus is in no profit"),
  ];
}

/** @param {string} kind @param {string} text @param {string} title */
function badge(kind, text, title) {
  return element("span", { class: `badge badge-${kind}`, title }, text);
}

/** @param {unknown} value @param {string} text @param {string} title */
function tinted(value, text, title) {
  return element(
    "span",
    { "data-sign": sign(value), class: text === NONE ? "none" : null, title: title || null },
    text,
  );
}

/** @param {string | null} text */
function signed(text) {
  return tinted(text, sol(text, true), exactSol(text));
}

/**
 * An amount that opens its evidence; only results have a sign and a color.
 * @param {any} token
 * @param {string} figure its name in the API
 * @param {string} label
 */
function proven(token, figure, label) {
  const text = token[`${figure}Sol`];
  const isResult = figure === "realizedPnl";
  return element(
    "button",
    {
      type: "button",
      class: "proven",
      title: exactSol(text),
      "data-sign": isResult ? sign(text) : null,
      "data-figure": figure,
      "data-label": label,
      "data-mint": token.mint,
      "data-name": token.symbol || short(token.mint),
    },
    sol(text, isResult),
  );
}

/** @param {any} token */
function unrealized({ unrealizedPnlSol, held }) {
  const isHeld = sign(held) > 0;
  if (isHeld && unrealizedPnlSol !== null) return signed(unrealizedPnlSol);
  return element("span", { class: "none", title: isHeld ? "No price is known" : "Nothing is held" }, NONE);
}

/** @param {any} token */
function received(token) {
  const apart =
    sign(token.unverifiedProceedsSol) > 0 &&
    element(
      "span",
      { class: "sub", title: `${exactSol(token.unverifiedProceedsSol)} for tokens without a known purchase` },
      `${sol(token.unverifiedProceedsSol)} unverified`,
    );
  return [proven(token, "proceeds", "Received"), apart];
}

/** @param {any} token */
function balance(token) {
  const amount = token.heldText;
  if (sign(token.held) === 0) return [element("span", { class: "none" }, "0")];
  const known = price(token.priceUsd);
  const value = sign(token.marketValueSol) > 0 && `${sol(token.marketValueSol)} SOL`;
  return [
    element("span", { title: exact(amount) }, quantity(amount)),
    element(
      "span",
      { class: "sub", title: known === NONE ? null : `at ${known} each` },
      value || (known === NONE ? "no price" : known),
    ),
  ];
}

/** @param {any} token */
function trades({ buys, sells, cycles }) {
  const title = `${counted(buys, "buy")}, ${counted(sells, "sell")}, ${counted(cycles, "closed cycle")}`;
  return [element("span", { title }, `${count(buys)} / ${count(sells)}`)];
}
