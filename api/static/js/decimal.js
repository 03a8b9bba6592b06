/**
 * Decimal text → figures for people, exact: no float ever touches an amount.
 * @module decimal
 */

/** What stands where there is no figure. */
export const NONE = "—";

const FORM = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i;
const MINUS = "\u2212";

/**
 * A decimal number as an integer of ``scale`` places.
 * @typedef {{negative: boolean, units: bigint, scale: number}} Decimal
 */

/**
 * The number a text (or a whole number) means; null for anything else, NaN and infinity among them.
 * @param {unknown} value
 * @returns {Decimal | null}
 */
export function parse(value) {
  const match = FORM.exec(typeof value === "string" ? value.trim() : Number.isFinite(value) ? String(value) : "");
  if (!match) return null;
  const [, sign, whole, part = "", power = "0"] = match;
  let units = BigInt(whole + part);
  let scale = part.length - Number(power);
  if (scale < 0) {
    units *= 10n ** BigInt(-scale);
    scale = 0;
  }
  return { negative: sign === "-" && units !== 0n, units, scale };
}

/**
 * The number with exactly ``places`` places, half away from zero.
 * @param {Decimal} number
 * @param {number} places
 * @returns {Decimal}
 */
export function round(number, places) {
  if (places >= number.scale) {
    return { ...number, units: number.units * 10n ** BigInt(places - number.scale), scale: places };
  }
  const step = 10n ** BigInt(number.scale - places);
  const units = (number.units + step / 2n) / step;
  return { negative: number.negative && units !== 0n, units, scale: places };
}

/** @param {string} digits */
function group(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Text with thousands grouped and every place kept.
 * @param {Decimal} number
 * @param {boolean} [signed] write + before what is above zero
 */
export function write(number, signed = false) {
  const digits = number.units.toString().padStart(number.scale + 1, "0");
  const whole = group(digits.slice(0, digits.length - number.scale));
  const part = number.scale ? `.${digits.slice(-number.scale)}` : "";
  const sign = number.negative ? MINUS : signed && number.units !== 0n ? "+" : "";
  return `${sign}${whole}${part}`;
}

/**
 * ``places`` places; what is too small to show is said to be smaller, never shown as 0.
 * @param {unknown} value
 * @param {number} places
 * @param {boolean} [signed]
 */
export function fixed(value, places, signed = false) {
  const number = parse(value);
  if (!number) return NONE;
  const rounded = round(number, places);
  if (rounded.units === 0n && number.units !== 0n) {
    const least = write({ negative: number.negative, units: 1n, scale: places });
    return number.negative ? `>\u00a0${least}` : `<\u00a0${least}`;
  }
  return write(rounded, signed);
}

/**
 * Without the zeros at its end.
 * @param {Decimal} number
 * @returns {Decimal}
 */
function trim(number) {
  let { units, scale } = number;
  while (scale > 0 && units % 10n === 0n) {
    units /= 10n;
    scale -= 1;
  }
  return { negative: number.negative, units, scale };
}

/**
 * Every place that says something: the exact figure, for titles.
 * @param {unknown} value
 */
export function exact(value) {
  const number = parse(value);
  return number ? write(trim(number)) : "";
}

/**
 * ``digits`` significant digits for what is below 1, two places above it.
 * @param {unknown} value
 * @param {number} [digits]
 */
export function significant(value, digits = 4) {
  const number = parse(value);
  if (!number) return NONE;
  const zeros = number.scale - number.units.toString().length;
  const places = number.units === 0n || zeros < 0 ? 2 : zeros + digits;
  return write(trim(round(number, places)));
}

/**
 * -1, 0 or 1; 0 where there is no figure.
 * @param {unknown} value
 */
export function sign(value) {
  const number = parse(value);
  if (!number || number.units === 0n) return 0;
  return number.negative ? -1 : 1;
}
