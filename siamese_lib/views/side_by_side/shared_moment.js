// @ts-check
// One moment for several films: each shows the same share of its own training.

/** @import { About } from "../js/payload.js" */

/** @typedef {number[]} Shares of the training at each frame, ascending from 0 to 1 */

/**
 * Say which share of a training is over at each frame: by its steps, or by frames without steps.
 * @param {number[] | null} steps
 * @param {number} count of frames
 * @returns {Shares}
 */
export function sharesOf(steps, count) {
  const at = steps ?? Array.from({ length: count }, (_, frame) => frame);
  const last = at[count - 1] || 1;
  return at.map((step) => step / last);
}

/**
 * Find the share of a training that is over at a moment.
 * @param {Shares} shares
 * @param {number} p the moment, from 0 to the last frame
 */
export function shareAt(shares, p) {
  const before = Math.floor(p);
  const after = Math.min(before + 1, shares.length - 1);
  return shares[before] + (shares[after] - shares[before]) * (p - before);
}

/**
 * Find the moment at which a share of a training is over.
 * @param {Shares} shares
 * @param {number} share
 */
export function momentAt(shares, share) {
  const after = shares.findIndex((one) => one >= share);
  if (after < 0) return shares.length - 1;
  if (after === 0) return 0;
  const before = shares[after - 1];
  return after - 1 + (share - before) / (shares[after] - before);
}

/**
 * Describe the bar of some films: the frames of the film with the most, in steps if all trainings
 * have the same length, in frames if no film has steps, and else in percent.
 * @param {{ shares: Shares, steps: number[] | null }[]} films
 * @returns {{ shares: Shares, about: Pick<About, "steps" | "moments" | "curves"> }}
 */
export function barOf(films) {
  const long = films.reduce((a, b) => (b.shares.length > a.shares.length ? b : a));
  const { shares, steps } = long;
  const ends = films.map((film) => film.steps?.at(-1) ?? -film.shares.length);
  const alike = ends.every((end) => end === ends[0]);
  const moments = alike ? null : shares.map((share) => `${percent(share)} %`);
  return { shares, about: { steps, moments, curves: {} } };
}

/**
 * Write a share in percent, with a digit more where whole numbers would hide that it is not 0.
 * @param {number} share
 */
const percent = (share) => +(100 * share).toFixed(share < 0.0995 ? 1 : 0);
