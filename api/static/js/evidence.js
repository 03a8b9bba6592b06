/**
 * What a figure is made of: its formula, the tokens or lots that add up to it, their signatures, and what is missing.
 * @module evidence
 */

import { explorerLink, short } from "./address.js";
import { button, emptyState, failure, skeleton } from "./callout.js";
import { exact, sign } from "./decimal.js";
import { element, fill, icon } from "./element.js";
import { count, counted, percent, quantity } from "./figures.js";
import { get } from "./http.js";
import { timeElement } from "./times.js";

const PAGE = 100; // lines that are asked for at once

/**
 * @typedef {object} Question
 * @property {string} figure its name in the API
 * @property {string} label what the page calls it
 * @property {string} [mint] of this token; else of the whole wallet
 * @property {string} [name] what the page calls the token
 */

/** A dialog that explains one figure after the other. */
export class Evidence {
  #address;
  #lens;
  /** @type {Question[]} */ #path = [];
  #asked = 0;
  #title = element("h2", { id: "evidence-title" });
  #body = element("div", { class: "evidence-body" });
  #back = element(
    "button",
    { type: "button", class: "button-icon", title: "Back", "aria-label": "Back", onclick: () => this.#up() },
    icon("left"),
  );
  #dialog;

  /**
   * @param {string} address
   * @param {() => Record<string, string>} lens the method and window that the page shows
   */
  constructor(address, lens) {
    this.#address = address;
    this.#lens = lens;
    const close = element(
      "button",
      { type: "button", class: "button-icon", title: "Close", "aria-label": "Close", onclick: () => this.#dialog.close() },
      icon("cross"),
    );
    this.#dialog = /** @type {HTMLDialogElement} */ (
      element(
        "dialog",
        { class: "evidence", "aria-labelledby": "evidence-title" },
        element("header", { class: "evidence-head" }, this.#back, this.#title, close),
        this.#body,
      )
    );
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
    document.body.append(this.#dialog);
  }

  /** @param {Question} question */
  open(question) {
    this.#path = [question];
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#load();
  }

  #up() {
    this.#path.pop();
    this.#load();
  }

  /** @param {Question} question */
  #down(question) {
    this.#path.push(question);
    this.#load();
  }

