// @ts-check
// The images of the page: exact if that is small enough, else in WebP sheets.

/** @import { Images } from "../views/js/payload.js" */
/** @import { PictureSource } from "../views/js/pictures.js" */

import { make, penOf } from "../views/js/dom.js";
import { Pictures } from "../views/js/pictures.js";

/** @typedef {{ shape: number[], sheets: Uint8Array<ArrayBuffer>[] }} Sheets */
/** @typedef {Images | Sheets} PackedImages */

const SHEET = 50; // images in a row of a sheet, and rows

/**
 * @param {PackedImages} images
 * @returns {Promise<PictureSource>}
 */
export const picturesOf = (images) =>
  "sheets" in images ? SheetPictures.unpack(images) : Pictures.unpack(images);

/** @implements {PictureSource} */
class SheetPictures {
  /** @param {Sheets} images */
  static async unpack({ shape, sheets }) {
    const blobs = sheets.map((sheet) => new Blob([sheet], { type: "image/webp" }));
    return new SheetPictures(
      shape,
      await Promise.all(blobs.map((blob) => createImageBitmap(blob))),
    );
  }

  #sheets;
  #width;
  #height;

  /**
   * @param {number[]} shape count, height, width, channels
   * @param {ImageBitmap[]} sheets
   */
  constructor([, height, width], sheets) {
    this.#sheets = sheets;
    this.#width = width;
    this.#height = height;
  }

  /** @param {number} index */
  canvas(index) {
    const width = this.#width;
    const height = this.#height;
    const canvas = make("canvas", { width, height });
    const { sheet, row, column } = tileOf(index);
    const [x, y] = [column * width, row * height];
    penOf(canvas).drawImage(this.#sheets[sheet], x, y, width, height, 0, 0, width, height);
    return canvas;
  }
}

/**
 * Return where an image lies.
 * @param {number} index
 */
export function tileOf(index) {
  return {
    sheet: Math.floor(index / SHEET ** 2),
    row: Math.floor(index / SHEET) % SHEET,
    column: index % SHEET,
  };
}
