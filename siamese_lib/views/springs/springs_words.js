// @ts-check
// What the view says about the points.

/** @import { PointForces } from "./forces.js" */

import { shortNumber } from "../js/numbers.js";

const DOT_SHARE = 0.01; // of the radius at the start: smaller is a dot
const GONE_SHARE = 100; // times the radius at the start, or the margin

/**
 * @typedef {object} Seen what the words depend on
 * @property {PointForces} forces
 * @property {boolean} push whether it is on
 * @property {number} margin
 * @property {boolean} rest
 * @property {number} radius of all points
 * @property {number} inside the largest radius of a class
 * @property {number} start the radius of all points at the start
 */

/**
 * Say in a sentence or two what can be seen.
 * @param {Seen} seen
 */
export function springsWords({ forces, push, margin, rest, radius, inside, start }) {
  const { pushing, different } = forces;
  if (radius > GONE_SHARE * Math.max(start, margin)) {
    return "The points fly apart: the learning rate is too large.";
  }
  if (!push) {
    if (radius < DOT_SHARE * start) {
      const share = springsPercent(radius, start);
      return (
        `Collapse: all points are in one dot, ${share} as large as the start. ` +
        "The loss is almost 0, but the classes cannot be told apart."
      );
    }
    if (inside < DOT_SHARE * start) {
      return "Each class is one dot, and the loss is almost 0. Nothing keeps the dots apart.";
    }
    return "Only the pull is left. Each class shrinks towards its own middle.";
  }
  if (rest && inside < DOT_SHARE * margin) {
    return "At rest: each class is one dot, and the dots are at least a margin apart.";
  }
  if (pushing === different) {
    return `All ${different} different pairs are nearer than the margin, so all of them push.`;
  }
  if (pushing === 0) return "All different pairs are beyond the margin, so none of them pushes.";
  const idle = different - pushing;
  return idle === 1
    ? `1 of ${different} different pairs is beyond the margin. It does nothing.`
    : `${idle} of ${different} different pairs are beyond the margin. They do nothing.`;
}

/**
 * Describe a point and the forces on it.
 * @param {string} name of its class
 * @param {[x: number, y: number]} place
 * @param {{ similar: number, pushing: number, different: number }} pairs that it is in
 */
export function pointWords(name, [x, y], { similar, pushing, different }) {
  return (
    `${name} at ${shortNumber(x)}, ${shortNumber(y)}. ${similar} similar points pull it, ` +
    `${pushing} of ${different} different points push it.`
  );
}

/**
 * @param {number} part
 * @param {number} whole
 */
export function springsPercent(part, whole) {
  const percent = whole ? (100 * part) / whole : 0;
  return `${percent.toFixed(percent < 10 ? (percent < 1 ? 2 : 1) : 0)} %`;
}

/**
 * Return the smallest of 1, 2, 5, 10, 20, ... (and 0.5, 0.2, ...) that is at least `least`.
 * @param {number} least above 0
 */
export function scaleEnd(least) {
  const ten = 10 ** Math.floor(Math.log10(least));
  return ten * (least <= ten ? 1 : least <= 2 * ten ? 2 : least <= 5 * ten ? 5 : 10);
}

/**
 * Return how many decimals give the end of a scale four digits.
 * @param {number} end
 */
export const decimalsUpTo = (end) => Math.min(Math.max(3 - Math.floor(Math.log10(end)), 0), 12);
