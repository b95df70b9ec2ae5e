// @ts-check
// Small calculations and formats that several modules need.

/** @import { Bytes } from "./payload.js" */

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Return how much of the way is done after part `t` of the time: slow, then fast, then slow.
 * @param {number} t
 */
export const eased = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);

/**
 * Write a number as in 12,345.
 * @param {number} number
 */
export const grouped = (number) => number.toLocaleString("en");

/**
 * Read red, green and blue, from 0 to 255.
 * @param {string} color "#rrggbb"
 */
export const hexInk = (color) =>
  [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));

/**
 * @param {number[]} a
 * @param {number[]} b
 */
export const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

/**
 * @param {Bytes} data
 * @returns {Uint8Array<ArrayBuffer>} a view of the same bytes
 */
export function bytesOf(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const buffer = /** @type {ArrayBuffer} */ (data.buffer);
  return new Uint8Array(buffer, data.byteOffset, data.byteLength);
}

/**
 * Copy 16-bit numbers, because the bytes of a message may begin at an odd address.
 * @param {Bytes} data
 */
export const wordsOf = (data) => new Uint16Array(bytesOf(data).slice().buffer);

/**
 * Copy 32-bit floats, for the same reason.
 * @param {Bytes} data
 */
export const floatsOf = (data) => new Float32Array(bytesOf(data).slice().buffer);

/**
 * @param {Bytes} data deflated
 * @returns {Promise<Uint8Array>}
 */
export async function inflated(data) {
  const stream = new Blob([bytesOf(data)]).stream();
  const whole = new Response(stream.pipeThrough(new DecompressionStream("deflate")));
  return new Uint8Array(await whole.arrayBuffer());
}

/**
 * Write a number in about four characters, or a dash for a missing one.
 * @param {number | null | undefined} value
 */
export function shortNumber(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 3 : 4);
}

/**
 * Return the largest of 1, 2, 5, 10, 20, ... (and 0.5, 0.2, ...) that is at most `most`.
 * @param {number} most
 */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
}
