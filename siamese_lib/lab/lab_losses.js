// @ts-check
// The losses of siamese_lib/network/losses.py and their gradients, over the embeddings of a batch.

/**
 * @typedef {object} LossSettings
 * @property {string} loss "pairs" (ContrastiveLoss over given pairs), "every_pair"
 *   (InBatchContrastiveLoss) or "triplet" (BatchTripletLoss)
 * @property {number} margin
 * @property {boolean} [hardest] of triplets: the farthest positive and the nearest negative of each
 *   anchor, or every triplet whose loss is above 0
 */

/**
 * What a loss reads: embeddings one after the other, their targets, and the distances of the pairs.
 * `add(one, other, slope)` adds to the gradients how the loss grows with a distance.
 * @typedef {object} Batch
 * @property {number} count of embeddings
 * @property {ArrayLike<number>} targets
 * @property {(one: number, other: number) => number} distance
 * @property {(one: number, other: number, slope: number) => void} add
 */

const SMALLEST_SQUARE = 1e-12; // as in distances.py: below it two embeddings count as equal

/** @type {Record<string, (batch: Batch, margin: number, hardest: boolean) => number>} */
const LOSSES = {
  pairs: pairsLoss,
  every_pair: everyPairLoss,
  triplet: (batch, margin, hardest) => (hardest ? hardestLoss : everyTripletLoss)(batch, margin),
};

/**
 * @param {Float32Array} embeddings
 * @param {number} dim
 * @param {ArrayLike<number>} targets
 * @param {LossSettings} settings
 * @returns {{ loss: number, slopes: Float32Array }} the loss and the gradient of the embeddings
 */
export function lossOf(embeddings, dim, targets, { loss, margin, hardest = true }) {
  if (!Object.hasOwn(LOSSES, loss)) {
    throw new RangeError(`loss is ${loss}; expected one of ${Object.keys(LOSSES).join(", ")}.`);
  }
  if (!(margin > 0 && margin < Infinity)) {
    throw new RangeError(`margin is ${margin}; expected a number above 0.`);
  }
  const count = embeddings.length / dim;
  const expected = loss === "pairs" ? count / 2 : count;
  if (targets.length !== expected) {
    throw new RangeError(
      `targets holds ${targets.length} numbers for ${count} images; expected ${expected}.`,
    );
  }
  const sums = new Float64Array(embeddings.length);
  const distance = distancesOf(embeddings, dim);
  /** @type {Batch["add"]} */
  const add = (one, other, slope) => {
    const apart = distance(one, other);
    if (slope === 0 || apart * apart <= SMALLEST_SQUARE) return;
    for (let axis = 0; axis < dim; axis++) {
      const [i, j] = [one * dim + axis, other * dim + axis];
      const change = (slope * (embeddings[i] - embeddings[j])) / apart;
      sums[i] += change;
      sums[j] -= change;
    }
  };
  const value = LOSSES[loss]({ count, targets, distance, add }, margin, hardest);
  return { loss: value, slopes: Float32Array.from(sums) };
}

/**
 * @param {Float32Array} embeddings
 * @param {number} dim
 * @returns {Batch["distance"]}
 */
function distancesOf(embeddings, dim) {
  return (one, other) => {
    let square = 0;
    for (let axis = 0; axis < dim; axis++) {
      const apart = embeddings[one * dim + axis] - embeddings[other * dim + axis];
      square += apart * apart;
    }
    return Math.sqrt(Math.max(square, SMALLEST_SQUARE));
  };
}

/**
 * The mean over pairs of [same d² + (1 - same) max(margin - d, 0)²] / 2.
 * @param {Batch} batch
 * @param {number} margin
 */
function pairsLoss({ count, targets, distance, add }, margin) {
  const pairs = count / 2;
  let loss = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const same = targets[pair];
    if (same !== 0 && same !== 1) {
      throw new RangeError(`targets holds ${same}; expected 1 (same) or 0 (different).`);
    }
    const apart = distance(pair, pair + pairs);
    const gap = same ? apart : Math.max(margin - apart, 0);
    loss += (gap * gap) / 2;
    add(pair, pair + pairs, (same ? gap : -gap) / pairs);
  }
  return loss / pairs;
}

