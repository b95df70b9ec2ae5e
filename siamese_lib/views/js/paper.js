// @ts-check
// A canvas in the size that it has on the page, empty, with a pen that counts the page's pixels.

/** @import { Theme } from "./theme.js" */

import { penOf } from "./dom.js";

/**
 * @typedef {object} Paper
 * @property {CanvasRenderingContext2D} pen
 * @property {number} ratio pixels of the screen for one of the page
 * @property {number} width
 * @property {number} height
 * @property {Theme} theme
 */

const SHARPEST = 3; // pixels of the screen for one of the page

/**
 * Empty a canvas of a size.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @param {Theme} theme
 * @returns {Paper}
 */
export function paperOf(canvas, width, height, theme) {
  const ratio = Math.min(devicePixelRatio || 1, SHARPEST);
  const size = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0]) canvas.width = size[0];
  if (canvas.height !== size[1]) canvas.height = size[1];
  const pen = penOf(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, ratio, width, height, theme };
}
