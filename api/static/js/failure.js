/**
 * What to do about a failure, by its code.
 * @module failure
 */

const ADVICE = {
  provider_unavailable:
    "The provider did not answer in several attempts. What was fetched is kept: trying again goes on from there.",
  provider_refused: "The provider refused the request. Check the HELIUS_API_KEY of the worker, then try again.",
  provider_not_offered:
    "The provider does not offer this to the plan. Check the HELIUS_API_KEY of the worker and its plan, then try again.",
  provider_quota_exhausted:
    "The provider’s credits for this period are used up. Raise the plan or wait; what was fetched is kept.",
  not_a_wallet: "Search for the address of a wallet instead; a program’s own page is the explorer’s.",
  rate_limited: "The provider asks for fewer requests. Wait a few minutes and try again; what was fetched is kept.",
  database_unavailable: "The database cannot be reached. Nothing is half-written: try again when it is back.",
  queue_unavailable: "The queue cannot be reached. Try again in a moment.",
  lock_lost: "Another job took this wallet over, so this one stopped. Its result will appear here.",
  lock_busy: "Another job is writing this wallet. Try again when it has ended.",
  timed_out: "The job ran longer than it may. What was fetched is kept: trying again goes on from there.",
  worker_lost: "The worker died in every attempt. Look at its log; trying again goes on from what is stored.",
  worker_stopping: "The worker was shut down. Trying again goes on from what is stored.",
  invalid_data: "The provider’s data has a form we do not know. Please report this with the job id.",
  too_many_requests: "Too many analyses were started in the last minute.",
  unreachable: "Check the connection; this page tries again by itself where it can.",
};

/**
 * One sentence a reader can act on.
 * @param {string | undefined} code
 * @param {number | null} [retryAfter] seconds
 */
export function advice(code, retryAfter = null) {
  const wait = retryAfter ? ` Try again in ${Math.ceil(retryAfter)} s.` : "";
  const known = ADVICE[code ?? ""];
  if (known) return known + wait;
  return wait.trim() || "Try again; if it stays, look at the worker’s log for the job id.";
}
