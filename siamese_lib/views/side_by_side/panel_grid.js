// @ts-check
// How many panels stand in a row, and the ranges that they share.

import { clamp } from "../js/numbers.js";

const NARROWEST = 190; // pixels of a panel, where the page has room

/**
 * Choose the number of columns: as many as there is room for, in rows of about equal length. On a
 * phone there are two, because one alone could not be compared.
 * @param {number} count of panels
 * @param {number} width of all, in pixels
 */
export function columnsFor(count, width) {
  const most = clamp(Math.floor(width / NARROWEST), Math.min(count, 2), count);
  return Math.ceil(count / Math.ceil(count / most));
}

/**
 * Return one range for each name of a curve: around all curves that have it.
 * @param {{ name: string, range: [low: number, high: number] }[]} curves
 */
export function sharedRanges(curves) {
  /** @type {Map<string, [low: number, high: number]>} */
  const ranges = new Map();
  for (const { name, range } of curves) {
    const [low, high] = ranges.get(name) ?? range;
    ranges.set(name, [Math.min(low, range[0]), Math.max(high, range[1])]);
  }
  return ranges;
}
