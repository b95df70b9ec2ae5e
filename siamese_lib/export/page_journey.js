// @ts-check
// A drawing on its way through the film: each frame's network says where it lies on the map.

/** @import { Film, Place } from "../views/js/film.js" */
/** @import { Guest } from "../views/js/overlay.js" */
/** @import { DrawingData } from "./page_data.js" */
/** @import { Drawing } from "./page_examples.js" */

import { floatsOf } from "../views/js/numbers.js";
import { TowerFrames } from "./page_frames.js";
import { Network, weightShapes } from "./page_network.js";

// What a browser without requestIdleCallback does instead.
const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 20));

/** The network at the frames of the film: at all of them, or at the last only. */
export class FilmNetwork {
  /** @param {DrawingData} data */
  static async unpack(data) {
    const shapes = weightShapes(data.tower);
    return new FilmNetwork(
      data,
      data.frames ? await TowerFrames.unpack(data.frames, shapes) : null,
    );
  }

  #tower;
  #axes;
  #origins;
  #frames;

  /**
   * @param {DrawingData} data
   * @param {TowerFrames | null} frames all but the last; null if they are not known
   */
  constructor({ tower, axes, origins, color }, frames) {
    this.color = color;
    this.network = new Network(tower); // of the last frame
    this.#tower = tower;
    this.#frames = frames;
    this.#axes = axes && floatsOf(axes);
    this.#origins = floatsOf(origins);
  }

  /** Whether a drawing has a place on the map. */
  get mapped() {
    return this.#axes !== null;
  }

  /** Whether a drawing has a place at each frame of the film. */
  get travels() {
    return this.mapped && this.#frames !== null;
  }

  /**
   * Return where a drawing lies on the map.
   * @param {Drawing} drawing
   * @param {number} frame of those that are known
   * @returns {Place}
   */
  placeOf({ pixels, vector }, frame) {
    const frames = this.#frames;
    const last = !frames || frame === frames.length;
    const known = last ? vector : new Network(this.#tower, frames.weights(frame)).embed(pixels);
    const row = frames ? frame : 0;
    let [x, y] = this.#origins.subarray(2 * row);
    known.forEach((value, i) => {
      x += value * (this.#axes?.[2 * i] ?? 0);
      y += value * (this.#axes?.[2 * i + 1] ?? 0);
    });
    return [x, y];
  }
}

/** @implements {Guest} */
export class Journey {
  /** @type {Guest["trail"]} */
  trail = null;
  /** Places by frame. @type {Map<number, Place>} */
  #places = new Map();
  #network;
  #drawing;
  #film;

  /**
   * @param {FilmNetwork} network
   * @param {Drawing} drawing
   * @param {Film} film
   */
  constructor(network, drawing, film) {
    this.color = network.color;
    this.picture = drawing.picture;
    this.#network = network;
    this.#drawing = drawing;
    this.#film = film;
  }

  /**
   * Return the place at a moment, on the same curve through the frames as a point of the film.
   * @param {number} p
   */
  place = (p) => {
    const { last } = this.#film;
    if (!this.#network.travels) return p === last ? this.#at(last) : null;
    return this.#between(p);
  };

  /**
   * Embed the drawing at all frames while the browser has nothing else to do, so that the film can
   * be dragged smoothly. Then the drawing leaves a trail.
   * @param {() => boolean} wanted whether to go on
   * @param {() => void} done
   */
  prepare(wanted, done) {
    if (!this.#network.travels) return;
    let left = this.#film.last;
    const work = (/** @type {IdleDeadline | void} */ deadline) => {
      if (!wanted()) return;
      do this.#at(left--);
      while (left >= 0 && deadline && deadline.timeRemaining() > 0);
      if (left >= 0) return void later(work);
      this.trail = (p) => this.#between(p);
      done();
    };
    later(work);
  }

  /**
   * @param {number} p
   * @returns {Place}
   */
  #between(p) {
    const { at, weights } = this.#film.mix(p);
    let [x, y] = [0, 0];
    weights.forEach((weight, i) => {
      if (!weight) return; // at a frame, the others need not be known
      const place = this.#at(at[i]);
      x += weight * place[0];
      y += weight * place[1];
    });
    return [x, y];
  }

  /** @param {number} frame */
  #at(frame) {
    let place = this.#places.get(frame);
    if (!place) this.#places.set(frame, (place = this.#network.placeOf(this.#drawing, frame)));
    return place;
  }
}
