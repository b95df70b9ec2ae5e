// @ts-check
// How many panels stand in a row.

import { clamp } from "../js/numbers.js";

const NARROWEST = 200; // pixels of a panel, where the page has room

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
