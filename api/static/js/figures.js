/**
 * How each kind of figure is written: SOL, USD, token quantities, shares, counts.
 * @module figures
 */

import { NONE, exact, fixed, parse, round, significant, write } from "./decimal.js";

/**
 * SOL with three places.
 * @param {unknown} text decimal text
 * @param {boolean} [signed]
 */
export function sol(text, signed = false) {
  return fixed(text, 3, signed);
}

/**
 * The exact amount, for titles.
 * @param {unknown} text
 */
export function exactSol(text) {
  return parse(text) ? `${exact(text)} SOL` : "";
}

/**
 * Lamports as a text of SOL.
 * @param {number | string | null | undefined} lamports
 */
export function ofLamports(lamports) {
  return lamports === null || lamports === undefined ? null : `${lamports}e-9`;
}

/**
 * Dollars with two places.
 * @param {unknown} text
 * @param {boolean} [signed]
 */
export function usd(text, signed = false) {
  const shown = fixed(text, 2, signed);
  return shown === NONE ? NONE : shown.replace(/^([<>]\u00a0)?([+\u2212])?/, "$1$2$$");
}

/**
 * A token's price in dollars, with enough digits to mean something.
 * @param {unknown} text
 */
export function price(text) {
  return parse(text) ? `$${significant(text)}` : NONE;
}

const SIZES = [
  [12, "T"],
  [9, "B"],
  [6, "M"],
];

/**
 * A token quantity, short: 1.23M, 12,345.67, 0.004567.
 * @param {unknown} text
 */
export function quantity(text) {
  const number = parse(text);
  if (!number) return NONE;
  const digits = number.units.toString().length - number.scale;
  for (const [power, letter] of SIZES) {
    if (digits > power) return `${write(round({ ...number, scale: number.scale + power }, 2))}${letter}`;
  }
  return significant(text);
}

/**
 * A ratio (0.123) as percent: 12.3 %.
 * @param {unknown} ratio number or decimal text; anything else has no figure
 * @param {boolean} [signed]
 * @param {number} [places] none from 1,000 % on
 */
export function percent(ratio, signed = false, places = 1) {
  const number = parse(ratio);
  if (!number) return NONE;
  const hundredfold = { ...number, units: number.units * 100n };
  if (hundredfold.units >= 1000n * 10n ** BigInt(number.scale)) places = 0;
  return `${write(round(hundredfold, places), signed)}\u202f%`;
}

/**
 * A whole number with thousands grouped.
 * @param {unknown} value
 */
export function count(value) {
  const number = parse(value);
  return number ? write(round(number, 0)) : NONE;
}

/**
 * ``1 token``, ``2 tokens``.
 * @param {unknown} value
 * @param {string} one
 * @param {string} [many]
 */
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${Number(value) === 1 ? one : many}`;
}
