// @ts-check
// Points drawn by the processor: each is stamped into the pixels. This is many times faster than
// letting the canvas draw them, or than WebGL that the processor emulates.

/** @import { Renderer, Scene } from "./scene.js" */

import { penOf } from "./dom.js";
import { clamp } from "./numbers.js";

/**
 * The pixels that a disc covers, as offsets from its middle, and how much of each, in 256ths.
 * @typedef {{ offsets: Int32Array, covers: Int32Array }} Disc
 */

/** @typedef {{ reach: number, discs: Disc[] }} Stamp discs of one size, and how far they reach */

/** @typedef {{ places: Float32Array, scale: number, left: number, top: number }} Where */

const FINE = 4; // a disc's middle lies at one of FINE x FINE places within a pixel
const KEPT_STAMPS = 20;

/** @implements {Renderer} */
export class CanvasRenderer {
  name = "canvas";

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = penOf(canvas, { alpha: false });
    /** @type {Map<string, Stamp>} */
    this.stamps = new Map();
    this.every = new Uint32Array(0);
    this.paper = blank(this.pen);
  }

  use() {}

  /** @param {Scene} scene */
  draw(scene) {
    const { camera, ratio, classes, film } = scene;
    const { width, height } = this.canvas;
    const { image } = this.paper;
    if (image.width !== width || image.height !== height) this.paper = blank(this.pen);
    if (this.every.length !== film.count) {
      this.every = Uint32Array.from({ length: film.count }, (_, i) => i);
    }
    const ground = packed(scene.ground);
    this.paper.pixels.fill(0xff000000 | ground);
    const scale = camera.scale * ratio;
    const left = width / 2 - camera.x * scale;
    const top = height / 2 + camera.y * scale;
    const where = { places: film.places(scene.p), scale, left, top };
    const groups = scene.trust?.groups ?? [{ points: this.every, diameter: 1 }];
    let colors = new Int32Array(0);
    let alphas = colors;
    for (const rgba of scene.layers) {
      colors = eachColor(rgba, packed);
      alphas = eachColor(rgba, (color) => Math.round((256 * color[3]) / 255));
      for (const { points, diameter } of groups) {
        const stamp = this.#stamp(scene.size * diameter * ratio);
        this.#put(points, stamp, where, classes, colors, alphas);
      }
    }
    const full = alphas.map((alpha) => alpha && 256);
    const grounds = colors.map(() => ground);
    const around = this.#stamp(scene.frontSize * ratio);
    const inside = this.#stamp((scene.frontSize - 2 * scene.frontRim) * ratio);
    for (const i of scene.front) {
      this.#put([i], around, where, classes, grounds, full);
      this.#put([i], inside, where, classes, colors, full);
    }
    this.pen.putImageData(this.paper.image, 0, 0);
  }

  destroy() {}

  /** @param {number} size */
  #stamp(size) {
    const { width } = this.paper.image;
    const key = `${size.toFixed(1)} ${width}`;
    const known = this.stamps.get(key);
    if (known) return known;
    const stamp = stampOf(size, width);
    if (this.stamps.size > KEPT_STAMPS) this.stamps.clear();
    this.stamps.set(key, stamp);
    return stamp;
  }

  /**
   * Stamp a disc at each of the points. One multiplication blends red and blue, another green.
   * @param {ArrayLike<number>} points
   * @param {Stamp} stamp
   * @param {Where} where
   * @param {Uint16Array} classes of every point
   * @param {Int32Array} colors of the classes
   * @param {Int32Array} alphas of the classes, in 256ths
   */
  #put(points, { reach, discs }, { places, scale, left, top }, classes, colors, alphas) {
    const { pixels } = this.paper;
    const { width, height } = this.paper.image;
    for (let n = 0; n < points.length; n++) {
      const i = points[n];
      const alpha = alphas[classes[i]];
      const x = left + places[2 * i] * scale;
      const y = top - places[2 * i + 1] * scale;
      if (!(alpha && x >= reach && y >= reach && x < width - reach && y < height - reach)) continue;
      const column = x | 0;
      const row = y | 0;
      const disc = discs[FINE * (((y - row) * FINE) | 0) + (((x - column) * FINE) | 0)];
      const { offsets, covers } = disc;
      const middle = row * width + column;
      const color = colors[classes[i]];
      const ends = color & 0xff00ff;
      const green = color & 0x00ff00;
      for (let j = 0; j < offsets.length; j++) {
        const at = middle + offsets[j];
        const part = (alpha * covers[j]) >> 8;
        const rest = 256 - part;
        const under = pixels[at];
        pixels[at] =
          0xff000000 |
          (((ends * part + (under & 0xff00ff) * rest) >>> 8) & 0xff00ff) |
          (((green * part + (under & 0x00ff00) * rest) >>> 8) & 0x00ff00);
      }
    }
  }
}

/**
 * @param {Uint8Array} rgba
 * @param {(color: Uint8Array) => number} part
 */
const eachColor = (rgba, part) =>
  Int32Array.from({ length: rgba.length / 4 }, (_, k) => part(rgba.subarray(4 * k, 4 * k + 4)));

/** @param {CanvasRenderingContext2D} pen */
function blank(pen) {
  const image = pen.createImageData(pen.canvas.width, pen.canvas.height);
  return { image, pixels: new Uint32Array(image.data.buffer) };
}

/**
 * Make the discs of one size, one for each place of the middle within a pixel.
 * @param {number} size diameter in pixels
 * @param {number} width of the picture
 * @returns {Stamp}
 */
export function stampOf(size, width) {
  const reach = Math.ceil(size / 2) + 1;
  const discs = Array.from({ length: FINE * FINE }, (_, place) => {
    const left = ((place % FINE) + 0.5) / FINE;
    const top = (Math.floor(place / FINE) + 0.5) / FINE;
    const offsets = [];
    const covers = [];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const inside = size / 2 + 0.5 - Math.hypot(x + 0.5 - left, y + 0.5 - top);
        const cover = Math.round(256 * clamp(inside, 0, 1));
        if (!cover) continue;
        offsets.push(y * width + x);
        covers.push(cover);
      }
    }
    return { offsets: Int32Array.from(offsets), covers: Int32Array.from(covers) };
  });
  return { reach, discs };
}

/**
 * Pack a colour as the pixels of a canvas hold it, without its opacity.
 * @param {ArrayLike<number>} color red, green, blue
 */
const packed = (color) => (color[2] << 16) | (color[1] << 8) | color[0];
