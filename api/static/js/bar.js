/**
 * A bar that fills.
 * @module bar
 */

import { element } from "./element.js";

/**
 * @param {string} label
 * @returns {{node: HTMLElement, set: (percent: number, state?: string) => void}}
 */
export function progressBar(label) {
  const node = element(
    "div",
    { class: "bar", role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 },
    element("span", {}),
  );
  const set = (percent, state = "live") => {
    node.style.setProperty("--filled", String(percent / 100));
    node.setAttribute("aria-valuenow", String(percent));
    node.dataset.state = state;
  };
  set(0);
  return { node, set };
}
