// @ts-check
// The map next to the matrix: the images as points, and the pair that the reader looks at.

/** @import { Film, Place } from "../js/film.js" */
/** @import { Theme } from "../js/theme.js" */
/** @import { PairBatch } from "./matrix_batch.js" */

import { Camera } from "../js/camera.js";
import { make, penOf } from "../js/dom.js";
import { HaloText } from "../js/halo.js";
import { barStep, boxAboveBars, scaleBars } from "../js/scale_bars.js";

const DOT = 4; // pixels: the radius of a point
const NAME_ROOM = 20; // pixels between the names of two classes
const MANY_NAMES = 30; // classes whose names would cover the map

/**
 * @typedef {object} MapPair
 * @property {[low: number, high: number]} images
 * @property {string} color
 * @property {string} words the distance
 */

export class MatrixMap {
  canvas = make("canvas", { "aria-hidden": "true" });
  element = make("div", { class: "pm-map" }, this.canvas);
  #pen = penOf(this.canvas);
  #text = new HaloText();
  #camera = new Camera(true, () => {});
  #film;
  #batch;
  #note;
  #flat;
  #ratio = 1;

  /**
   * @param {Film} film
   * @param {PairBatch} batch
   * @param {{ note: string, dim: number }} about
   */
  constructor(film, batch, { note, dim }) {
    this.#film = film;
    this.#batch = batch;
    this.#note = note;
    this.#flat = dim <= 2;
  }

  /** @param {number} height in pixels */
  resize(height) {
    const width = this.element.clientWidth;
    this.#ratio = devicePixelRatio || 1;
    this.canvas.style.height = `${height}px`;
    this.canvas.width = Math.round(width * this.#ratio);
    this.canvas.height = Math.round(height * this.#ratio);
    this.#camera.resize(width, height);
    this.#camera.setHome(boxAboveBars(this.#film.box(), height), false);
  }

  /**
   * @param {Theme} theme
   * @param {number} p the moment
   * @param {number} margin
   * @param {MapPair | null} pair
   */
  draw(theme, p, margin, pair) {
    const pen = this.#pen;
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const places = this.#film.places(p);
    for (let i = 0; i < this.#batch.count; i++) {
      this.#dot(theme, this.#at(places, i), this.#batch.classes.colorOf(i), DOT);
    }
    this.#names(theme, p);
    if (pair) this.#pair(theme, places, margin, pair);
    this.#scale(theme, margin);
  }

  /**
   * @param {Theme} theme
   * @param {Float32Array} places
   * @param {number} margin
   * @param {MapPair} pair
   */
  #pair(theme, places, margin, { images, color, words }) {
    const pen = this.#pen;
    const [from, to] = images.map((image) => this.#at(places, image));
    const reach = margin * this.#camera.scale;
    if (this.#flat && reach > 2 * DOT && reach < 4 * this.#camera.width) {
      pen.setLineDash([4, 4]);
      pen.strokeStyle = theme.quiet;
      pen.lineWidth = 1;
      this.#circle(from, reach);
      pen.stroke();
      pen.setLineDash([]);
    }
    /** @type {[string, number][]} */
    const strokes = [
      [theme.ground, 6],
      [color, 3],
    ];
    for (const [style, width] of strokes) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
    }
    [from, to].forEach((at, side) => {
      this.#dot(theme, at, this.#batch.classes.colorOf(images[side]), 1.6 * DOT, 2);
    });
    pen.font = `600 ${theme.text}px ${theme.font}`;
    pen.fillStyle = theme.ink;
    this.#write(theme, words, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2 - 14]);
  }

  /**
   * Write the names of the classes in their middles, where they do not cover each other.
   * @param {Theme} theme
   * @param {number} p
   */
  #names(theme, p) {
    const { classes } = this.#batch;
    if (classes.present.length > MANY_NAMES) return;
    this.#pen.font = `600 ${theme.text + 1}px ${theme.font}`;
    this.#pen.fillStyle = theme.ink;
    const all = this.#film.medians(p, classes.members);
    const at = classes.present.map((k) => this.#camera.toScreen(all[k]));
    classes.present.forEach((k, i) => {
      const crowded = at.some((place, j) => {
        return j !== i && Math.hypot(place[0] - at[i][0], place[1] - at[i][1]) < NAME_ROOM;
      });
      if (!crowded) this.#write(theme, classes.names[k], at[i]);
    });
  }

  /**
   * @param {Theme} theme
   * @param {number} margin
   */
  #scale(theme, margin) {
    const pen = this.#pen;
    const { width, height, scale } = this.#camera;
    pen.font = `${theme.text}px ${theme.font}`;
    pen.fillStyle = theme.ink;
    pen.strokeStyle = theme.ink;
    pen.lineWidth = 1.5;
    scaleBars(scale, this.#flat ? margin : null, width).forEach(({ length, words }, i) => {
      const y = height - 14 - barStep(theme.text) * i;
      pen.beginPath();
      pen.moveTo(12, y - 4);
      pen.lineTo(12, y);
      pen.lineTo(12 + length, y);
      pen.lineTo(12 + length, y - 4);
      pen.stroke();
      this.#write(theme, words, [20 + length, y - 3], "left");
    });
    if (this.#note) this.#write(theme, this.#note, [width - 8, 4 + theme.text / 2], "right");
  }

  /**
   * @param {Theme} theme
   * @param {Place} at
   * @param {string} color
   * @param {number} radius
   * @param {number} [rim]
   */
  #dot({ ink }, at, color, radius, rim = 1) {
    const pen = this.#pen;
    this.#circle(at, radius);
    pen.fillStyle = color;
    pen.fill();
    pen.lineWidth = rim;
    pen.strokeStyle = ink; // a light colour would be hard to see without it
    pen.stroke();
  }

  /**
   * @param {Place} at
   * @param {number} radius
   */
  #circle(at, radius) {
    this.#pen.beginPath();
    this.#pen.arc(...at, radius, 0, 2 * Math.PI);
  }

  /**
   * @param {Float32Array} places
   * @param {number} image
   */
  #at(places, image) {
    return this.#camera.toScreen([places[2 * image], places[2 * image + 1]]);
  }

  /**
   * @param {Theme} theme
   * @param {string} words
   * @param {Place} at
   * @param {import("../js/halo.js").Align} [align]
   */
  #write({ ground }, words, at, align) {
    this.#text.write(this.#pen, { ground, ratio: this.#ratio }, words, at, align);
  }
}
