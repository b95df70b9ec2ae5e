// @ts-check
// Where the images of all settings of the dials stand in one row, and the spread of their points.

const ROUNDING = 1e-7; // of float32, as a share of the largest coordinate

/**
 * @typedef {object} ProbeDial
 * @property {string} name
 * @property {(number | string)[]} values
 * @property {string[]} words the values as they are written
 * @property {boolean} periodic whether the last value is followed by the first
 */

export class ProbeGrid {
  #counts;

  /** @param {number[]} counts of the values of each dial */
  constructor(counts) {
    this.#counts = counts;
  }

  /** How many images each subject has. */
  get size() {
    return this.#counts.reduce((size, count) => size * count, 1);
  }

  /**
   * @param {number} subject
   * @param {number[]} places of the dials' values
   */
  index(subject, places) {
    return places.reduce((index, place, i) => index * this.#counts[i] + place, subject);
  }

  /**
   * Return the images along a dial, while the other dials stay.
   * @param {number} subject
   * @param {number[]} places
   * @param {number} dial
   */
  path(subject, places, dial) {
    return Array.from({ length: this.#counts[dial] }, (_, place) =>
      this.index(
        subject,
        places.map((own, i) => (i === dial ? place : own)),
      ),
    );
  }
}

/**
 * Return the root mean square distance of some points from their mean; 0 if it is but the rounding
 * of their coordinates. grid.py does the same.
 * @param {Float32Array} points all coordinates of all points
 * @param {number} dim
 * @param {number[] | null} [which] null for all
 */
export function spreadOfPoints(points, dim, which = null) {
  const count = which ? which.length : points.length / dim;
  let [total, largest] = [0, 0];
  for (let axis = 0; axis < dim; axis++) {
    /** @param {number} i */
    const at = (i) => points[(which ? which[i] : i) * dim + axis];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += at(i);
      largest = Math.max(largest, Math.abs(at(i)));
    }
    for (let i = 0; i < count; i++) total += (at(i) - sum / count) ** 2;
  }
  const spread = Math.sqrt(total / count);
  return spread < ROUNDING * largest ? 0 : spread;
}

/**
 * Return which point is nearest to a place.
 * @param {Float32Array} points
 * @param {Float32Array} place one number for each dimension
 */
export function nearestOf(points, place) {
  let nearest = 0;
  let least = Infinity;
  for (let i = 0; i < points.length; i += place.length) {
    let square = 0;
    for (let axis = 0; axis < place.length; axis++) square += (points[i + axis] - place[axis]) ** 2;
    if (square >= least) continue;
    least = square;
    nearest = i / place.length;
  }
  return nearest;
}

/**
 * Return the place of a value after so many steps, at the end or round to the first one.
 * @param {ProbeDial} dial
 * @param {number} place
 * @param {number} steps
 */
export function placeAfter({ values, periodic }, place, steps) {
  const count = values.length;
  if (periodic) return (((place + steps) % count) + count) % count;
  return Math.min(Math.max(place + steps, 0), count - 1);
}
