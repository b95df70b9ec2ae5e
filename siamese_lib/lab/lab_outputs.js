// @ts-check
// What becomes of the last layer's numbers, and the way of a gradient back through it.

/**
 * @typedef {object} Output
 * @property {(raw: Float32Array, dim: number) => Float32Array} apply
 * @property {(slopes: Float32Array, raw: Float32Array, made: Float32Array, dim: number) =>
 *   Float32Array} back the gradient of `raw`, from that of what `apply` made of it
 */

/** @type {Record<string, Output>} */
const OUTPUTS = {
  linear: { apply: (raw) => raw, back: (slopes) => slopes },
  sigmoid: {
    apply: (raw) => raw.map((x) => 1 / (1 + Math.exp(-x))),
    back: (slopes, _, made) => slopes.map((slope, i) => slope * made[i] * (1 - made[i])),
  },
  // Keras' UnitNormalization: a vector divided by its length.
  unit: {
    apply: (raw, dim) => raw.map((x, i) => x * inverseLength(raw, i - (i % dim), dim)),
    back: (slopes, raw, made, dim) => {
      const back = new Float32Array(raw.length);
      for (let row = 0; row < raw.length; row += dim) {
        let along = 0;
        for (let i = row; i < row + dim; i++) along += slopes[i] * made[i];
        const inverse = inverseLength(raw, row, dim);
        for (let i = row; i < row + dim; i++) back[i] = inverse * (slopes[i] - along * made[i]);
      }
      return back;
    },
  },
};

/**
 * @param {string} name
 * @param {number} dim
 */
export function outputNamed(name, dim) {
  if (!Object.hasOwn(OUTPUTS, name)) {
    throw new RangeError(`output is ${name}; expected one of ${Object.keys(OUTPUTS).join(", ")}.`);
  }
  if (name === "unit" && dim < 2) {
    throw new RangeError(`output is unit and dim is ${dim}; expected 2 or more for a circle.`);
  }
  return OUTPUTS[name];
}

/** @param {Float32Array} raw @param {number} row @param {number} dim */
function inverseLength(raw, row, dim) {
  let square = 0;
  for (let i = row; i < row + dim; i++) square += raw[i] * raw[i];
  return Math.min(1 / Math.sqrt(square), 1e12);
}
