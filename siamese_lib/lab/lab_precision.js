// @ts-check
// How good an embedding is: precision at k, by comparing each query with the whole gallery.

/** @typedef {{ points: Float32Array, labels: ArrayLike<number> }} Embedded */

/**
 * The share of each query's k nearest images of the gallery that have its label, on average. Of
 * equally near images the earlier ones count.
 * @param {number} k
 * @param {Embedded} queries
 * @param {Embedded} gallery
 */
export function precisionAt(k, queries, gallery) {
  const [asked, kept] = [queries.labels.length, gallery.labels.length];
  const dim = gallery.points.length / kept;
  if (!(k >= 1 && k <= kept) || queries.points.length !== asked * dim) {
    throw new RangeError(
      `k is ${k}, and queries hold ${queries.points.length} numbers for ${asked} labels; expected ` +
        `k from 1 to ${kept}, and ${dim} numbers for each label.`,
    );
  }
  let right = 0;
  const [squares, labels] = [new Float64Array(k), new Float64Array(k)]; // the nearest so far
  for (let query = 0; query < asked; query++) {
    squares.fill(Infinity);
    for (let image = 0; image < kept; image++) {
      let square = 0;
      for (let axis = 0; axis < dim; axis++) {
        const apart = queries.points[query * dim + axis] - gallery.points[image * dim + axis];
        square += apart * apart;
      }
      if (!(square < squares[k - 1])) continue;
      let rank = k - 1;
      for (; rank > 0 && squares[rank - 1] > square; rank--) {
        squares[rank] = squares[rank - 1];
        labels[rank] = labels[rank - 1];
      }
      squares[rank] = square;
      labels[rank] = gallery.labels[image];
    }
    for (const label of labels) right += Number(label === queries.labels[query]);
  }
  return right / (asked * k);
}
