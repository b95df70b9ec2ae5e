// @ts-check
// Strokes as an image like those that the tower was trained on, in the same steps and with the same
// numbers as siamese_lib/data/handwriting.py, which explains them.

/** @import { Stroke } from "../views/js/strokes.js" */

import { clamp } from "../views/js/numbers.js";
import { inked, roundedEven } from "./page_ink.js";

/** @typedef {{ ground: number[], ink: number[] }} Paper levels in 0..255, one for each channel */
/** @typedef {{ height: number, width: number, values: Float64Array }} Levels of ink, from 0 to 1 */

const BOX = 20 / 28;
const PEN_WIDTH = 2.8 / 28;
const FINER = 8;

/**
 * @param {Stroke[]} strokes
 * @param {number[]} shape height, width and channels
 * @param {Paper} paper
 * @returns {Uint8Array} height × width × channels
 */
export function drawnImage(strokes, shape, paper) {
  const [height, width] = shape;
  const short = Math.min(height, width);
  const lines = strokes.filter((stroke) => stroke.length);
  const xs = lines.flatMap((line) => line.map(([x]) => x));
  const ys = lines.flatMap((line) => line.map(([, y]) => y));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const side = Math.max(Math.max(...xs) - left, Math.max(...ys) - top);
  const pen = PEN_WIDTH * short * FINER;
  const room = BOX * short * FINER - pen;
  const scale = side ? room / side : 0;
  const moved = lines.map((line) =>
    line.map(
      ([x, y]) =>
        /** @type {[number, number]} */ ([(x - left) * scale + pen, (y - top) * scale + pen]),
    ),
  );
  const size = Math.trunc(room + 2 * pen) + 2;
  const ink = cropped(inked(moved, pen, size).ink, size);
  const longer = Math.max(ink.height, ink.width);
  const shrink = side ? (BOX * short) / longer : 1 / FINER; // a dot is not enlarged
  return finished(placed(shrunk(ink, shrink), height, width), paper);
}

/**
 * Cut off rows and columns without ink at the edges.
 * @param {Uint8Array} ink
 * @param {number} size of its sides
 * @returns {Levels}
 */
function cropped(ink, size) {
  let [top, bottom, left, right] = [size, 0, size, 0];
  ink.forEach((is, i) => {
    if (!is) return;
    const [y, x] = [Math.floor(i / size), i % size];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
  });
  const [height, width] = [bottom - top, right - left];
  const values = Float64Array.from({ length: height * width }, (_, i) => {
    return ink[(top + Math.floor(i / width)) * size + left + (i % width)];
  });
  return { height, width, values };
}

/**
 * Shrink by averaging boxes, then let the most ink be 1.
 * @param {Levels} levels
 * @param {number} scale below 1
 * @returns {Levels}
 */
function shrunk({ height, width, values }, scale) {
  const [high, wide] = [height, width].map((length) => Math.max(1, roundedEven(length * scale)));
  const [rows, columns] = [boxes(height, high), boxes(width, wide)];
  const made = new Float64Array(high * wide);
  rows.forEach(([top, bottom], y) => {
    columns.forEach(([left, right], x) => {
      let sum = 0;
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) sum += values[i * width + j];
      }
      made[y * wide + x] = sum / ((bottom - top) * (right - left));
    });
  });
  const most = Math.max(1e-9, ...made);
  return { height: high, width: wide, values: made.map((value) => value / most) };
}

/**
 * Return which pixels become one, for each of a shrunk row. Halves are those of Pillow.
 * @param {number} length of the row
 * @param {number} count of pixels that it becomes
 * @returns {[first: number, end: number][]}
 */
function boxes(length, count) {
  const part = length / count;
  return Array.from({ length: count }, (_, i) => {
    const middle = (i + 0.5) * part;
    let first = Math.max(0, Math.trunc(middle - part / 2 + 0.5));
    let end = Math.min(length, Math.trunc(middle + part / 2 + 0.5));
    /** @type {(pixel: number) => number} */
    const away = (pixel) => (pixel - middle + 0.5) * (1 / part);
    if (away(first) <= -0.5) first++;
    if (away(end - 1) > 0.5) end--;
    return [first, end];
  });
}

/**
 * Place ink with its centre of mass in the middle.
 * @param {Levels} part
 * @param {number} height
 * @param {number} width
 * @returns {Levels}
 */
function placed(part, height, width) {
  let [mass, across, down] = [0, 0, 0];
  part.values.forEach((value, i) => {
    mass += value;
    across += value * ((i % part.width) + 0.5);
    down += value * (Math.floor(i / part.width) + 0.5);
  });
  const top = clamp(wholeNear(height / 2 - down / mass), 0, height - part.height);
  const left = clamp(wholeNear(width / 2 - across / mass), 0, width - part.width);
  const values = new Float64Array(height * width);
  for (let y = 0; y < part.height; y++) {
    const row = part.values.subarray(y * part.width, (y + 1) * part.width);
    values.set(row, (top + y) * width + left);
  }
  return { height, width, values };
}

/**
 * Round; what differs from a half by rounding only is a half.
 * @param {number} x
 */
const wholeNear = (x) => roundedEven(Math.round(x * 1e4) / 1e4);

/**
 * @param {Levels} levels
 * @param {Paper} paper
 */
function finished({ values }, { ground, ink }) {
  const channels = ground.length;
  return Uint8Array.from({ length: values.length * channels }, (_, i) => {
    const [full, none] = [ink[i % channels], ground[i % channels]];
    return roundedEven(none + values[Math.floor(i / channels)] * (full - none));
  });
}
