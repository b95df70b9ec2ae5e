// @ts-check
// An exact search for the nearest rows of the gallery, and their vote.

/** @import { PageData } from "./page_data.js" */

import { wordsOf } from "../views/js/numbers.js";

/** @typedef {"euclidean" | "cosine"} Metric */
/** @typedef {{ row: number, distance: number }} Neighbour of the gallery */

/**
 * The label that most neighbours have, and whether it is right: null if the gallery does not know
 * the query's class.
 * @typedef {{ label: number, votes: number, right: boolean | null }} Verdict
 */

/**
 * The part of the page's data that a search needs.
 * @typedef {Pick<PageData, "queries" | "dim" | "classes" | "k" | "metric">
 *   & { gallery: Pick<PageData["gallery"], "embeddings" | "labels"> }} Searched
 */

export class PageSearch {
  #data;
  #vectors = new Float64Array(0);
  #queries = new Float64Array(0);
  /** @type {Metric} */
  metric = "euclidean";

  /**
   * @param {Searched} data
   * @param {Uint16Array} labels of the queries
   */
  constructor(data, labels) {
    this.#data = data;
    this.labels = labels;
    this.count = labels.length; // of queries
    this.galleryLabels = wordsOf(data.gallery.labels);
    this.k = data.k;
    this.setMetric(data.metric);
  }

  /** @param {Metric} metric */
  setMetric(metric) {
    const { dim, gallery, queries } = this.#data;
    this.metric = metric;
    this.#vectors = prepared(gallery.embeddings, dim, metric);
    this.#queries = prepared(queries, dim, metric);
  }

  /** @param {number} query */
  nearest(query) {
    const { dim } = this.#data;
    const vector = this.#queries.subarray(query * dim, (query + 1) * dim);
    return nearestRows(this.#vectors, vector, this.k, this.metric);
  }

  /**
   * @param {number} query
   * @param {Neighbour[]} neighbours
   * @returns {Verdict}
   */
  verdict(query, neighbours = this.nearest(query)) {
    const [label, votes] = vote(neighbours.map(({ row }) => this.galleryLabels[row]));
    return { label, votes, right: this.judged(query, label) };
  }

  /**
   * Whether a label is right for a query; null if the gallery does not know the query's class.
   * @param {number} query
   * @param {number} label
   */
  judged(query, label) {
    const own = this.labels[query];
    return own < this.#data.classes ? label === own : null;
  }

  /**
   * Find a query with a wrong verdict, from `first` on and other than `except`. Give up after
   * `patience` milliseconds: then `query` is null.
   * @param {number} first
   * @param {number} except
   * @param {number} patience
   * @returns {{ query: number | null, tried: number }}
   */
  mistakeFrom(first, except, patience) {
    const end = performance.now() + patience;
    for (let tried = 1; tried <= this.count; tried++) {
      const query = (first + tried - 1) % this.count;
      if (query !== except && this.verdict(query).right === false) return { query, tried };
      if (performance.now() > end) return { query: null, tried };
    }
    return { query: null, tried: this.count };
  }
}

/**
 * Return vectors in double precision whose Euclidean distances have the order of the metric.
 * @param {Uint8Array} bytes float32 (N, dim)
 * @param {number} dim
 * @param {Metric} metric
 */
export function prepared(bytes, dim, metric) {
  const vectors = Float64Array.from(new Float32Array(bytes.slice().buffer));
  if (metric === "euclidean") return vectors;
  for (let start = 0; start < vectors.length; start += dim) {
    const vector = vectors.subarray(start, start + dim);
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    vector.forEach((x, i) => (vector[i] = x / length));
  }
  return vectors;
}

/**
 * Find exactly the k nearest rows, nearest first. Of two at the same distance, the lower is first.
 * @param {Float64Array} vectors (N, dim)
 * @param {Float64Array} query (dim,)
 * @param {number} k
 * @param {Metric} metric
 * @returns {Neighbour[]}
 */
export function nearestRows(vectors, query, k, metric) {
  const dim = query.length;
  /** @type {{ row: number, square: number }[]} */
  const best = [];
  for (let row = 0, start = 0; start < vectors.length; row++, start += dim) {
    let square = 0;
    for (let i = 0; i < dim; i++) square += (vectors[start + i] - query[i]) ** 2;
    // Parallel embeddings differ by rounding only.
    if (metric === "cosine") square = square < 1e-28 ? 0 : Math.fround(square);
    if (best.length === k && square >= best[k - 1].square) continue;
    let place = best.length;
    while (place > 0 && best[place - 1].square > square) place--;
    best.splice(place, 0, { row, square });
    if (best.length > k) best.pop();
  }
  return best.map(({ row, square }) => ({
    row,
    distance: Math.fround(metric === "euclidean" ? Math.sqrt(square) : square / 2),
  }));
}

/**
 * Return the label with most votes, and their number. Of equals, the one with the nearest member
 * wins.
 * @param {Iterable<number>} labels of the neighbours, nearest first
 * @returns {[label: number, votes: number]}
 */
export function vote(labels) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
}
