// @ts-check
// The matrix on a canvas, with the names of the classes, and the cell that the reader looks at.

/** @import { Theme } from "../js/theme.js" */
/** @import { PairCosts } from "./costs.js" */
/** @import { PairBatch } from "./matrix_batch.js" */
/** @import { MatrixInks } from "./matrix_shades.js" */

import { make, penOf } from "../js/dom.js";
import { classBlocks, fillMatrix } from "./matrix_shades.js";

const LEAST_ABOVE = 20; // pixels for the names above the matrix
const LEAST_LEFT = 24; // pixels for the names to the left
const NAME_GAP = 6; // pixels between a name and the matrix
const LINE = 1.15; // of the size of a letter: what a name needs
const LONGEST = 6.6; // of the size of a letter: a name to the left and its gap

/** @typedef {[row: number, column: number]} Cell */

export class MatrixBoard {
  canvas = make("canvas", { "aria-hidden": "true" });
  element = make("div", { class: "pm-board", tabindex: 0, role: "application" }, this.canvas);
  #pen = penOf(this.canvas);
  #cells;
  #image;
  #batch;
  #blocks;
  #ratio = 1;
  /** Where the matrix is on the canvas, in pixels of the page. */
  #left = 0;
  #above = LEAST_ABOVE;
  #side = 1;
  /** @type {string[]} */
  #names = [];

  /** @param {PairBatch} batch */
  constructor(batch) {
    const { count } = batch;
    this.#batch = batch;
    this.#blocks = classBlocks(batch.classes.members);
    this.#cells = make("canvas", { width: count, height: count });
    this.#image = new ImageData(count, count);
  }

  /** The length of a cell, in pixels. */
  get #cell() {
    return this.#side / this.#batch.count;
  }

  /**
   * Take the width that the page gives.
   * @param {Theme} theme
   */
  resize({ font, text }) {
    const width = this.element.clientWidth;
    this.#ratio = devicePixelRatio || 1;
    this.#pen.font = `${text}px ${font}`;
    const most = Math.min(LONGEST * text, width / 4) - NAME_GAP;
    this.#names = this.#blocks.map(({ number }) => {
      return this.#fitting(this.#batch.classes.names[number], most);
    });
    const longest = Math.max(...this.#names.map((name) => this.#pen.measureText(name).width));
    this.#left = Math.max(LEAST_LEFT, Math.ceil(longest) + NAME_GAP + 2);
    this.#side = Math.max(width - this.#left - 2, 1);
    this.#above = Math.max(LEAST_ABOVE, Math.round(1.4 * text));
    const { height } = this;
    this.canvas.style.height = `${height}px`;
    this.canvas.width = Math.round(width * this.#ratio);
    this.canvas.height = Math.round(height * this.#ratio);
  }

  /** The height of the board, in pixels. */
  get height() {
    return this.#side + this.#above + 2;
  }

  /**
   * Shade the cells.
   * @param {PairCosts} costs
   * @param {ArrayLike<number>} times how often each pair is compared
   * @param {number} unit what two different images in one place cost in a plain mean
   * @param {MatrixInks} inks
   */
  shade({ shares }, times, unit, inks) {
    const { order, same } = this.#batch;
    fillMatrix(this.#image.data, order, { shares, same, times }, unit, inks);
    penOf(this.#cells).putImageData(this.#image, 0, 0);
  }

  /**
   * Draw the cells, the blocks of the classes, and lines to a cell.
   * @param {Theme} theme
   * @param {Cell | null} kept
   * @param {Cell | null} looked under the pointer or the keyboard's cursor
   */
  draw(theme, kept, looked) {
    const pen = this.#pen;
    const [left, top, side, cell] = [this.#left, this.#above, this.#side, this.#cell];
    pen.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.#cells, left, top, side, side);
    pen.strokeStyle = theme.quiet;
    pen.lineWidth = 1;
    pen.strokeRect(left - 0.5, top - 0.5, side + 1, side + 1);
    pen.strokeStyle = theme.ink;
    for (const { start, stop } of this.#blocks) {
      const wide = (stop - start) * cell;
      pen.strokeRect(left + start * cell, top + start * cell, wide, wide);
    }
    this.#drawNames(theme);
    if (kept) this.#drawRing(theme, kept);
    if (looked) this.#drawCross(theme, looked);
  }

  /**
   * Return the cell at a place of the page, or null outside the matrix and on its diagonal.
   * @param {{ clientX: number, clientY: number }} place
   * @returns {Cell | null}
   */
  cellAt({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((clientX - box.left - this.#left) / this.#cell);
    const row = Math.floor((clientY - box.top - this.#above) / this.#cell);
    const { count } = this.#batch;
    const inside = Math.min(row, column) >= 0 && Math.max(row, column) < count;
    return inside && row !== column ? [row, column] : null;
  }

  /** @param {Theme} theme */
  #drawNames(theme) {
    const pen = this.#pen;
    pen.font = `${theme.text}px ${theme.font}`;
    pen.fillStyle = theme.ink;
    pen.textBaseline = "middle";
    const half = (LINE * theme.text) / 2;
    let free = 0;
    this.#blocks.forEach(({ start, stop }, i) => {
      const middle = ((start + stop) / 2) * this.#cell;
      if (middle - half < free) return;
      free = middle + half;
      pen.textAlign = "right";
      pen.fillText(this.#names[i], this.#left - NAME_GAP, this.#above + middle);
      pen.textAlign = "center";
      const above = this.#fitting(this.#names[i], (stop - start) * this.#cell);
      if (above === this.#names[i]) pen.fillText(above, this.#left + middle, this.#above / 2);
    });
  }

  /**
   * @param {Theme} theme
   * @param {Cell} cell
   */
  #drawCross(theme, [row, column]) {
    const pen = this.#pen;
    const [x, y] = [column, row].map((at) => (at + 0.5) * this.#cell);
    pen.strokeStyle = theme.ink;
    pen.globalAlpha = 0.45;
    pen.beginPath();
    pen.moveTo(this.#left, this.#above + y);
    pen.lineTo(this.#left + this.#side, this.#above + y);
    pen.moveTo(this.#left + x, this.#above);
    pen.lineTo(this.#left + x, this.#above + this.#side);
    pen.stroke();
    pen.globalAlpha = 1;
    this.#drawRing(theme, [row, column]);
  }

  /**
   * @param {Theme} theme
   * @param {Cell} cell
   */
  #drawRing({ ground, ink }, [row, column]) {
    const pen = this.#pen;
    const size = this.#cell;
    const corner = [this.#left + column * size, this.#above + row * size];
    /** @type {[number, string, number][]} */
    const rings = [
      [2.5, ground, 4],
      [2.5, ink, 2],
    ];
    for (const [away, style, width] of rings) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.strokeRect(corner[0] - away, corner[1] - away, size + 2 * away, size + 2 * away);
    }
    pen.lineWidth = 1;
  }

  /**
   * Shorten a text until it fits.
   * @param {string} text
   * @param {number} width
   */
  #fitting(text, width) {
    if (this.#pen.measureText(text).width <= width) return text;
    const letters = [...text];
    while (letters.length > 1 && this.#pen.measureText(`${letters.join("")}…`).width > width) {
      letters.pop();
    }
    return `${letters.join("")}…`;
  }
}
