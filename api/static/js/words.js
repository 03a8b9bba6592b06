/**
 * Codes of the API in the reader's words.
 * @module words
 */

/** Why a figure that needs prices is not there. */
const REASONS = {
  price_missing: "No price is known for some held tokens.",
  prices_missing: "No price is known for some held tokens.",
  not_enriched: "Prices have not been fetched yet.",
  sol_price_missing: "The price of SOL is not known.",
};

/**
 * ``DAY_TRADER`` → ``Day trader``
 * @param {string | null | undefined} code
 */
export function spoken(code) {
  if (!code) return "";
  const text = code.replaceAll("_", " ").toLowerCase();
  return text[0].toUpperCase() + text.slice(1);
}

/**
 * A reason as a sentence; one we have no words for is shown as it came.
 * @param {string | null | undefined} reason
 */
export function reasonText(reason) {
  if (!reason) return "";
  return REASONS[reason] ?? (/^[a-z_]+$/.test(reason) ? `${spoken(reason)}.` : reason);
}
