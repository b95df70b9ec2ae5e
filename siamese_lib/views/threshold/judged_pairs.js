// @ts-check
// What mistakes.py counts in the kernel, counted in the page: which pairs a threshold gets wrong.

/** @import { Bytes, Images } from "../js/payload.js" */
/** @import { PictureSource } from "../js/pictures.js" */
/** @import { Mistake } from "./mistakes_column.js" */
/** @import { Chart, Counts } from "./threshold_charts.js" */

import { bytesOf } from "../js/numbers.js";

/**
 * @typedef {object} PackedKind pairs of one kind, worst mistakes first
 * @property {Bytes} distances float64
 * @property {Bytes} places uint32, two images for each pair
 */

/**
 * @typedef {object} PackedPairs described in packed_pairs.py
 * @property {Chart} chart
 * @property {PackedKind} different nearest first
 * @property {PackedKind} same farthest first
 * @property {Bytes} numbers uint32, of each image
 * @property {Images} images
 * @property {string[] | null} words
 */

const NOTHING = "data:,"; // while the pictures are being unpacked

export class JudgedPairs {
  #different;
  #same;
  #numbers;
  #words;
  #chart;
  /** @type {PictureSource | null} */
  pictures = null;
  /** The pictures used so far, by place. @type {Map<number, string>} */
  #uris = new Map();

  /** @param {PackedPairs} payload */
  constructor({ chart, different, same, numbers, words }) {
    this.#chart = chart;
    this.#different = unpackedKind(different);
    this.#same = unpackedKind(same);
    this.#numbers = new Uint32Array(bytesOf(numbers).slice().buffer);
    this.#words = words;
  }

  /**
   * @param {number} threshold
   * @returns {Counts}
   */
  counts(threshold) {
    const { positives, negatives } = this.#chart;
    const accepts = countWhile(this.#different.distances, (distance) => distance <= threshold);
    const rejects = countWhile(this.#same.distances, (distance) => distance > threshold);
    return {
      threshold,
      false_accepts: accepts,
      false_rejects: rejects,
      accuracy: 1 - (accepts + rejects) / (positives + negatives),
      fpr: accepts / negatives,
      tpr: 1 - rejects / positives,
    };
  }

  /**
   * List the first mistakes of each kind.
   * @param {Counts} counts
   * @param {string} order "nearest" to the threshold, or "worst"
   */
  mistakes({ false_accepts: accepts, false_rejects: rejects }, order) {
    /** @param {Kind} kind @param {number} wrong */
    const first = (kind, wrong) =>
      Array.from({ length: Math.min(wrong, this.#chart.shown) }, (_, i) =>
        this.#card(kind, order === "nearest" ? wrong - 1 - i : i),
      );
    return { accepts: first(this.#different, accepts), rejects: first(this.#same, rejects) };
  }

  /**
   * @param {Kind} kind
   * @param {number} row
   * @returns {Mistake}
   */
  #card({ distances, places }, row) {
    const both = [places[2 * row], places[2 * row + 1]];
    const words = this.#words;
    return {
      images: both.map((place) => this.#numbers[place]),
      distance: distances[row],
      words: words && both.map((place) => words[place]),
      pictures: both.map((place) => this.#picture(place)),
    };
  }

  /** @param {number} place */
  #picture(place) {
    const known = this.#uris.get(place);
    if (known || !this.pictures) return known ?? NOTHING;
    const uri = this.pictures.canvas(place).toDataURL();
    this.#uris.set(place, uri);
    return uri;
  }
}

/** @typedef {{ distances: Float64Array, places: Uint32Array }} Kind */

/**
 * @param {PackedKind} kind
 * @returns {Kind}
 */
const unpackedKind = ({ distances, places }) => ({
  distances: new Float64Array(bytesOf(distances).slice().buffer),
  places: new Uint32Array(bytesOf(places).slice().buffer),
});

/**
 * Count the numbers at the beginning that pass; all that follow one that fails must fail, too.
 * @param {Float64Array} numbers
 * @param {(number: number) => boolean} passes
 */
function countWhile(numbers, passes) {
  let [few, many] = [0, numbers.length];
  while (few < many) {
    const middle = (few + many) >> 1;
    if (passes(numbers[middle])) few = middle + 1;
    else many = middle;
  }
  return few;
}
