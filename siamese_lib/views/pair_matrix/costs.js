// @ts-check
// What each pair of a batch costs in the contrastive loss, as costs.py computes it.
//
// The pairs of N images are numbered row by row: 0 and 1, 0 and 2, up to N - 2 and N - 1.

const SMALLEST_SQUARE = 1e-12;

/**
 * @typedef {object} PairCosts
 * @property {Float64Array} shares each pair's part of the loss
 * @property {number} silent how many cost nothing: different pairs at the margin or beyond, and
 *   similar ones within the positive margin
 * @property {number} pulling how many other pairs are similar
 * @property {number} pushing how many different pairs are nearer than the margin
 * @property {number} pull what similar pairs add to the loss
 * @property {number} push what different pairs add to the loss
 */

/** @typedef {ArrayLike<number>} PairNumbers one for each pair */

/**
 * Return the distances of all pairs of points.
 * @param {Float32Array} points (count, dim)
 * @param {number} count
 */
export function pairDistances(points, count) {
  const dim = points.length / count;
  const distances = new Float64Array((count * (count - 1)) / 2);
  let pair = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      let square = 0;
      for (let d = 0; d < dim; d++) {
        const apart = points[i * dim + d] - points[j * dim + d];
        square += apart * apart;
      }
      distances[pair++] = Math.sqrt(Math.max(square, SMALLEST_SQUARE));
    }
  }
  return distances;
}

/**
 * @param {PairNumbers} distances
 * @param {PairNumbers} same 1 for a similar pair
 * @param {PairNumbers} times how often the loss compares each pair
 * @param {number} margin
 * @param {string} means "two", one over the pulling pairs and one over the pushing ones; or "one"
 * @param {number} positiveMargin distance within which similar images do not pull each other
 * @returns {PairCosts}
 */
export function pairCosts(distances, same, times, margin, means, positiveMargin = 0) {
  const counts = countPairs(distances, same, times, margin, positiveMargin);
  const all = counts.silent + counts.pulling + counts.pushing;
  const pullWeight = 1 / (means === "two" ? 4 * Math.max(counts.pulling, 1) : 2 * Math.max(all, 1));
  const pushWeight = means === "two" ? 1 / (4 * Math.max(counts.pushing, 1)) : pullWeight;
  const shares = new Float64Array(distances.length);
  let pull = 0;
  let push = 0;
  for (let pair = 0; pair < shares.length; pair++) {
    const distance = distances[pair];
    if (same[pair]) {
      if (distance <= positiveMargin) continue;
      pull += shares[pair] = pullWeight * times[pair] * (distance - positiveMargin) ** 2;
    } else if (distance < margin) {
      push += shares[pair] = pushWeight * times[pair] * (margin - distance) ** 2;
    }
  }
  return { ...counts, shares, pull, push };
}

/**
 * Count the pairs that do each of three things.
 * @param {PairNumbers} distances
 * @param {PairNumbers} same
 * @param {PairNumbers} times
 * @param {number} margin
 * @param {number} positiveMargin
 */
function countPairs(distances, same, times, margin, positiveMargin) {
  const counts = { silent: 0, pulling: 0, pushing: 0 };
  for (let pair = 0; pair < distances.length; pair++) {
    const costs = same[pair] ? distances[pair] > positiveMargin : distances[pair] < margin;
    const does = !costs ? "silent" : same[pair] ? "pulling" : "pushing";
    counts[does] += times[pair];
  }
  return counts;
}

/**
 * Return the number of the pair of two images.
 * @param {number} one
 * @param {number} other
 * @param {number} count of images
 */
export function pairNumber(one, other, count) {
  const low = Math.min(one, other);
  return low * count - (low * (low + 1)) / 2 + Math.abs(one - other) - 1;
}

/**
 * Find the pairs with the largest shares above 0, with no image in two of them: the costliest
 * first, then the costliest of those without its images, and so on.
 * @param {Float64Array} shares
 * @param {number} count of images
 * @param {number} most
 * @returns {[low: number, high: number][]}
 */
export function costliestCells(shares, count, most) {
  const taken = new Uint8Array(count);
  /** @type {[low: number, high: number][]} */
  const found = [];
  while (found.length < most) {
    let best = 0;
    /** @type {[low: number, high: number] | null} */
    let cell = null;
    let pair = 0;
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++, pair++) {
        if (shares[pair] > best && !taken[i] && !taken[j]) {
          best = shares[pair];
          cell = [i, j];
        }
      }
    }
    if (!cell) break;
    found.push(cell);
    taken[cell[0]] = taken[cell[1]] = 1;
  }
  return found;
}
