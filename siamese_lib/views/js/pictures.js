// @ts-check
// The images of the points, unpacked.

/** @import { Images } from "./payload.js" */

import { make, penOf } from "./dom.js";
import { inflated } from "./numbers.js";

const KEPT_PICTURES = 50;

/** @typedef {{ canvas: (index: number) => HTMLCanvasElement }} PictureSource */

/** @implements {PictureSource} */
export class Pictures {
  /** @param {Images} images */
  static async unpack({ shape, data }) {
    return new Pictures(shape, await inflated(data));
  }

  /**
   * @param {number[]} shape count, height, width, channels
   * @param {Uint8Array} pixels
   */
  constructor(shape, pixels) {
    this.shape = shape;
    this.pixels = pixels;
    /** @type {Map<number, HTMLCanvasElement>} */
    this.canvases = new Map();
  }

  /** @param {number} index */
  canvas(index) {
    const known = this.canvases.get(index);
    if (known) return known;
    const [, height, width] = this.shape;
    const canvas = make("canvas", { width, height });
    const image = new ImageData(rgbaOf(this.pixels, this.shape, index), width, height);
    penOf(canvas).putImageData(image, 0, 0);
    if (this.canvases.size > KEPT_PICTURES) this.canvases.clear();
    this.canvases.set(index, canvas);
    return canvas;
  }
}

/**
 * Return an image as a canvas takes it, in four bytes per pixel.
 * @param {Uint8Array} pixels of all images
 * @param {number[]} shape count, height, width, channels (1 or 3)
 * @param {number} index
 */
export function rgbaOf(pixels, [, height, width, channels], index) {
  const size = width * height;
  const start = index * size * channels;
  const rgba = new Uint8ClampedArray(4 * size);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) {
      rgba[4 * i + c] = pixels[start + i * channels + (channels === 3 ? c : 0)];
    }
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}
