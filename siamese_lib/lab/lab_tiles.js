// @ts-check
// The shown images as small pictures in the colours of their classes, on one sheet.

import { make, penOf } from "../views/js/dom.js";
import { hexInk } from "../views/js/numbers.js";

const TILES_IN_ROW = 32;
const EDGE = 0.08; // of a tile: the frame around a coloured picture

export class LabTiles {
  sheet;
  #width;
  #height;

  /**
   * @param {{ shape: number[], images: Uint8Array, labels: ArrayLike<number> }} shown
   * @param {string[]} colors of the classes, "#rrggbb"
   */
  constructor({ shape, images, labels }, colors) {
    const [height, width, channels] = shape;
    this.#width = width;
    this.#height = height;
    const rows = Math.ceil(labels.length / TILES_IN_ROW);
    this.sheet = make("canvas", { width: TILES_IN_ROW * width, height: rows * height });
    const pen = penOf(this.sheet);
    const light = channels === 1 && lightGround(images, shape);
    for (let image = 0; image < labels.length; image++) {
      const { left, top } = this.#place(image);
      const ink = hexInk(colors[labels[image]]);
      const data = tinted(images, image, shape, ink, light);
      pen.putImageData(new ImageData(data, width, height), left, top);
      if (channels === 1) continue;
      pen.strokeStyle = colors[labels[image]];
      pen.lineWidth = 2 * EDGE * width;
      pen.strokeRect(left, top, width, height);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} image
   * @param {number} x of its middle
   * @param {number} y
   * @param {number} size
   */
  draw(pen, image, x, y, size) {
    const { left, top } = this.#place(image);
    const high = (size * this.#height) / this.#width;
    const [wide, tall] = [this.#width, this.#height];
    pen.drawImage(this.sheet, left, top, wide, tall, x - size / 2, y - high / 2, size, high);
  }

  /** @param {number} image */
  #place(image) {
    return {
      left: (image % TILES_IN_ROW) * this.#width,
      top: Math.floor(image / TILES_IN_ROW) * this.#height,
    };
  }
}

/**
 * A grey picture as ink of one colour on nothing; a coloured one as it is.
 * @param {Uint8Array} images
 * @param {number} image
 * @param {number[]} shape
 * @param {number[]} ink
 * @param {boolean} light whether its ground is
 */
function tinted(images, image, [height, width, channels], ink, light) {
  const size = height * width;
  const data = new Uint8ClampedArray(4 * size);
  for (let at = 0; at < size; at++) {
    const value = image * size * channels + at * channels;
    const grey = light ? 255 - images[value] : images[value];
    const color = channels === 1 ? ink : [images[value], images[value + 1], images[value + 2]];
    data.set([...color, channels === 1 ? grey : 255], 4 * at);
  }
  return data;
}

/**
 * Whether the first pixels of most images are light.
 * @param {Uint8Array} images
 * @param {number[]} shape
 */
function lightGround(images, [height, width]) {
  const count = images.length / (height * width);
  let light = 0;
  for (let image = 0; image < count; image++) light += Number(images[image * height * width] > 127);
  return 2 * light > count;
}
