/**
 * What enrichment has not found, in a sentence.
 * @module missing
 */

import { count } from "./figures.js";

/**
 * @param {import("./job.js").Enrichment | null} live what the running enrichment last said
 * @param {{enriched: number, total: number, missing?: string[]} | null} stored what the wallet's summary says
 * @returns {{text: string, tone: "busy" | "warn" | ""}}
 */
export function missingText(live, stored) {
  const known = live ?? stored;
  if (!known || !known.total) return { text: "", tone: "" };
  const { enriched, total, missing = [] } = known;
  if (live && !live.over) return { text: `Names and prices are coming in: ${count(enriched)} of ${count(total)} tokens.`, tone: "busy" };
  if (enriched >= total && !missing.length) return { text: "", tone: "" };
  const why = missing.length ? ` ${missing.join(" ")}` : "";
  return { text: `Names or prices are missing for ${count(total - enriched)} of ${count(total)} tokens.${why}`, tone: "warn" };
}
