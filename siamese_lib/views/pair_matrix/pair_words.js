// @ts-check
// What the view says of a pair.

/** @import { Theme } from "../js/theme.js" */

import { grouped, shortNumber } from "../js/numbers.js";

/**
 * @typedef {object} PairFacts
 * @property {[low: number, high: number]} images
 * @property {[string, string]} names of their classes
 * @property {boolean} same whether the pair is similar
 * @property {number} times how often the loss compares it
 * @property {number} distance
 * @property {number} share of the loss, as a number of the loss's unit
 * @property {number} loss
 * @property {number} margin
 * @property {number} positiveMargin 0 if there is none
 */

/**
 * Write a share of 1 as a percentage.
 * @param {number} share
 */
export function shareWords(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.1) return "below 0.1 %";
  return `${percent.toFixed(percent < 10 && percent > 0 ? 1 : 0)} %`;
}

/** @param {PairFacts} facts */
export const kindWords = ({ same, names }) =>
  same ? `similar pair: both are labelled ${names[0]}` : `different pair: ${names.join(" and ")}`;

/** @param {PairFacts} facts */
export function doingWords({ same, times, distance, margin, positiveMargin }) {
  if (!times) return "not among the random pairs";
  if (same) return distance > positiveMargin ? "pulls" : "silent, as it is near enough";
  return distance < margin ? "pushes" : "silent, as it is beyond the margin";
}

/**
 * Return the colour of what a pair does; a quiet one if it does nothing.
 * @param {PairFacts} facts
 * @param {Pick<Theme, "same" | "different" | "quiet">} theme
 */
export function doingInk({ same, times, distance, margin, positiveMargin }, theme) {
  if (!times || (same ? distance <= positiveMargin : distance >= margin)) return theme.quiet;
  return same ? theme.same : theme.different;
}

/** @param {PairFacts} facts */
export function costWords({ share, loss }) {
  if (!share) return "costs nothing";
  return `costs ${shareWords(share / loss)} of the loss`;
}

/**
 * Say what the labels claim if the distance says otherwise; else nothing.
 * @param {PairFacts} facts
 */
export function doubtWords({ same, names, distance, margin }) {
  if (same && distance > margin) {
    return `Both are labelled ${names[0]}, yet they are farther apart than the margin. Is a label wrong?`;
  }
  if (!same && distance < margin / 2) {
    return `The labels say ${names.join(" and ")}, yet the two are near. Is a label wrong?`;
  }
  return "";
}

/**
 * Name a pair in one line, for a screen reader.
 * @param {PairFacts} facts
 */
export const pairWords = (facts) =>
  [
    `images ${facts.images.map(grouped).join(" and ")}`,
    kindWords(facts),
    `distance ${shortNumber(facts.distance)}`,
    doingWords(facts),
    ...(facts.times ? [costWords(facts)] : []),
  ].join(", ");
