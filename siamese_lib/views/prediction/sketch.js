// @ts-check
// A curve that is drawn by hand over fixed points.

/** @typedef {(number | null)[]} Sketch a value for each point, null where nothing is drawn */
/** @typedef {{ x: number, y: number }} Spot in the units of the axes */

/**
 * @param {number[]} xs ascending
 * @param {number} x
 */
export function nearestPoint(xs, x) {
  let best = 0;
  xs.forEach((value, i) => {
    if (Math.abs(value - x) < Math.abs(xs[best] - x)) best = i;
  });
  return best;
}

/**
 * Draw a straight line: set the points that it passes, and the one nearest to its end.
 * @param {Sketch} sketch is left as it is
 * @param {number[]} xs of the points, ascending
 * @param {Spot} from
 * @param {Spot} to
 * @returns {Sketch}
 */
export function sketched(sketch, xs, from, to) {
  const [left, right] = from.x < to.x ? [from.x, to.x] : [to.x, from.x];
  const last = nearestPoint(xs, to.x);
  return sketch.map((value, i) => {
    if (i === last) return to.y;
    if (xs[i] < left || xs[i] > right) return value;
    return from.y + ((xs[i] - from.x) / (to.x - from.x)) * (to.y - from.y);
  });
}

/**
 * Move one point up or down. One that is not drawn yet begins at the height of its neighbour.
 * @param {Sketch} sketch is left as it is
 * @param {number} point
 * @param {number} by
 * @param {number} low
 * @param {number} high
 * @returns {Sketch}
 */
export function nudged(sketch, point, by, low, high) {
  const before = sketch[point] ?? sketch[point - 1] ?? sketch[point + 1] ?? (low + high) / 2;
  const moved = Math.min(Math.max(before + by, low), high);
  return sketch.map((value, i) => (i === point ? moved : value));
}
