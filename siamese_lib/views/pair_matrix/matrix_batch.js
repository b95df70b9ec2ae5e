// @ts-check
// The images of a batch through time, and the pairs that were drawn from them (batch.py).

/** @import { Bytes, FilmData, Images } from "../js/payload.js" */

import { floatsOf } from "../js/numbers.js";
import { Classes } from "../js/point_classes.js";
import { pairDistances, pairNumber } from "./costs.js";

/**
 * @typedef {object} BatchPayload
 * @property {Bytes[]} points float32 (N, dim) of each frame
 * @property {number} dim
 * @property {number} resting the positive margin, as a part of the margin
 * @property {number[][] | null} drawn the left and the right images of the random pairs
 * @property {FilmData} film the points in the plane
 * @property {Bytes} classes uint16 (N,)
 * @property {string[]} names of the classes
 * @property {string[]} colors of the classes
 * @property {number[] | null} steps of training, one for each frame
 * @property {string} note small print on the map
 * @property {Images | null} images
 */

export class PairBatch {
  #frames;
  /** @type {(Float64Array | undefined)[]} */
  #distances = [];

  /** @param {BatchPayload} payload */
  constructor({ points, film, classes, names, colors, drawn, resting }) {
    this.count = film.count;
    this.resting = resting;
    this.#frames = points.map(floatsOf);
    this.classes = new Classes({ labels: classes, names, colors }, film.count, []);
    /** The images, sorted by class. */
    this.order = this.classes.members.flat();
    const pairs = (film.count * (film.count - 1)) / 2;
    /** Whether each pair is similar. */
    this.same = new Uint8Array(pairs);
    this.every = new Uint16Array(pairs).fill(1);
    this.drawn = drawn && new Uint16Array(pairs);
    const { of } = this.classes;
    for (let i = 0, pair = 0; i < film.count; i++) {
      for (let j = i + 1; j < film.count; j++) this.same[pair++] = Number(of[i] === of[j]);
    }
    if (!drawn || !this.drawn) return;
    for (let k = 0; k < drawn[0].length; k++) {
      this.drawn[pairNumber(drawn[0][k], drawn[1][k], film.count)] += 1;
    }
  }

  /**
   * Return the distances of all pairs.
   * @param {number} frame
   */
  distances(frame) {
    return (this.#distances[frame] ??= pairDistances(this.#frames[frame], this.count));
  }

  /**
   * Return how often each pair is compared.
   * @param {string} which "all" or "random"
   */
  times(which) {
    return which === "random" && this.drawn ? this.drawn : this.every;
  }

  /**
   * @param {number} one
   * @param {number} other
   */
  pair(one, other) {
    return pairNumber(one, other, this.count);
  }

  /** @param {number} image */
  nameOf(image) {
    return this.classes.names[this.classes.of[image]];
  }
}
