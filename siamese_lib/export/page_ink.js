// @ts-check
// Ink on a fine grid: lines with round ends, with the very pixels that Pillow gives them. A drawing
// then is the same image in the page and in Python.

/** @import { Stroke } from "../views/js/strokes.js" */

/** Ones where there is ink, row by row. @typedef {{ size: number, ink: Uint8Array }} Sheet */

/**
 * Draw strokes.
 * @param {Stroke[]} strokes in pixels
 * @param {number} pen width of the lines
 * @param {number} size of the grid
 * @returns {Sheet}
 */
export function inked(strokes, pen, size) {
  const sheet = { size, ink: new Uint8Array(size * size) };
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i++) drawLine(sheet, stroke[i - 1], stroke[i], pen);
    for (const place of stroke) drawDisc(sheet, place, pen);
  }
  return sheet;
}

/**
 * Draw a line as a rectangle whose corners are whole pixels.
 * @param {Sheet} sheet
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} pen
 */
function drawLine(sheet, from, to, pen) {
  const [x0, y0, x1, y1] = [...from, ...to].map(Math.trunc);
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (dx === 0 && dy === 0) return; // the disc covers it
  const [length, half] = [Math.hypot(dx, dy), (roundedEven(pen) - 1) / 2];
  const [less, more] = [halfDown(half) / length, halfUp(half) / length];
  const [left, right] = [halfDown(less * dy), halfDown(more * dy)];
  const [up, down] = [halfUp(less * dx), halfUp(more * dx)];
  fillPolygon(sheet, [
    [x0 - left, y0 + down],
    [x1 - left, y1 + down],
    [x1 + right, y1 - up],
    [x0 + right, y0 - up],
  ]);
}

/**
 * @param {Sheet} sheet
 * @param {[x: number, y: number][]} corners of a convex polygon, whole numbers
 */
function fillPolygon(sheet, corners) {
  const ys = corners.map(([, y]) => y);
  for (let y = Math.min(...ys); y <= Math.max(...ys); y++) {
    let [low, high] = [Infinity, -Infinity];
    corners.forEach(([x0, y0], i) => {
      const [x1, y1] = corners[(i + 1) % corners.length];
      if (y < Math.min(y0, y1) || y > Math.max(y0, y1)) return;
      const ends = y0 === y1 ? [x0, x1] : [x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)];
      low = Math.min(low, ...ends);
      high = Math.max(high, ...ends);
    });
    fillRow(sheet, y, halfUp(low), halfDown(high));
  }
}

/**
 * Draw a disc, with the pixels nearest to its circle as its border.
 * @param {Sheet} sheet
 * @param {number[]} middle
 * @param {number} pen its diameter
 */
function drawDisc(sheet, [x, y], pen) {
  const [x0, y0] = [Math.trunc(x - pen / 2), Math.trunc(y - pen / 2)];
  const [width, height] = [Math.trunc(x + pen / 2) - x0, Math.trunc(y + pen / 2) - y0];
  for (const [row, half] of halfWidths(width, height)) {
    for (const sign of [-1, 1]) {
      const at = y0 + (height + sign * row) / 2;
      fillRow(sheet, at, x0 + (width - half) / 2, x0 + (width + half) / 2);
    }
  }
}

/**
 * Return half the width of each row of an ellipse, from its middle downwards, by following its
 * border (Bresenham's algorithm). All lengths are twice what they are in pixels.
 * @param {number} width half of the ellipse's
 * @param {number} height half of the ellipse's
 * @returns {Map<number, number>} half widths by rows, counted from the middle
 */
function halfWidths(width, height) {
  /** @type {(place: number[]) => number} */
  const error = ([x, y]) => Math.abs((width * y) ** 2 + (height * x) ** 2 - (width * height) ** 2);
  const widths = new Map();
  let [x, y] = [width, height % 2];
  while (true) {
    if (!widths.has(y)) widths.set(y, x);
    if (x === width % 2 && y === height) return widths;
    const steps = [[x, y + 2]];
    if (x > 1) steps.push([x - 2, y + 2], [x - 2, y]);
    [x, y] = steps.reduce((best, step) => (error(step) < error(best) ? step : best));
  }
}

/**
 * @param {Sheet} sheet
 * @param {number} y
 * @param {number} from the first pixel
 * @param {number} to the last
 */
function fillRow({ size, ink }, y, from, to) {
  if (y < 0 || y >= size) return;
  ink.fill(1, y * size + Math.max(from, 0), y * size + Math.min(to + 1, size));
}

/**
 * Round; halves go away from 0.
 * @param {number} x
 */
const halfUp = (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/**
 * Round; halves go towards 0.
 * @param {number} x
 */
const halfDown = (x) => Math.sign(x) * Math.ceil(Math.abs(x) - 0.5);

/**
 * Round as Python does; halves go to even numbers.
 * @param {number} x
 */
export function roundedEven(x) {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
