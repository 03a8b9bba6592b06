/**
 * Designed states: nothing here yet, loading, something went wrong, something to know.
 * @module callout
 */

import { element, icon } from "./element.js";
import { advice } from "./failure.js";

/**
 * A boxed message.
 * @param {object} content
 * @param {"calm" | "warn" | "bad" | "good"} [content.tone]
 * @param {string} content.title
 * @param {import("./element.js").Child} [content.text]
 * @param {string} [content.code]
 * @param {Node[]} [content.actions]
 */
export function callout({ tone = "calm", title, text = null, code = "", actions = [] }) {
  return element(
    "div",
    { class: `callout callout-${tone}`, role: tone === "bad" ? "alert" : "status" },
    icon(tone === "good" ? "check" : tone === "calm" ? "info" : "alert"),
    element(
      "div",
      { class: "callout-text" },
      element("p", { class: "callout-title" }, title, code && element("code", { class: "code" }, code)),
      text && element("p", {}, text),
    ),
    actions.length > 0 && element("div", { class: "callout-actions" }, actions),
  );
}

/**
 * A failure with its code and what to do.
 * @param {string} title
 * @param {{code?: string, detail?: string, message?: string, retryAfter?: number | null}} error
 * @param {Node[]} [actions]
 */
export function failure(title, error, actions = []) {
  const detail = error.detail ?? error.message ?? "";
  return callout({
    tone: "bad",
    title,
    code: error.code,
    actions,
    text: [detail, advice(error.code, error.retryAfter)].filter(Boolean).join(" "),
  });
}

/**
 * An empty place that says why it is empty.
 * @param {string} title
 * @param {string} [text]
 * @param {...Node} actions
 */
export function emptyState(title, text = "", ...actions) {
  return element(
    "div",
    { class: "state" },
    element("p", { class: "state-title" }, title),
    text && element("p", {}, text),
    actions,
  );
}

/**
 * Grey bars in the shape of what will come.
 * @param {number} lines
 */
export function skeleton(lines) {
  return element(
    "div",
    { class: "skeleton", role: "status", "aria-label": "Loading" },
    Array.from({ length: lines }, () => element("span", {})),
  );
}

/**
 * @param {string} label
 * @param {(event: Event) => void} onclick
 * @param {string} [kind] main, plain or quiet
 */
export function button(label, onclick, kind = "plain") {
  return element("button", { type: "button", class: `button button-${kind}`, onclick }, label);
}
