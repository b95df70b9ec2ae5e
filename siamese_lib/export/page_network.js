// @ts-check
// The run's tower: from pixels to an embedding, in the page. Arrays are channels-last, as in Keras.

import { floatsOf } from "../views/js/numbers.js";

/**
 * A layer as page_network.py writes it. Weights are the bytes of float32.
 * @typedef {{ kind: "scale", scale: number, offset: number }
 *   | { kind: "convolution", shape: number[], kernel: Uint8Array, bias: Uint8Array | null }
 *   | { kind: "pool" } | { kind: "relu" } | { kind: "average" } | { kind: "unit" }} Layer
 */

/** @typedef {{ shape: number[], layers: Layer[] }} Tower */
/** Kernel and bias, if any, of each convolution. @typedef {Float32Array[]} Weights */
/** @typedef {{ height: number, width: number, channels: number, values: Float32Array }} Grid */

export class Network {
  #shape;
  #steps;

  /**
   * @param {Tower} tower
   * @param {Weights} [weights] instead of the tower's own
   */
  constructor({ shape, layers }, weights = convolutionsOf(layers).flatMap(weightsOf)) {
    const left = [...weights];
    this.#shape = shape;
    this.#steps = layers.map((layer) => stepOf(layer, left));
  }

  /**
   * @param {Uint8Array | Float32Array} pixels from 0 to 255, height × width × channels
   * @returns {Float32Array} the embedding
   */
  embed(pixels) {
    const [height, width, channels] = this.#shape;
    /** @type {Grid} */
    const image = { height, width, channels, values: Float32Array.from(pixels) };
    return this.#steps.reduce((grid, step) => step(grid), image).values;
  }
}

/**
 * Return the shapes of a tower's weights.
 * @param {Tower} tower
 */
export const weightShapes = ({ layers }) =>
  convolutionsOf(layers).flatMap(({ shape, bias }) => (bias ? [shape, shape.slice(-1)] : [shape]));

/** @param {Layer[]} layers */
const convolutionsOf = (layers) => layers.filter((layer) => layer.kind === "convolution");

/** @param {{ kernel: Uint8Array, bias: Uint8Array | null }} layer */
const weightsOf = ({ kernel, bias }) => (bias ? [kernel, bias] : [kernel]).map(floatsOf);

/**
 * @param {Layer} layer
 * @param {Weights} weights from which a layer takes its own
 * @returns {(grid: Grid) => Grid}
 */
function stepOf(layer, weights) {
  if (layer.kind === "convolution") {
    const [kernel, bias] = weights.splice(0, layer.bias ? 2 : 1);
    return (grid) => convolved(grid, layer.shape, kernel, bias);
  }
  if (layer.kind === "pool") return pooled;
  if (layer.kind === "average") return averaged;
  if (layer.kind === "unit") return ofUnitLength;
  const { scale, offset } = layer.kind === "scale" ? layer : { scale: 1, offset: 0 };
  /** @type {(x: number) => number} */
  const one = layer.kind === "scale" ? (x) => scale * x + offset : (x) => Math.max(x, 0);
  return (grid) => ({ ...grid, values: grid.values.map(one) });
}

/**
 * Convolve with stride 1 and 'same' padding.
 * @param {Grid} grid
 * @param {number[]} shape of the kernel: height, width, channels in, channels out
 * @param {Float32Array} kernel
 * @param {Float32Array} [bias]
 * @returns {Grid}
 */
export function convolved({ height, width, channels, values }, shape, kernel, bias) {
  const [high, wide, , out] = shape;
  const [above, before] = [(high - 1) >> 1, (wide - 1) >> 1];
  const made = new Float32Array(height * width * out);
  const sums = new Float64Array(out);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (bias) sums.set(bias);
      else sums.fill(0);
      for (let i = Math.max(0, above - y); i < Math.min(high, height + above - y); i++) {
        for (let j = Math.max(0, before - x); j < Math.min(wide, width + before - x); j++) {
          const from = ((y + i - above) * width + x + j - before) * channels;
          const weights = (i * wide + j) * channels;
          for (let c = 0; c < channels; c++) {
            const value = values[from + c];
            if (value === 0) continue; // as most are, after a ReLU and on black ground
            const row = (weights + c) * out;
            for (let o = 0; o < out; o++) sums[o] += value * kernel[row + o];
          }
        }
      }
      made.set(sums, (y * width + x) * out);
    }
  }
  return { height, width, channels: out, values: made };
}

/**
 * Take the largest of each 2 × 2 values; at the edges there may be fewer.
 * @param {Grid} grid
 * @returns {Grid}
 */
export function pooled({ height, width, channels, values }) {
  const [high, wide] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const made = new Float32Array(high * wide * channels).fill(-Infinity);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      const to = ((y >> 1) * wide + (x >> 1)) * channels;
      for (let c = 0; c < channels; c++) made[to + c] = Math.max(made[to + c], values[from + c]);
    }
  }
  return { height: high, width: wide, channels, values: made };
}

/**
 * Average over all places.
 * @param {Grid} grid
 * @returns {Grid}
 */
function averaged({ height, width, channels, values }) {
  const sums = new Float64Array(channels);
  values.forEach((value, i) => (sums[i % channels] += value));
  const made = Float32Array.from(sums, (sum) => sum / (height * width));
  return { height: 1, width: 1, channels, values: made };
}

/**
 * Divide all values by the length of the vector that they are, as Keras' `UnitNormalization`.
 * @param {Grid} grid
 * @returns {Grid}
 */
function ofUnitLength(grid) {
  const length = Math.max(Math.hypot(...grid.values), 1e-12);
  return { ...grid, values: grid.values.map((value) => value / length) };
}
