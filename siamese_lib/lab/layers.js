// @ts-check
// The layers of a small tower: their sizes, their first weights, and how the kernels hold them.

import { glorotUniform, Random } from "./random.js";

/**
 * What a tower has before its embedding: convolutions, and a dense layer of hidden units, each
 * followed by a ReLU.
 * @typedef {{ filters: number, size: number, stride: number }} Convolution
 * @typedef {{ convolutions: Convolution[], hidden: number }} Architecture
 */

/**
 * A convolution, or a dense layer, which is one whose kernel covers its whole input. `channels` and
 * `outs` are what the kernels see: multiples of 4, filled up with zeros, except for the channels of
 * an image. The padding is Keras' "same".
 * @typedef {object} Layer
 * @property {number[]} shape of the kernel in Keras
 * @property {number} high rows of the kernel
 * @property {number} wide columns of the kernel
 * @property {number} stride
 * @property {number} channels of the input
 * @property {number} outs channels of the output
 * @property {number} rows of the output
 * @property {number} columns of the output
 * @property {number} top rows of zeros above the input
 * @property {number} left columns of zeros before the input
 * @property {number} inputRows with the padding
 * @property {number} inputColumns with the padding
 * @property {boolean} relu
 */

/**
 * That of sl.small_tower.
 * @type {Architecture}
 */
export const SMALL_TOWER = {
  convolutions: [
    { filters: 8, size: 5, stride: 3 },
    { filters: 16, size: 3, stride: 2 },
  ],
  hidden: 32,
};

/**
 * @param {number[]} shape of an image: height, width, channels
 * @param {number} dim length of the embedding
 * @param {Architecture} architecture
 * @returns {Layer[]}
 */
export function layersOf(shape, dim, { convolutions, hidden }) {
  let [rows, columns, given] = shape;
  let channels = given;
  const layers = convolutions.map((convolution) => {
    const layer = convolutionOver(rows, columns, given, channels, convolution);
    [rows, columns, given, channels] = [layer.rows, layer.columns, convolution.filters, layer.outs];
    return layer;
  });
  const first = denseOver(rows, columns, given, channels, hidden);
  const last = denseOver(1, 1, hidden, first.outs, dim);
  return [...layers, { ...first, relu: true }, last];
}

/** @param {number} count */
const inFours = (count) => 4 * Math.ceil(count / 4);

/**
 * @param {number} rows
 * @param {number} columns
 * @param {number} given channels in Keras
 * @param {number} channels as the kernels see them
 * @param {Convolution} convolution
 * @returns {Layer}
 */
function convolutionOver(rows, columns, given, channels, { filters, size, stride }) {
  const [down, along] = [rows, columns].map((side) => sameSide(side, size, stride));
  return {
    shape: [size, size, given, filters],
    high: size,
    wide: size,
    stride,
    channels,
    outs: inFours(filters),
    rows: down.out,
    columns: along.out,
    top: down.before,
    left: along.before,
    inputRows: down.padded,
    inputColumns: along.padded,
    relu: true,
  };
}

/**
 * @param {number} high rows of the input
 * @param {number} wide columns of the input
 * @param {number} given channels in Keras
 * @param {number} channels as the kernels see them
 * @param {number} units
 * @returns {Layer}
 */
function denseOver(high, wide, given, channels, units) {
  const shape = [high * wide * given, units];
  const input = { high, wide, channels, inputRows: high, inputColumns: wide, top: 0, left: 0 };
  return { shape, ...input, stride: 1, outs: inFours(units), rows: 1, columns: 1, relu: false };
}

/**
 * What Keras' padding "same" does along a side.
 * @param {number} side
 * @param {number} size
 * @param {number} stride
 */
function sameSide(side, size, stride) {
  const out = Math.ceil(side / stride);
  const added = Math.max(0, (out - 1) * stride + size - side);
  return { out, before: added >> 1, padded: side + added };
}

/**
 * First weights in Keras' order: of each layer a Glorot uniform kernel, and biases of 0.
 * @param {Layer[]} layers
 * @param {number} seed
 */
export function firstWeights(layers, seed) {
  const random = new Random(seed);
  return layers.flatMap(({ shape }) => [
    glorotUniform(random, shape),
    new Float32Array(shape[shape.length - 1]),
  ]);
}

/** @param {Layer} layer @returns {number} weights of its kernel as the kernels hold it */
export const kernelLength = ({ high, wide, channels, outs }) => high * wide * channels * outs;

/**
 * Write Keras' weights, a kernel and biases for each layer, into the array of the kernels. Those of
 * the channels and outputs that fill up fours stay 0.
 * @param {Layer[]} layers
 * @param {Float32Array[]} weights
 * @param {Float32Array} to
 */
export function packed(layers, weights, to) {
  const lengths = unpacked(layers, to).map(({ length }) => length);
  if (weights.length !== lengths.length || weights.some((each, i) => each.length !== lengths[i])) {
    throw new RangeError(
      `weights have the lengths [${weights.map(({ length }) => length)}]; expected [${lengths}].`,
    );
  }
  eachWeight(layers, (array, from, place) => (to[place] = weights[array][from]));
}

/**
 * @param {Layer[]} layers
 * @param {Float32Array} from the array of the kernels
 */
export function unpacked(layers, from) {
  const weights = layers.flatMap(({ shape }) => [
    new Float32Array(shape.reduce((product, side) => product * side)),
    new Float32Array(shape[shape.length - 1]),
  ]);
  eachWeight(layers, (array, to, place) => (weights[array][to] = from[place]));
  return weights;
}

/**
 * @param {Layer[]} layers
 * @param {(array: number, at: number, place: number) => void} visit is given Keras' array, the
 *   place of a weight in it, and its place among those of the kernels
 */
function eachWeight(layers, visit) {
  let begin = 0;
  layers.forEach(({ shape, high, wide, channels, outs }, layer) => {
    const filters = shape[shape.length - 1];
    const rows = shape.slice(0, -1).reduce((product, side) => product * side);
    const given = rows / (high * wide);
    const bias = begin + high * wide * channels * outs;
    for (let out = 0; out < filters; out++) {
      for (let row = 0; row < rows; row++) {
        const kept = Math.floor(row / given) * channels + (row % given);
        visit(2 * layer, row * filters + out, begin + kept * outs + out);
      }
      visit(2 * layer + 1, out, bias + out);
    }
    begin = bias + outs;
  });
}
