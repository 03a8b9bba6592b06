/**
 * DOM nodes from values. Text is always a text node, so what a chain or a provider says cannot become markup.
 * @module element
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * A new element.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] any attribute, ``onclick`` and its kin as functions; null and false are left out
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

/**
 * @param {Element} node
 * @param {(Child | Child[])[]} children
 */
function append(node, children) {
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false)
      node.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Puts these children in the place of whatever the node had.
 * @param {Element} node
 * @param {...(Child | Child[])} children
 */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/**
 * Sets the text only where it changed, so that nothing flickers and no selection is lost.
 * @param {Element} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** Line drawings on a 20 × 20 field. */
const DRAWINGS = {
  copy: "M7 7V4.5h8.5V13H13M4.5 7H13v8.5H4.5z",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  link: "M8.5 5H5v10h10v-3.5M11 4.5h4.5V9M15 5l-6 6",
  cross: "m5.5 5.5 9 9m0-9-9 9",
  alert: "M10 4 17 16H3zM10 8.5v3.5m0 1.8v.2",
  info: "M10 9v5m0-7.7v.2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z",
  left: "m12 5-5 5 5 5",
  right: "m8 5 5 5-5 5",
};

/**
 * A small drawing that takes the text's color.
 * @param {keyof typeof DRAWINGS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", DRAWINGS[name]);
  svg.append(path);
  return svg;
}
