/**
 * The table of a wallet's tokens: sorted, searched, filtered and paged by the API; rows are kept while their
 * token stays, so that names and prices fill in without a flicker.
 * @module tokentable
 */

import { button, emptyState, failure, skeleton } from "./callout.js";
import { element, fill, icon, say } from "./element.js";
import { count, counted } from "./figures.js";
import { get } from "./http.js";
import { COLUMNS, tokenRow } from "./tokenrow.js";
import { tokenTools } from "./tokentools.js";

const PAGE_SIZE = 25;

/** The tokens of one wallet. */
export class TokenTable {
  #address;
  #place;
  #question = { sort: "realizedPnl", order: "desc", search: "", holding: "", page: 1 };
  #asked = 0;
  /** @type {Map<string, {node: HTMLElement, text: string}>} mint → its row */ #rows = new Map();
  /** @type {any[]} */ #items = [];
  #parts;

  /** @param {HTMLElement} place @param {string} address */
  constructor(place, address) {
    this.#place = place;
    this.#address = address;
    this.#parts = this.#build();
  }

  /** Asks the API for the current page and draws it; a late answer to an older question is dropped. */
  async load() {
    if (!this.#parts.root.isConnected) fill(this.#place, this.#parts.root);
    if (!this.#items.length) fill(this.#parts.body, skeleton(6));
    const asked = ++this.#asked;
    try {
      const answer = await get(`/wallets/${this.#address}/tokens`, { ...this.#question, pageSize: PAGE_SIZE });
      if (asked === this.#asked) this.#draw(answer);
    } catch (problem) {
      if (asked === this.#asked)
        fill(
          this.#parts.body,
          failure("The tokens could not be read", problem, [button("Try again", () => this.load())]),
        );
    }
  }

  /**
   * Puts what enrichment found into the rows on show.
   * @param {any[]} found tokens with at least their mint
   */
  enrich(found) {
    const byMint = new Map(found.map((token) => [token.mint, token]));
    this.#items = this.#items.map((item) =>
      byMint.has(item.mint) ? { ...item, ...named(byMint.get(item.mint)) } : item,
    );
    for (const item of this.#items) this.#row(item);
  }

  /**
   * Says what is missing, or that all is there.
   * @param {string} text
   * @param {"busy" | "warn" | ""} [tone]
   */
  missing(text, tone = "") {
    this.#parts.missing.hidden = !text;
    this.#parts.missing.dataset.tone = tone;
    say(this.#parts.missing, text);
  }

  /** Takes the table off the page. */
  clear() {
    this.#items = [];
    this.#rows.clear();
    fill(this.#place);
  }

  #build() {
    const total = element("span", { class: "muted" });
    const missing = element("p", { class: "missing", role: "status", hidden: true });
    const body = element("div", { class: "table-frame" });
    const heads = COLUMNS.map((column) => this.#heading(column));
    const rows = element("tbody", { role: "rowgroup" });
    const table = element(
      "table",
      { class: "tokens", role: "table", "aria-label": "Tokens" },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, heads)),
      rows,
    );
    const pager = element("nav", { class: "pager", "aria-label": "Pages of tokens" });
    const root = element(
      "div",
      { class: "block" },
      element(
        "header",
        { class: "block-head" },
        element("h2", {}, "Tokens ", total),
        tokenTools(this.#question, (change) => this.#ask(change)),
      ),
      missing,
      body,
      pager,
    );
    return { root, total, missing, body, heads, rows, table, pager };
  }

  /** @param {(typeof COLUMNS)[number]} column */
  #heading({ key, sort, label }) {
    const head = element("th", { role: "columnheader", scope: "col", class: `column-${key}` });
    if (sort) {
      head.append(element("button", { type: "button", class: "sorter", onclick: () => this.#sortBy(sort) }, label));
      head.dataset.sort = sort;
    } else head.append(label);
    return head;
  }

  /** @param {string} sort */
  #sortBy(sort) {
    const turned = this.#question.sort === sort && this.#question.order === "desc" ? "asc" : "desc";
    this.#ask({ sort, order: turned });
  }

  /** @param {Partial<{sort: string, order: string, search: string, holding: string, page: number}>} change */
  #ask(change) {
    Object.assign(this.#question, { page: 1, ...change });
    this.load();
  }

  /** @param {{items: any[], total: number}} answer */
  #draw({ items, total }) {
    this.#items = items;
    say(this.#parts.total, count(total));
    for (const head of this.#parts.heads) {
      const order = this.#question.order === "desc" ? "descending" : "ascending";
      if (head.dataset.sort) head.setAttribute("aria-sort", head.dataset.sort === this.#question.sort ? order : "none");
    }
    const nodes = items.map((item) => this.#row(item));
    for (const mint of this.#rows.keys()) if (!items.some((item) => item.mint === mint)) this.#rows.delete(mint);
    if (items.length) {
      place(this.#parts.rows, nodes);
      if (!this.#parts.table.isConnected) fill(this.#parts.body, this.#parts.table);
    } else fill(this.#parts.body, this.#nothing());
    this.#page(items.length, total);
  }

  /** @param {any} item the row for it: the one on show, if nothing changed */
  #row(item) {
    const text = JSON.stringify(item);
    const known = this.#rows.get(item.mint);
    if (known?.text === text) return known.node;
    const node = tokenRow(item);
    known?.node.replaceWith(node);
    this.#rows.set(item.mint, { node, text });
    return node;
  }

  #nothing() {
    const { search, holding } = this.#question;
    if (search || holding) return emptyState("No token fits", "Change the search or the filter.");
    return emptyState(
      "No token trades",
      "This wallet has not bought or sold a token in the history that was analyzed.",
    );
  }

  /** @param {number} shown @param {number} total */
  #page(shown, total) {
    const { page } = this.#question;
    const first = (page - 1) * PAGE_SIZE + 1;
    const turn = (step, name, label, possible) => {
      const node = element(
        "button",
        {
          type: "button",
          class: "button-icon",
          "aria-label": label,
          title: label,
          onclick: () => this.#ask({ page: page + step }),
        },
        icon(name),
      );
      node.disabled = !possible;
      return node;
    };
    fill(
      this.#parts.pager,
      total > PAGE_SIZE && [
        turn(-1, "left", "Previous page", page > 1),
        element(
          "span",
          {},
          shown ? `${count(first)}–${count(first + shown - 1)} of ${counted(total, "token")}` : "No more",
        ),
        turn(1, "right", "Next page", first + shown - 1 < total),
      ],
    );
  }
}

/** @param {any} token only what is known of it: an unknown name never hides a known one */
function named(token) {
  return Object.fromEntries(Object.entries(token).filter(([, value]) => value !== null && value !== undefined));
}

/**
 * Puts the rows in this order, moving only those that are elsewhere, so that focus stays.
 * @param {HTMLElement} body
 * @param {HTMLElement[]} nodes
 */
function place(body, nodes) {
  nodes.forEach((node, index) => {
    if (body.children[index] !== node) body.insertBefore(node, body.children[index] ?? null);
  });
  while (body.children.length > nodes.length) body.lastElementChild.remove();
}
