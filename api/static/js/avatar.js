/**
 * A token's picture, or its first letter where there is none.
 * @module avatar
 */

import { element } from "./element.js";

const HUES = 8;
const AGAIN = 10_000; // milliseconds: by then the server may have got a picture that was not there at once

/**
 * @param {{mint: string, symbol: string | null, imageUrl: string | null}} token
 */
export function avatar({ mint, symbol, imageUrl }) {
  const letter = [...(symbol || mint)][0] ?? "?";
  const hue = [...mint].reduce((sum, character) => sum + character.charCodeAt(0), 0) % HUES;
  const node = element("span", { class: "avatar", "data-hue": hue, "aria-hidden": "true" }, letter.toUpperCase());
  if (imageUrl?.startsWith("/")) {
    const image = element("img", { alt: "", loading: "lazy", decoding: "async", width: 32, height: 32 });
    image.addEventListener("load", () => image.classList.add("loaded"));
    image.addEventListener("error", () => retried(image, imageUrl), { once: true });
    image.src = imageUrl; // after the listeners, so that nothing goes unheard
    node.append(image);
  }
  return node;
}

function retried(image, imageUrl) {
  image.addEventListener("error", () => image.remove());
  setTimeout(() => (image.src = imageUrl), AGAIN);
}