/**
 * [mean over similar pairs of d² + mean over different pairs closer than the margin of
 * (margin - d)²] / 4.
 * @param {Batch} batch
 * @param {number} margin
 */
function everyPairLoss({ count, targets, distance, add }, margin) {
  const counts = [0, 0]; // of pushed pairs, and of similar ones
  const sums = [0, 0];
  const gaps = new Float64Array((count * (count - 1)) / 2); // below 0 for similar pairs
  let pair = 0;
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < one; other++, pair++) {
      const apart = distance(one, other);
      const same = Number(targets[one] === targets[other]);
      const gap = same ? -apart : Math.max(margin - apart, 0);
      gaps[pair] = gap;
      counts[same] += Number(gap !== 0);
      sums[same] += gap * gap;
    }
  }
  const shares = counts.map((number) => 1 / (4 * Math.max(number, 1)));
  pair = 0;
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < one; other++, pair++) {
      const gap = gaps[pair];
      add(one, other, -2 * gap * shares[Number(gap < 0)]);
    }
  }
  return sums[0] * shares[0] + sums[1] * shares[1];
}

/**
 * The mean over anchors of max(farthest positive - nearest negative + margin, 0).
 * @param {Batch} batch
 * @param {number} margin
 */
function hardestLoss(batch, margin) {
  const { count, targets, distance } = batch;
  const pulls = new Float64Array(count * count);
  let [loss, anchors] = [0, 0];
  for (let anchor = 0; anchor < count; anchor++) {
    const of = { positives: [-1], negatives: [-1], farthest: -Infinity, nearest: Infinity };
    for (let other = 0; other < count; other++) {
      if (other === anchor) continue;
      const apart = distance(anchor, other);
      if (targets[other] === targets[anchor]) {
        if (apart > of.farthest) [of.farthest, of.positives] = [apart, []];
        if (apart === of.farthest) of.positives.push(other);
      } else {
        if (apart < of.nearest) [of.nearest, of.negatives] = [apart, []];
        if (apart === of.nearest) of.negatives.push(other);
      }
    }
    const cost = of.farthest - of.nearest + margin; // infinite without a positive or a negative
    if (!Number.isFinite(cost)) continue;
    anchors++;
    if (cost < 0) continue;
    loss += cost;
    // Equal distances share the gradient, as in Keras.
    const row = anchor * count;
    for (const each of of.positives) pulls[row + each] += 1 / of.positives.length;
    for (const each of of.negatives) pulls[row + each] -= 1 / of.negatives.length;
  }
  addMean(batch, pulls, anchors);
  return loss / Math.max(anchors, 1);
}

/**
 * The mean of d(anchor, positive) - d(anchor, negative) + margin over the triplets in which it is
 * above 0.
 * @param {Batch} batch
 * @param {number} margin
 */
function everyTripletLoss(batch, margin) {
  const { count, targets, distance } = batch;
  const pulls = new Float64Array(count * count);
  let [loss, triplets] = [0, 0];
  for (let anchor = 0; anchor < count; anchor++) {
    const row = anchor * count;
    const apart = Float64Array.from({ length: count }, (_, other) => distance(anchor, other));
    for (let positive = 0; positive < count; positive++) {
      if (positive === anchor || targets[positive] !== targets[anchor]) continue;
      const least = apart[positive] + margin;
      for (let negative = 0; negative < count; negative++) {
        if (targets[negative] === targets[anchor] || !(least > apart[negative])) continue;
        loss += least - apart[negative];
        triplets++;
        pulls[row + positive]++;
        pulls[row + negative]--;
      }
    }
  }
  addMean(batch, pulls, triplets);
  return loss / Math.max(triplets, 1);
}

/**
 * Add the gradients of a mean.
 * @param {Batch} batch
 * @param {Float64Array} pulls how its sum grows with the distance of each embedding from each
 * @param {number} number of its terms
 */
function addMean({ count, add }, pulls, number) {
  for (let anchor = 0; anchor < count; anchor++) {
    for (let other = 0; other < count; other++) {
      const pull = pulls[anchor * count + other];
      if (pull !== 0) add(anchor, other, pull / number);
    }
  }
}
