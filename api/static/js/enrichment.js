/**
 * Names, prices and balances that another job fetches beside the analysis: how far it is, and what it owes.
 * @module enrichment
 */

import { count } from "./figures.js";
import { get } from "./http.js";

/**
 * @typedef {object} Enrichment
 * @property {number} enriched tokens that something is known of
 * @property {number} total
 * @property {string[]} missing what a provider owes, and why, in sentences
 * @property {boolean} over
 */

/**
 * What an ``enrichment`` event says of the whole.
 * @param {import("./socket.js").Frame} frame
 * @returns {Enrichment}
 */
export function fromFrame({ enriched, total, missing, done }) {
  return { enriched: Number(enriched) || 0, total: Number(total) || 0, missing: missing ?? [], over: Boolean(done) };
}

/**
 * The enrichment of the wallet's newest completed analysis; null where there was none.
 * @param {string} address
 * @returns {Promise<{analysisId: string, enrichment: Enrichment} | null>}
 */
export async function lastEnrichment(address) {
  const {
    items: [analysis],
  } = await get("/jobs", { wallet: address, type: "dashboard-wallet-analysis", status: "completed", limit: 1 });
  if (!analysis?.enrichmentJobId) return null;
  return { analysisId: analysis.jobId, enrichment: fromJob(await get(`/jobs/${analysis.enrichmentJobId}`)) };
}

/** @param {any} job @returns {Enrichment} */
function fromJob({ status, result, error, counts }) {
  const { enriched = 0, total = 0 } = result ?? counts ?? {};
  const owed = Object.entries(result?.missing ?? {}).map(([name, reason]) => `${name}: ${reason}`);
  const failed = status === "failed" ? [error?.detail ?? "No provider answered."] : [];
  return {
    enriched,
    total,
    missing: [...owed, ...failed],
    over: ["completed", "failed", "cancelled"].includes(status),
  };
}

/**
 * What to tell the reader; nothing where nothing is missing.
 * @param {Enrichment | null} known
 * @returns {{text: string, tone: "busy" | "warn" | ""}}
 */
export function missingText(known) {
  if (!known) return { text: "", tone: "" };
  const { enriched, total, missing, over } = known;
  if (!over)
    return {
      text: `Names and prices are coming in${total ? `: ${count(enriched)} of ${count(total)} tokens` : ""}.`,
      tone: "busy",
    };
  if (!missing.length) return { text: "", tone: "" };
  return { text: `Some names, prices or balances are missing. ${missing.map(ended).join(" ")}`, tone: "warn" };
}

/** @param {string} sentence */
function ended(sentence) {
  const text = sentence[0].toUpperCase() + sentence.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
