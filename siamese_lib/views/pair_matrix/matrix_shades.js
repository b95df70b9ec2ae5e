// @ts-check
// How dark each cell is (shades.py), and the pixels of the matrix.

/** @typedef {readonly number[]} Ink red, green and blue, 0 to 255 */

/**
 * @typedef {object} MatrixInks
 * @property {Ink} ground
 * @property {Ink} silent
 * @property {Ink} same
 * @property {Ink} different
 */

const LEAST_SHADE = 0.15; // of a pair that costs anything

/**
 * Return what two different images in one place cost in a plain mean.
 * @param {number} compared how many pairs the loss compares
 * @param {number} margin
 */
export const unitCost = (compared, margin) => margin ** 2 / (2 * Math.max(compared, 1));

/**
 * Return how dark a cell is: 0 if it costs nothing, else up to 1.
 * @param {number} share of the loss
 * @param {number} unit
 */
export const shadeOf = (share, unit) =>
  share > 0 ? LEAST_SHADE - (1 - LEAST_SHADE) * Math.expm1(-Math.sqrt(share / unit)) : 0;

/**
 * Fill the pixels of the matrix, one for each cell.
 * @param {Uint8ClampedArray} pixels (N, N, 4), changed in place
 * @param {number[]} order the images, as rows and columns show them
 * @param {object} pairs
 * @param {Float64Array} pairs.shares
 * @param {ArrayLike<number>} pairs.same
 * @param {ArrayLike<number>} pairs.times
 * @param {number} unit
 * @param {MatrixInks} inks
 */
export function fillMatrix(pixels, order, { shares, same, times }, unit, inks) {
  const count = order.length;
  const at = new Uint16Array(count); // the row of each image
  order.forEach((image, row) => (at[image] = row));
  /** @param {number} row @param {number} column @param {Ink} ink @param {number} shade */
  const put = (row, column, ink, shade) => {
    const start = 4 * (row * count + column);
    for (let c = 0; c < 3; c++) {
      pixels[start + c] = inks.ground[c] + (ink[c] - inks.ground[c]) * shade;
    }
    pixels[start + 3] = 255;
  };
  for (let i = 0, pair = 0; i < count; i++) {
    put(at[i], at[i], inks.ground, 1);
    for (let j = i + 1; j < count; j++, pair++) {
      let ink = times[pair] ? inks.silent : inks.ground;
      if (shares[pair] > 0) ink = same[pair] ? inks.same : inks.different;
      const shade = shadeOf(shares[pair], unit) || 1;
      put(at[i], at[j], ink, shade);
      put(at[j], at[i], ink, shade);
    }
  }
}

/**
 * Return the rows of the classes that have images: where each begins, and where it ends.
 * @param {number[][]} members the images of each class
 */
export function classBlocks(members) {
  let row = 0;
  return members
    .map((images, number) => ({ number, start: row, stop: (row += images.length) }))
    .filter(({ start, stop }) => stop > start);
}