  /** Asks for the figure on top and draws it; a late answer to an older question is dropped. */
  async #load(limit = PAGE) {
    const question = this.#path.at(-1);
    const asked = ++this.#asked;
    this.#back.hidden = this.#path.length < 2;
    fill(this.#title, question.name ? `${question.label} · ${question.name}` : question.label);
    if (limit === PAGE) fill(this.#body, skeleton(5));
    try {
      const { figure, mint } = question;
      const asking = { ...this.#lens(), figure, limit, ...(mint && { mint }) };
      const audit = await get(`/wallets/${this.#address}/audit`, asking);
      if (asked === this.#asked) this.#draw(audit, question, limit);
    } catch (problem) {
      const again = button("Try again", () => this.#load());
      if (asked === this.#asked) fill(this.#body, failure("The evidence could not be read", problem, [again]));
    }
  }

  /** @param {any} audit @param {Question} question @param {number} limit */
  #draw(audit, question, limit) {
    const rows = audit.mint ? audit.lines.map(lineRow) : audit.parts.map((part) => this.#partRow(part, question, dated(audit.parts)));
    const more = audit.count - rows.length;
    fill(
      this.#body,
      element("p", { class: "evidence-total", "data-sign": sign(audit.total) }, totalText(audit)),
      element("p", { class: "muted" }, audit.formula),
      terms(audit.terms, audit.unit),
      rows.length ? table(audit.mint ? LINE : dated(audit.parts) ? PART : UNDATED, rows) : emptyState("Nothing adds to this figure"),
      more > 0 && button(`Show more of ${count(audit.count)}`, () => this.#load(limit * 5), "quiet"),
      audit.missing && missing(audit.missing),
    );
  }

  /** @param {any} part @param {Question} question @param {boolean} isDated */
  #partRow(part, question, isDated) {
    const name = part.symbol || (part.mint && short(part.mint));
    const deeper = part.mint && part.signature === null && { ...question, ...below(question), mint: part.mint, name };
    const who = deeper
      ? element("button", { type: "button", class: "link", onclick: () => this.#down(deeper) }, name)
      : signature(part.signature);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, who),
      isDated && element("td", {}, part.since && [timeElement(part.since), " – "], timeElement(part.blockTime)),
      element("td", { class: "number", "data-sign": sign(part.amount) }, exact(part.amountText)),
    );
  }
}

const PART = ["Of", "When", "SOL"];
const UNDATED = ["Of", "SOL"];
const LINE = ["Transaction", "When", "What", "Quantity", "Amount"];

const ROLES = {
  buy: "Bought",
  sell: "Sold",
  receive: "Received",
  send: "Sent",
  deposit: "Put into a claim",
  withdraw: "Back from a claim",
  redeem: "Redeemed",
};

/** Whether parts have a time: round trips and transactions do, tokens have not. @param {any[]} parts */
function dated(parts) {
  return parts.some((part) => part.blockTime !== null);
}

/** A wallet's rates rest on what its tokens realized. @param {Question} question */
function below({ figure, label }) {
  const rests = ["tokenWinRate", "cycleWinRate", "profitFactor", "expectancy", "roi"].includes(figure);
  return rests ? { figure: "realizedPnl", label: "Realized" } : { figure, label };
}

/** @param {any} line */
function lineRow(line) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, signature(line.signature)),
    element("td", {}, timeElement(line.blockTime)),
    element("td", {}, spokenRole(line), line.lot && line.lot.signature !== line.signature && lotNote(line.lot)),
    element("td", { class: "number", title: line.quantityText }, quantity(line.quantityText)),
    element("td", { class: "number", "data-sign": sign(line.amount) }, exact(line.amountText)),
  );
}

/** @param {any} line */
function spokenRole({ what }) {
  return ROLES[what] ?? what;
}

/** @param {any} lot */
function lotNote(lot) {
  return element("span", { class: "sub" }, "lot of ", timeElement(lot.blockTime, "day"), " ", signature(lot.signature));
}

/** @param {string | null} text */
function signature(text) {
  if (!text) return element("span", { class: "none" }, "—");
  return element(
    "span",
    { class: "signature" },
    element("span", { class: "address", title: text, translate: "no" }, short(text, 6)),
    explorerLink("tx", text),
  );
}

/** @param {any} audit */
function totalText({ figure, total, totalText: text, unit }) {
  if (total === null) return "Not known: nothing to divide by";
  if (unit === "ratio") return figure === "profitFactor" ? total : percent(total, false, 2);
  return unit === "lamports" ? `${exact(text)} SOL` : exact(text);
}

/** @param {{figure: string, amountText: string, amount: string}[] | undefined} list @param {string} unit */
function terms(list, unit) {
  if (!list?.length) return null;
  return element(
    "dl",
    { class: "evidence-terms" },
    list.map(({ figure, amount, amountText }) => [
      element("dt", {}, words(figure)),
      element("dd", { "data-sign": sign(amount) }, unit === "lamports" ? `${exact(amountText)} SOL` : exact(amountText)),
    ]).flat(),
  );
}

/** ``costDisposed`` → ``Cost disposed``. @param {string} name */
function words(name) {
  const text = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return text[0].toUpperCase() + text.slice(1);
}

/** @param {string[]} heads @param {HTMLElement[]} rows */
function table(heads, rows) {
  return element(
    "div",
    { class: "table-frame" },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, rows),
    ),
  );
}

/** @param {any} known */
function missing({ unverified, unpriced, withoutUsd }) {
  const lines = [
    unverified.length && `${counted(unverified.length, "sale")} without a known purchase: in no profit.`,
    unpriced.length && `${counted(unpriced.length, "trade")} for a value nobody knows.`,
    withoutUsd.length && `${counted(withoutUsd.length, "trade")} at a time whose price of SOL nobody knows: not in USD.`,
  ].filter(Boolean);
  return lines.length > 0 && element("ul", { class: "evidence-missing" }, lines.map((line) => element("li", {}, line)));
}
