// @ts-check
// Text that can be read on top of points: it has a halo in the colour of the ground.

/** @import { Place } from "./film.js" */

import { make, penOf } from "./dom.js";

const HALO = 4; // pixels
const KEPT_TEXTS = 200;

/** @typedef {"left" | "center" | "right"} Align */

export class HaloText {
  /** @type {Map<string, { canvas: HTMLCanvasElement, width: number, height: number }>} */
  #copies = new Map();

  /**
   * Write text in the pen's font and fill style. Each text is drawn once and then copied, because
   * drawing the outlines of letters is slow.
   * @param {CanvasRenderingContext2D} pen
   * @param {{ ground: string, ratio: number }} paper its colour, and pixels of the screen for
   *   one of the page
   * @param {string} text
   * @param {Place} place
   * @param {Align} [align]
   */
  write(pen, { ground, ratio }, text, [x, y], align = "center") {
    const key = [text, pen.font, pen.fillStyle, ground, ratio].join();
    let copy = this.#copies.get(key);
    if (!copy) {
      copy = drawnText(pen, ground, ratio, text);
      if (this.#copies.size > KEPT_TEXTS) this.#copies.clear();
      this.#copies.set(key, copy);
    }
    const { canvas } = copy;
    const left = x - { left: HALO, center: copy.width / 2, right: copy.width - HALO }[align];
    /** @param {number} value */
    const sharp = (value) => Math.round(value * ratio) / ratio;
    const top = sharp(y - copy.height / 2);
    pen.drawImage(canvas, sharp(left), top, canvas.width / ratio, canvas.height / ratio);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen that has the font and the fill style
 * @param {string} ground
 * @param {number} ratio
 * @param {string} text
 */
function drawnText(pen, ground, ratio, text) {
  const size = parseFloat(pen.font.match(/[\d.]+px/)?.[0] ?? "12");
  const width = Math.ceil(pen.measureText(text).width) + 2 * HALO;
  const height = Math.ceil(1.5 * size) + 2 * HALO;
  const canvas = make("canvas", {
    width: Math.ceil(width * ratio),
    height: Math.ceil(height * ratio),
  });
  const fresh = penOf(canvas);
  fresh.scale(ratio, ratio);
  fresh.font = pen.font;
  fresh.fillStyle = pen.fillStyle;
  fresh.strokeStyle = ground;
  fresh.lineWidth = HALO;
  fresh.lineJoin = "round";
  fresh.textBaseline = "middle";
  fresh.strokeText(text, HALO, height / 2);
  fresh.fillText(text, HALO, height / 2);
  return { canvas, width, height };
}
