/**
 * The public API over HTTP. A refusal is a Problem with the server's own code and words.
 * @module http
 */

const PREFIX = "/api/v1";

/** An answer that is not the one asked for (RFC 9457), or no answer at all. */
export class Problem extends Error {
  /**
   * @param {{status: number, code: string, detail: string, retryAfter?: number | null, jobId?: string | null}} fields
   */
  constructor({ status, code, detail, retryAfter = null, jobId = null }) {
    super(detail);
    this.status = status; // 0: no answer came
    this.code = code;
    this.retryAfter = retryAfter; // seconds
    this.jobId = jobId;
  }
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const after = Number(response.headers.get("Retry-After"));
  return new Problem({
    status: response.status,
    code: body.code ?? `http_${response.status}`,
    detail: body.detail ?? body.title ?? `The server answered ${response.status}.`,
    retryAfter: response.headers.has("Retry-After") && Number.isFinite(after) ? after : null,
    jobId: body.jobId ?? null,
  });
}

/**
 * @param {string} method
 * @param {string} path after the prefix
 * @param {object} [body]
 * @returns {Promise<any>} the JSON answered, null where there is none
 */
async function ask(method, path, body) {
  const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
  let response;
  try {
    response = await fetch(PREFIX + path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Problem({ status: 0, code: "unreachable", detail: "The server does not answer." });
  }
  if (!response.ok) throw await problemOf(response);
  return response.json().catch(() => null);
}

/**
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query] empty values are left out
 */
export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return ask("GET", text ? `${path}?${text}` : path);
}

/** @param {string} path @param {object} body */
export function post(path, body) {
  return ask("POST", path, body);
}

/** @param {string} path */
export function remove(path) {
  return ask("DELETE", path);
}

/**
 * The address of something under the API that is not asked by fetch.
 * @param {string} path
 */
export function apiPath(path) {
  return PREFIX + path;
}
