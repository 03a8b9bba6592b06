/**
 * Solana addresses: 32 bytes, written in base58; shown short, copied whole.
 * @module address
 */

import { element, fill, icon } from "./element.js";

const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BYTES = 32;
const MOST_LETTERS = 44;

/**
 * Why a text is no address; null if it is one. The server says the same.
 * @param {string} text
 * @returns {string | null}
 */
export function reasonAgainst(text) {
  if (!text) return "Paste a wallet address: 32 to 44 letters and digits.";
  const stranger = [...text].find((letter) => !LETTERS.includes(letter));
  if (stranger) {
    const named = stranger.trim() ? `“${stranger}”` : "a space";
    return `An address never has ${named} in it: base58 leaves out 0, O, I, l and all signs.`;
  }
  if (text.length > MOST_LETTERS)
    return `An address has at most ${MOST_LETTERS} letters; this text has ${text.length}.`;
  const size = bytesIn(text);
  return size === BYTES ? null : `An address decodes to ${BYTES} bytes; this one has ${size}.`;
}

/** @param {string} text base58 letters only */
function bytesIn(text) {
  let value = 0n;
  for (const letter of text) value = value * 58n + BigInt(LETTERS.indexOf(letter));
  const zeros = /^1*/.exec(text)[0].length;
  return zeros + (value ? Math.ceil(value.toString(16).length / 2) : 0);
}

/**
 * ``3JoV…gkr2``
 * @param {string} address
 * @param {number} [letters] on each side
 */
export function short(address, letters = 4) {
  return address.length > 2 * letters + 1 ? `${address.slice(0, letters)}…${address.slice(-letters)}` : address;
}

/**
 * The address, shortened, with the whole one in its title.
 * @param {string} address
 * @param {number} [letters]
 */
export function shortElement(address, letters = 4) {
  return element("span", { class: "address", title: address, translate: "no" }, short(address, letters));
}

/**
 * A button that copies the whole text and says so.
 * @param {string} text
 * @param {string} label
 */
export function copyButton(text, label) {
  const button = element(
    "button",
    { class: "button-icon", type: "button", title: label, "aria-label": label },
    icon("copy"),
  );
  button.addEventListener("click", async () => {
    const done = await copy(text);
    fill(button, icon(done ? "check" : "cross"));
    button.title = done ? "Copied" : "Could not copy";
    button.setAttribute("aria-label", button.title);
    setTimeout(() => {
      fill(button, icon("copy"));
      button.title = label;
      button.setAttribute("aria-label", label);
    }, 1500);
  });
  return button;
}

/**
 * Copies by the clipboard, or by a selection where the page has no right to it (plain http).
 * @param {string} text
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { class: "hidden", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/**
 * A link to an explorer, in a tab that learns nothing of this one.
 * @param {"account" | "token" | "tx"} kind
 * @param {string} key
 */
export function explorerLink(kind, key) {
  return element(
    "a",
    {
      class: "button-icon",
      href: `https://solscan.io/${kind}/${encodeURIComponent(key)}`,
      target: "_blank",
      rel: "noopener noreferrer",
      title: "Open in Solscan",
      "aria-label": "Open in Solscan",
    },
    icon("link"),
  );
}
