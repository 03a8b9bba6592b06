/**
 * The search box: an address opens its wallet, anything else gets the reason without leaving the page.
 * @module search
 */

import { reasonAgainst } from "./address.js";

for (const form of document.querySelectorAll("[data-search]")) {
  const input = form.querySelector("input");
  const reason = form.querySelector("[role=alert]");

  const tell = (text) => {
    reason.textContent = text ?? "";
    reason.hidden = !text;
    input.setAttribute("aria-invalid", String(Boolean(text)));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = input.value.trim();
    const against = reasonAgainst(address);
    tell(against);
    if (against) input.focus();
    else location.assign(`/wallets/${address}`);
  });
  input.addEventListener("input", () => tell(null));
}
