// @ts-check
// The weights of the tower at the frames of the film, as siamese_lib/export/page_frames.py packs
// them.

import { floatsOf, inflated } from "../views/js/numbers.js";

/**
 * @typedef {object} PackedFrames
 * @property {number} count of the frames
 * @property {Uint8Array} steps float32 of all channels of all weights
 * @property {Uint8Array} data differences from frame to frame, deflated
 */

export class TowerFrames {
  /**
   * @param {PackedFrames} packed
   * @param {number[][]} shapes of the weights
   */
  static async unpack({ count, steps, data }, shapes) {
    return new TowerFrames(levelsOf(await inflated(data), count), floatsOf(steps), shapes);
  }

  #levels;
  #steps;
  #shapes;

  /**
   * @param {Int16Array[]} levels of all weights, for each frame
   * @param {Float32Array} steps
   * @param {number[][]} shapes
   */
  constructor(levels, steps, shapes) {
    this.#levels = levels;
    this.#steps = steps;
    this.#shapes = shapes;
  }

  /** The number of frames. */
  get length() {
    return this.#levels.length;
  }

  /**
   * Return the weights of a frame, in the order of the shapes.
   * @param {number} frame
   */
  weights(frame) {
    let [from, channel] = [0, 0];
    return this.#shapes.map((shape) => {
      const size = shape.reduce((product, side) => product * side, 1);
      const channels = shape[shape.length - 1];
      const levels = this.#levels[frame].subarray(from, from + size);
      const steps = this.#steps.subarray(channel, channel + channels);
      from += size;
      channel += channels;
      const weights = new Float32Array(levels); // a call for each would take ten times as long
      for (let i = 0; i < size; i++) weights[i] *= steps[i % channels];
      return weights;
    });
  }
}

/**
 * Add up the differences.
 * @param {Uint8Array} bytes the low bytes of all, then the high ones
 * @param {number} count of frames
 */
function levelsOf(bytes, count) {
  const half = bytes.length / 2;
  const size = half / count;
  const now = new Int16Array(size);
  return Array.from({ length: count }, (_, frame) => {
    for (let i = 0, at = frame * size; i < size; i++, at++) {
      const folded = bytes[at] | (bytes[half + at] << 8);
      now[i] += (folded >>> 1) ^ -(folded & 1); // modulo 2^16
    }
    return now.slice();
  });
}
