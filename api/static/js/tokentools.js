/**
 * What narrows and orders the token table: search, filter, and a sort menu for narrow screens.
 * @module tokentools
 */

import { element } from "./element.js";
import { COLUMNS } from "./tokenrow.js";

const PAUSE = 250; // ms without a key before the search is asked

const FILTERS = [
  ["", "All tokens"],
  ["held", "Held"],
  ["exited", "Exited"],
  ["unverified", "Unverified"],
];

/**
 * @param {{sort: string, order: string}} question
 * @param {(change: object) => void} ask
 */
export function tokenTools(question, ask) {
  let timer = 0;
  const search = element("input", {
    type: "search",
    placeholder: "Search name or mint",
    "aria-label": "Search tokens",
    autocomplete: "off",
    spellcheck: "false",
  });
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask({ search: search.value.trim() }), PAUSE);
  });
  const filter = menu("Filter tokens", FILTERS, (holding) => ask({ holding }));
  const sort = menu(
    "Sort tokens",
    COLUMNS.filter((column) => column.sort).map(({ sort, label }) => [sort, `By ${label.toLowerCase()}`]),
    (sort) => ask({ sort, order: "desc" }),
  );
  sort.classList.add("narrow-only");
  sort.value = question.sort;
  return element("div", { class: "tools" }, search, filter, sort);
}

/** @param {string} label @param {string[][]} choices value and text @param {(value: string) => void} onchange */
function menu(label, choices, onchange) {
  const select = element(
    "select",
    { "aria-label": label },
    choices.map(([value, text]) => element("option", { value }, text)),
  );
  select.addEventListener("change", () => onchange(select.value));
  return select;
}
