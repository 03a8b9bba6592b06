/**
 * Times in the reader's own zone, with UTC on hover; and how long things take.
 * @module times
 */

import { element } from "./element.js";
import { NONE } from "./decimal.js";

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/**
 * The moment an ISO text or a count of unix seconds means; null for anything else.
 * @param {unknown} value
 * @returns {Date | null}
 */
export function moment(value) {
  if (value === null || value === undefined || value === "") return null;
  const date = new Date(typeof value === "number" ? value * 1000 : String(value));
  return Number.isNaN(date.getTime()) ? null : date;
}

/** @param {Date} date */
export function utc(date) {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/**
 * ``just now``, ``3 min ago``, ``3 h ago``, ``2 d ago``, then the date.
 * @param {Date} date
 * @param {number} [now] milliseconds
 */
export function ago(date, now = Date.now()) {
  const seconds = Math.max(0, (now - date.getTime()) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86400) return `${Math.floor(seconds / 86400)} d ago`;
  return `on ${DAY.format(date)}`;
}

/**
 * A ``<time>``: ``ago`` (kept true while the page is open), ``day`` or ``full``.
 * @param {unknown} value
 * @param {"ago" | "day" | "full"} [form]
 * @returns {HTMLElement}
 */
export function timeElement(value, form = "full") {
  const date = moment(value);
  if (!date) return element("span", { class: "none" }, NONE);
  const text = form === "ago" ? ago(date) : (form === "day" ? DAY : LOCAL).format(date);
  const title = form === "full" ? utc(date) : `${LOCAL.format(date)} · ${utc(date)}`;
  return element("time", { datetime: date.toISOString(), title, "data-form": form }, text);
}

/** Keeps every ``3 h ago`` on the page true. */
export function keepTime() {
  setInterval(() => {
    for (const node of document.querySelectorAll('time[data-form="ago"]')) {
      node.textContent = ago(new Date(node.getAttribute("datetime")));
    }
  }, 20_000);
}

/**
 * How long: ``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``, ``3.4 d``.
 * @param {unknown} seconds
 */
export function duration(seconds) {
  const value = typeof seconds === "number" ? seconds : Number.NaN;
  if (!Number.isFinite(value) || value < 0) return NONE;
  if (value < 0.05) return "<\u00a00.1 s";
  if (value < 9.95) return `${value.toFixed(1)} s`;
  if (value < 60) return `${Math.round(value)} s`;
  if (value < 3600) return joined(value, 60, "min", "s");
  if (value < 48 * 3600) return joined(value / 60, 60, "h", "min");
  return `${(value / 86400).toFixed(1)} d`;
}

/**
 * How long it may still take, without false precision.
 * @param {number} seconds
 */
export function roughly(seconds) {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : duration(seconds);
}

/**
 * @param {number} value in small units
 * @param {number} size small units in a big one
 * @param {string} big
 * @param {string} small
 */
function joined(value, size, big, small) {
  const whole = Math.round(value);
  const rest = whole % size;
  return rest ? `${Math.floor(whole / size)} ${big} ${rest} ${small}` : `${whole / size} ${big}`;
}

/**
 * Hours as a duration.
 * @param {unknown} hours number or decimal text
 */
export function hours(hours) {
  return hours === null || hours === undefined || hours === "" ? NONE : duration(Number(hours) * 3600);
}
