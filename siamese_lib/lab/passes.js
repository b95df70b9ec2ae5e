// @ts-check
// The passes of images through a small tower and back, in the memory of the kernels.

import { kernelsIn } from "./compiled_kernels.js";
import { kernelLength } from "./layers.js";

/** @typedef {import("./layers.js").Layer} Layer */

export const LANES = 8; // images that the kernels take at a time: a chunk
const CELL = 4 * LANES; // bytes of one number of each image
const PAGE = 65536; // bytes by which the memory grows
const FIELDS = 14; // of a layer, as in kernels.ts
const SCALE = Math.fround(1 / 255);

export class Passes {
  #memory = new WebAssembly.Memory({ initial: 1 });
  #kernels = kernelsIn(this.#memory);
  #end = 16; // of what is laid out in the memory, in bytes
  #layers;
  #shape;
  #count; // of all weights
  // Addresses in the memory:
  #parameters; // the weights of all layers
  #gradients;
  #structs; // what the kernels know of each layer
  #slopes; // the gradient of each layer's output, for a chunk
  #activations; // of the first chunk: the first layer's input, then each layer's output
  #chunkBytes; // from there to the activations of the next chunk

  /**
   * @param {number[]} shape of an image: height, width, channels
   * @param {Layer[]} layers
   */
  constructor(shape, layers) {
    this.#shape = shape;
    this.#layers = layers;
    this.#count = layers.reduce((sum, each) => sum + kernelLength(each) + each.outs, 0);
    this.#parameters = this.#take(4 * this.#count);
    this.#gradients = this.#take(4 * this.#count);
    this.#structs = layers.map(() => this.#take(4 * FIELDS));
    const outputs = layers.map((_, number) => this.#placed(number).bytes);
    this.#slopes = outputs.map((bytes) => this.#take(bytes));
    this.#chunkBytes = -this.#end;
    this.#activations = [inputBytes(layers[0]), ...outputs].map((bytes) => this.#take(bytes));
    this.#chunkBytes += this.#end;
    this.reserve(1);
    this.#writeStructs();
  }

  /** The weights as the kernels hold them, until `reserve` is called. */
  get parameters() {
    return this.#floats(this.#parameters, this.#count);
  }

  /** Their gradients, until `reserve` is called. */
  get gradients() {
    return this.#floats(this.#gradients, this.#count);
  }

  /**
   * Make room for the activations of so many chunks.
   * @param {number} chunks
   */
  reserve(chunks) {
    const bytes = this.#end + (chunks - 1) * this.#chunkBytes - this.#memory.buffer.byteLength;
    if (bytes > 0) this.#memory.grow(Math.ceil(bytes / PAGE));
  }

  /**
   * Take a chunk of images through all layers.
   * @param {Uint8Array} images
   * @param {number} first of the images
   * @param {number} chunk where the activations are kept
   * @param {Float32Array} outputs where the output of each image is written, one after the other
   */
  forward(images, first, chunk, outputs) {
    const shift = chunk * this.#chunkBytes;
    this.#writeImages(images, first, this.#activations[0] + shift);
    this.#layers.forEach((_, number) => {
      const to = this.#activations[number + 1] + this.#placed(number).origin + shift;
      this.#kernels.forward(this.#structs[number], this.#activations[number] + shift, to);
    });
    const { dim } = this;
    const last = this.#floats(this.#activations[this.#layers.length] + shift, LANES * dim);
    for (let at = first * dim; at < Math.min(outputs.length, (first + LANES) * dim); at++) {
      outputs[at] = last[laneOf(at, first, dim)];
    }
  }

  /**
   * Take the gradient of a chunk's outputs back through all layers, and add that of the weights.
   * @param {Float32Array} slopes of all outputs
   * @param {number} first of the chunk's images
   * @param {number} chunk
   */
  backward(slopes, first, chunk) {
    const shift = chunk * this.#chunkBytes;
    const { dim } = this;
    const end = this.#layers.length - 1;
    const last = this.#floats(this.#slopes[end], LANES * dim).fill(0);
    for (let at = first * dim; at < Math.min(slopes.length, (first + LANES) * dim); at++) {
      last[laneOf(at, first, dim)] = slopes[at];
    }
    for (let number = end; number >= 0; number--) {
      const [struct, input] = [this.#structs[number], this.#activations[number] + shift];
      const slope = this.#slopes[number] + this.#placed(number).origin;
      this.#kernels.weightSlopes(struct, input, slope);
      if (number === 0) return;
      const [bytes, below] = [inputBytes(this.#layers[number]), this.#slopes[number - 1]];
      this.#floats(below, bytes / 4).fill(0);
      this.#kernels.inputSlopes(struct, slope, below);
      this.#kernels.gate(input, below, bytes);
    }
  }

  /** Numbers of an output. */
  get dim() {
    const { shape } = this.#layers[this.#layers.length - 1];
    return shape[shape.length - 1];
  }

  /**
   * Write images into the middle of a first input, from 0 to 1.
   * @param {Uint8Array} images
   * @param {number} first
   * @param {number} to
   */
  #writeImages(images, first, to) {
    const [{ top, left, inputColumns, channels }] = this.#layers;
    const [height, width] = this.#shape;
    const [row, size] = [width * channels, height * width * channels];
    const input = this.#floats(to, inputBytes(this.#layers[0]) / 4);
    const lanes = Math.min(LANES, images.length / size - first);
    for (let y = 0; y < height; y++) {
      const begin = LANES * ((top + y) * inputColumns + left) * channels;
      for (let lane = 0; lane < lanes; lane++) {
        const from = (first + lane) * size + y * row;
        let at = begin + lane;
        for (let x = from; x < from + row; x++, at += LANES) input[at] = images[x] * SCALE;
      }
    }
  }

  /**
   * Set bytes of the memory aside.
   * @param {number} bytes
   */
  #take(bytes) {
    const begin = this.#end;
    this.#end += 16 * Math.ceil(bytes / 16);
    return begin;
  }

  /**
   * How an output lies in its bytes: in the middle of the next layer's input, with zeros around it.
   * @param {number} number of the layer
   */
  #placed(number) {
    const next = this.#layers[number + 1];
    if (!next) return { bytes: CELL * this.#layers[number].outs, row: 0, origin: 0 };
    const { top, left, inputColumns, channels } = next;
    const row = CELL * inputColumns * channels;
    return { bytes: inputBytes(next), row, origin: top * row + CELL * left * channels };
  }

  /** Tell the kernels of the layers: the fields of their class Layer. */
  #writeStructs() {
    let kernel = 0;
    this.#layers.forEach((layer, number) => {
      const { high, wide, stride, channels, outs, rows, columns } = layer;
      const row = CELL * layer.inputColumns * channels;
      const bias = kernel + 4 * kernelLength(layer);
      const fields = [
        ...[this.#parameters + kernel, this.#parameters + bias],
        ...[this.#gradients + kernel, this.#gradients + bias],
        ...[high, wide * channels, outs, rows, columns],
        ...[row, stride * row, CELL * stride * channels, this.#placed(number).row],
        Number(layer.relu),
      ];
      new Int32Array(this.#memory.buffer, this.#structs[number], FIELDS).set(fields);
      kernel = bias + 4 * outs;
    });
  }

  /** @param {number} begin @param {number} count */
  #floats(begin, count) {
    return new Float32Array(this.#memory.buffer, begin, count);
  }
}

/** @param {Layer} layer */
const inputBytes = ({ inputRows, inputColumns, channels }) =>
  CELL * inputRows * inputColumns * channels;

/**
 * Where a chunk has a number of all outputs.
 * @param {number} at its place in them
 * @param {number} first of the chunk's images
 * @param {number} dim
 */
const laneOf = (at, first, dim) => LANES * (at % dim) + Math.floor(at / dim) - first;
