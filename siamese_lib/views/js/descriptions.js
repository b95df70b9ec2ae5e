// @ts-check
// Words for moments and points.

/** @import { Classes } from "./point_classes.js" */
/** @import { About } from "./payload.js" */

import { grouped, shortNumber } from "./numbers.js";

/**
 * @param {Pick<About, "steps">} about
 * @param {number} frame
 */
export function momentWords({ steps }, frame) {
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
 * @param {Pick<Classes, "known" | "names" | "of">} classes
 * @param {number[]} points
 */
export function selectionWords({ known, names, of }, points) {
  if (points.length !== 1) return `${points.length} points selected`;
  const [point] = points;
  return `selected ${known ? `${names[of[point]]}, ` : ""}point ${point}`;
}
