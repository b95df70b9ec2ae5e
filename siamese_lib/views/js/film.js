// @ts-check
// All frames of a film, and the places of its points at any moment p from 0 to frames - 1.
//
// Between frames, points follow Catmull-Rom curves, which pass smoothly through every frame. So a
// place at a moment is a weighted sum of the places in four frames: `mix` gives the weights, and a
// shader or a loop computes the sum.

/** @import { Bounds, Bytes, FilmData } from "./payload.js" */

import { clamp, wordsOf } from "./numbers.js";

/** @typedef {[x: number, y: number]} Place in the plane of the embedding */
/** @typedef {[left: number, bottom: number, right: number, top: number]} Box in that plane */

/**
 * @typedef {object} Mix
 * @property {number[]} at the numbers of the four frames
 * @property {number[]} weights of the four frames
 * @property {number[]} gain their weights times the size of one of their levels
 * @property {number} x weighted sum of the frames' corners
 * @property {number} y
 */

const ENOUGH = 400; // points of a class that its middle is computed from

export class Film {
  /** @param {FilmData} film */
  constructor(film) {
    this.count = film.count;
    this.frames = film.frames.map(wordsOf);
    /** @type {Bounds[]} */
    this.bounds = film.bounds.map((bounds) => [...bounds]);
    this.cache = { p: NaN, places: new Float32Array(0) };
    /** @type {{ members: number[][], of: Map<Uint16Array, Place[]> }} */
    this.middles = { members: [], of: new Map() };
  }

  /** The number of the last frame, 0 for an empty film. */
  get last() {
    return Math.max(this.frames.length - 1, 0);
  }

  /**
   * Add a frame. It also takes the place of earlier frames that never arrived.
   * @param {number} index
   * @param {Bounds} bounds
   * @param {Bytes} data
   */
  append(index, bounds, data) {
    const frame = wordsOf(data);
    while (this.frames.length <= index) {
      this.frames.push(frame);
      this.bounds.push([...bounds]);
    }
    this.cache.p = NaN;
  }

  /**
   * @param {number} p
   * @returns {Mix}
   */
  mix(p) {
    const start = clamp(Math.floor(p), 0, this.last);
    const t = p - start;
    const at = [-1, 0, 1, 2].map((offset) => clamp(start + offset, 0, this.last));
    const weights = [
      (-t + 2 * t * t - t ** 3) / 2,
      (2 - 5 * t * t + 3 * t ** 3) / 2,
      (t + 4 * t * t - 3 * t ** 3) / 2,
      (-t * t + t ** 3) / 2,
    ];
    const gain = weights.map((weight, i) => weight * this.bounds[at[i]][2]);
    /** @param {0 | 1} axis */
    const sum = (axis) => weights.reduce((s, w, i) => s + w * this.bounds[at[i]][axis], 0);
    return { at, weights, gain, x: sum(0), y: sum(1) };
  }

  /**
   * Compute x and y of every point (2 * count). The next call overwrites them.
   * @param {number} p
   */
  places(p) {
    if (this.cache.p === p) return this.cache.places;
    const { at, gain, x, y } = this.mix(p);
    const [a, b, c, d] = at.map((index) => this.frames[index]);
    const [ga, gb, gc, gd] = gain;
    let places = this.cache.places;
    if (places.length !== 2 * this.count) places = new Float32Array(2 * this.count);
    for (let i = 0; i < places.length; i += 2) {
      places[i] = a[i] * ga + b[i] * gb + c[i] * gc + d[i] * gd + x;
      const j = i + 1;
      places[j] = a[j] * ga + b[j] * gb + c[j] * gc + d[j] * gd + y;
    }
    this.cache = { p, places };
    return places;
  }

  /**
   * @param {number} point
   * @param {number} p
   * @returns {Place}
   */
  place(point, p) {
    const { at, gain, x, y } = this.mix(p);
    /** @param {0 | 1} axis */
    const sum = (axis) => at.reduce((s, f, i) => s + gain[i] * this.frames[f][2 * point + axis], 0);
    return [x + sum(0), y + sum(1)];
  }

  /**
   * Compute the middle of each class: its medians in four frames, weighted as the points are.
   * @param {number} p
   * @param {number[][]} members the points of each class
   * @returns {Place[]}
   */
  medians(p, members) {
    const { at, weights } = this.mix(p);
    const parts = at.map((index) => this.mediansOf(index, members));
    /** @param {number} k @param {0 | 1} axis */
    const sum = (k, axis) => parts.reduce((s, part, i) => s + weights[i] * part[k][axis], 0);
    return members.map((_, k) => [sum(k, 0), sum(k, 1)]);
  }

  /**
   * @param {number} index
   * @param {number[][]} members
   * @returns {Place[]}
   */
  mediansOf(index, members) {
    if (this.middles.members !== members) this.middles = { members, of: new Map() };
    const frame = this.frames[index];
    const known = this.middles.of.get(frame);
    if (known) return known;
    const [x, y, size] = this.bounds[index];
    const medians = members.map((points) => {
      const stride = Math.ceil(points.length / ENOUGH);
      const few = points.filter((_, i) => i % stride === 0);
      /** @param {0 | 1} axis */
      const middle = (axis) =>
        Uint16Array.from(few, (i) => frame[2 * i + axis]).sort()[few.length >> 1] ?? 0;
      return /** @type {Place} */ ([x + size * middle(0), y + size * middle(1)]);
    });
    this.middles.of.set(frame, medians);
    return medians;
  }

  /** Return a box around all frames. */
  box() {
    return around(this.bounds.map(([x, y, , right, top]) => [x, y, right, top]));
  }

  /**
   * Return a box around all points at a moment, between those of the frames before and after it.
   * @param {number} p
   * @returns {Box}
   */
  boxAt(p) {
    const before = this.bounds[clamp(Math.floor(p), 0, this.last)];
    const after = this.bounds[clamp(Math.ceil(p), 0, this.last)];
    /** @param {number} side */
    const between = (side) => before[side] + (after[side] - before[side]) * (p % 1);
    return [between(0), between(1), between(3), between(4)];
  }

  /**
   * Return a box around some points at a moment.
   * @param {number[]} points
   * @param {number} p
   */
  boxOf(points, p) {
    const places = this.places(p);
    return around(
      points.map((point) => {
        const x = places[2 * point];
        const y = places[2 * point + 1];
        return [x, y, x, y];
      }),
    );
  }
}

/**
 * @param {Box[]} boxes
 * @returns {Box}
 */
function around(boxes) {
  /** @type {Box} */
  const all = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [left, bottom, right, top] of boxes) {
    all[0] = Math.min(all[0], left);
    all[1] = Math.min(all[1], bottom);
    all[2] = Math.max(all[2], right);
    all[3] = Math.max(all[3], top);
  }
  return all;
}
