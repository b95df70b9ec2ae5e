// @ts-check
// An exact search for the nearest rows of the gallery, and their vote.

/** @import { PageData } from "./page_data.js" */

import { bytesOf, floatsOf, wordsOf } from "../views/js/numbers.js";

/** @typedef {"euclidean" | "cosine"} Metric */
/** @typedef {{ row: number, distance: number }} Neighbour of the gallery */
/** @typedef {{ vector: Float32Array, label: number }} Added */

/**
 * The label that most neighbours have, and whether it is right: null if the gallery does not know
 * the query's class.
 * @typedef {{ label: number, votes: number, right: boolean | null }} Verdict
 */

/**
 * The part of the page's data that a search needs.
 * @typedef {Pick<PageData, "rows" | "queries" | "dim" | "classes" | "k" | "metric">
 *   & { gallery: Pick<PageData["gallery"], "rows" | "embeddings" | "labels"> }} Searched
 */

export class PageSearch {
  #data;
  #vectors = new Float64Array(0);
  #queries = new Float64Array(0);
  /** What the reader added to the gallery, as rows after its own. @type {Added[]} */
  #added = [];
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
    this.own = this.galleryLabels.length; // images that the gallery has by itself
    this.numbers = numbersOf(data.rows, this.count);
    this.galleryNumbers = numbersOf(data.gallery.rows, this.galleryLabels.length);
    this.k = data.k;
    this.setMetric(data.metric);
  }

  /** @param {Metric} metric */
  setMetric(metric) {
    this.metric = metric;
    this.#queries = prepared(this.#data.queries, this.#data.dim, metric);
    this.add(this.#added);
  }

  /**
   * Search these, too, in place of what was added before.
   * @param {Added[]} added
   */
  add(added) {
    const { dim, gallery } = this.#data;
    this.#added = added;
    const own = wordsOf(gallery.labels);
    this.galleryLabels = Uint16Array.from([...own, ...added.map(({ label }) => label)]);
    const parts = [gallery.embeddings, ...added.map(({ vector }) => bytesOf(vector))];
    this.#vectors = prepared(joinedBytes(parts), dim, this.metric);
  }

  /**
   * Find the query with the number that is nearest to a number.
   * @param {number} number of an image in its data set
   */
  queryNear(number) {
    const after = this.numbers.findIndex((own) => own >= number);
    if (after < 1) return after === 0 ? 0 : this.count - 1;
    return this.numbers[after] - number < number - this.numbers[after - 1] ? after : after - 1;
  }

  /** @param {number} query */
  nearest(query) {
    const { dim } = this.#data;
    const vector = this.#queries.subarray(query * dim, (query + 1) * dim);
    return nearestRows(this.#vectors, vector, this.k, this.metric);
  }

  /** @param {Float32Array} vector an embedding */
  nearestTo(vector) {
    const query = prepared(bytesOf(vector), this.#data.dim, this.metric);
    return nearestRows(this.#vectors, query, this.k, this.metric);
  }

  /**
   * Return the label that most neighbours have, and how many.
   * @param {Neighbour[]} neighbours
   */
  vote(neighbours) {
    return vote(neighbours.map(({ row }) => this.galleryLabels[row]));
  }

  /**
   * @param {number} query
   * @param {Neighbour[]} neighbours
   * @returns {Verdict}
   */
  verdict(query, neighbours = this.nearest(query)) {
    const [label, votes] = this.vote(neighbours);
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
 * Return the numbers of images in their data set; without rows they count from 0.
 * @param {Uint8Array | null | undefined} rows uint32
 * @param {number} count of images
 */
const numbersOf = (rows, count) =>
  rows ? new Uint32Array(rows.slice().buffer) : Uint32Array.from({ length: count }, (_, i) => i);

/** @param {Uint8Array[]} parts */
function joinedBytes(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Return vectors in double precision whose Euclidean distances have the order of the metric.
 * @param {Uint8Array} bytes float32 (N, dim)
 * @param {number} dim
 * @param {Metric} metric
 */
export function prepared(bytes, dim, metric) {
  const vectors = Float64Array.from(floatsOf(bytes));
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
