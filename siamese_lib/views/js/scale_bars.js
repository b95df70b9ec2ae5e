// @ts-check
// The bars that show the scale of the map.

import { clamp, roundLength } from "./numbers.js";

const LONGEST_BAR = 110; // pixels, for a round distance
const LARGEST_PART = 0.4; // of the width of the map, so that the words fit on a narrow one
const FREE = 120; // pixels next to the bar of the margin

const BARS_HIGH = 40; // pixels of the bars, from the bottom of a map

/** @import { Box } from "./film.js" */

/**
 * Extend a box downwards, by the room of the bars under the points.
 * @param {Box} box
 * @param {number} height of the map, in pixels
 * @returns {Box}
 */
export function boxAboveBars([left, bottom, right, top], height) {
  const part = BARS_HIGH / Math.max(height - 2 * BARS_HIGH, BARS_HIGH);
  return [left, bottom - part * (top - bottom), right, top];
}

/**
 * Return the pixels from one bar to the next, for letters of a size.
 * @param {number} letters in pixels
 */
export const barStep = (letters) => Math.max(22, 1.5 * letters);

/** @typedef {{ kind: "distance" | "margin", length: number, words: string }} ScaleBar in pixels */

/**
 * Return a bar of a round distance, and one of the margin if it fits; one bar if they are equal.
 * @param {number} scale pixels per unit
 * @param {number | null} margin of the loss, in units
 * @param {number} width of the map, in pixels
 * @returns {ScaleBar[]} from the bottom up
 */
export function scaleBars(scale, margin, width) {
  const distance = roundLength(Math.min(LONGEST_BAR, LARGEST_PART * width) / scale);
  const length = (margin ?? 0) * scale;
  /** @type {ScaleBar[]} */
  const bars = [];
  const fits = margin !== null && length >= 4 && length < width - FREE;
  if (!fits || Math.abs(margin / distance - 1) >= 1e-6) {
    const words = `distance ${distanceWords(distance)}`;
    bars.push({ kind: "distance", length: distance * scale, words });
  }
  if (fits) bars.push({ kind: "margin", length, words: `margin ${+margin.toPrecision(3)}` });
  return bars;
}

/** @param {number} distance */
function distanceWords(distance) {
  if (distance >= 1e6 || distance < 1e-4) return distance.toExponential(0);
  return distance.toFixed(clamp(-Math.floor(Math.log10(distance)), 0, 20));
}
