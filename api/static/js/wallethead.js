/**
 * The wallet's header: address, state, coverage, and the button that starts an analysis.
 * @module wallethead
 */

import { copyButton, explorerLink, shortElement } from "./address.js";
import { button } from "./callout.js";
import { coverageBadge } from "./coverage.js";
import { element, fill } from "./element.js";
import { timeElement } from "./times.js";

const STATES = {
  CURRENT: "Up to date",
  STALE: "Stale",
  MISSING: "Not analyzed",
  IN_PROGRESS: "Analyzing",
  UNKNOWN: "Not known",
};
const CLASSES = {
  high_frequency: ["High frequency", "More than 500 transactions a day, or more than an analysis covers: stale after minutes"],
  program: ["Program", "A program owns this address: its figures are that program’s doing"],
  exchange_or_router: ["Exchange or router", "This address trades for many people: its figures mix theirs"],
};

/**
 * @param {HTMLElement} place
 * @param {object} state
 * @param {string} state.address
 * @param {any | null} state.wallet
 * @param {boolean} state.running
 * @param {boolean} state.loading
 * @param {(force: boolean) => void} state.start
 */
export function drawHead(place, { address, wallet, running, loading, start }) {
  const status = running ? "IN_PROGRESS" : loading ? "UNKNOWN" : (wallet?.status ?? "MISSING");
  const analyzed = wallet?.lastAnalyzedAt;
  const act = button(analyzed ? "Refresh" : "Analyze", () => start(Boolean(analyzed)), "main");
  act.disabled = running || loading;
  fill(
    place,
    element(
      "div",
      { class: "head-who" },
      element("h1", { class: "head-address" }, shortElement(address, 6)),
      copyButton(address, "Copy the address"),
      explorerLink("account", address),
    ),
    element(
      "div",
      { class: "head-state" },
      element(
        "span",
        { class: "status", "data-status": status },
        loading && !running ? "Loading" : (STATES[status] ?? status),
      ),
      analyzed && element("span", { class: "muted" }, "analyzed ", timeElement(analyzed, "ago")),
      coverageBadge(wallet?.coverage),
      classBadge(wallet?.class),
    ),
    element("div", { class: "head-action" }, act),
  );
}

/** @param {string | undefined} kind */
function classBadge(kind) {
  const [text, title] = CLASSES[kind ?? ""] ?? [];
  return text && element("span", { class: "badge", title }, text);
}
