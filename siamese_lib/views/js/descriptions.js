// @ts-check
// Words for moments and points.

/** @import { Classes } from "./point_classes.js" */
/** @import { About } from "./payload.js" */

import { bytesOf, grouped, shortNumber } from "./numbers.js";

const NAMED = 10; // classes of a selection
const NO_NUMBER = 2 ** 32 - 1;
// Hebrew, Arabic and their neighbours in Unicode.
const FROM_RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]/;

/**
 * @param {Pick<About, "steps" | "moments">} about
 * @param {number} frame
 */
export function momentWords({ steps, moments }, frame) {
  if (moments) return moments[frame];
  const step = steps?.[frame];
  return step === undefined ? `frame ${frame}` : `step ${grouped(step)}`;
}

/**
 * Name a moment and the values of all curves there.
 * @param {Pick<About, "steps" | "curves">} about
 * @param {number} frame
 */
export function readingWords(about, frame) {
  const curves = Object.entries(about.curves);
  const values = curves.map(([name, curve]) => `${name} ${shortNumber(curve[frame])}`);
  return [momentWords(about, frame), ...values].join(", ");
}

/**
 * Name a point by what it stands for and its number in its data set.
 * @param {Pick<About, "noun" | "numbers">} about
 * @param {number} point
 */
export function pointName({ noun = "point", numbers }, point) {
  if (!numbers) return `${noun} ${grouped(point)}`;
  const { buffer, byteOffset, byteLength } = bytesOf(numbers);
  const number = new DataView(buffer, byteOffset, byteLength).getUint32(4 * point, true);
  return number === NO_NUMBER ? "" : `${noun} ${grouped(number)}`;
}

/**
 * @param {Pick<Classes, "known" | "names" | "of">} classes
 * @param {number[]} points
 * @param {Pick<About, "noun" | "numbers">} [about]
 */
export function selectionWords(classes, points, about = {}) {
  if (points.length !== 1) return selectionCounts(classes, points);
  const [point] = points;
  const { known, names, of } = classes;
  const words = [known ? names[of[point]] : "", pointName(about, point)];
  return `selected ${words.filter(Boolean).join(", ")}`;
}

/**
 * Say how many points are selected, and how many of each class, the most frequent first. Names that
 * are read from right to left do not turn the words around them.
 * @param {Pick<Classes, "known" | "names" | "of">} classes
 * @param {number[]} points
 */
export function selectionCounts({ known, names, of }, points) {
  const all = `${grouped(points.length)} points selected`;
  if (!known || !points.length) return all;
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const point of points) counts.set(of[point], (counts.get(of[point]) ?? 0) + 1);
  const most = [...counts].sort((a, b) => b[1] - a[1]);
  const words = most
    .slice(0, NAMED)
    .map(([k, count]) => `${grouped(count)} of class ${isolated(names[k])}`);
  if (most.length > NAMED) words.push("…");
  return `${all}: ${words.join(", ")}`;
}

/**
 * Put a name that is read from right to left into the marks that isolate it, as <bdi> does for an
 * element. Others stay as they are, also when they are copied.
 * @param {string} name
 */
const isolated = (name) => (FROM_RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name);
