// @ts-check
// The inside of a chart, as wide as the page gives it.

/** @import { Attributes } from "../js/dom.js" */

import { makeSvg, set } from "../js/dom.js";

/** @typedef {{ top: number, right: number, bottom: number, left: number, height: number }} Frame */

const NARROWEST = 160; // pixels
const LETTERS = 14; // pixels: where text is larger, as on a whole screen, all of a chart is

export class Plot {
  #group;

  /**
   * Empty a chart and start again.
   * @param {SVGSVGElement} svg
   * @param {Frame} frame the height of the chart, and the room around the plot
   */
  constructor(svg, { top, right, bottom, left, height }) {
    /** How much larger it is drawn. */
    this.zoom = Math.max(parseFloat(getComputedStyle(svg).fontSize) / LETTERS, 1);
    const width = Math.max(svg.clientWidth / this.zoom, NARROWEST);
    set(svg, { viewBox: `0 0 ${width} ${height}`, height: height * this.zoom });
    this.#group = makeSvg("g", { transform: `translate(${left} ${top})` });
    svg.replaceChildren(this.#group);
    this.width = width - left - right;
    this.height = height - top - bottom;
  }

  /**
   * @template {keyof SVGElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {Attributes} attributes
   * @param {(Node | string)[]} children
   */
  add(tag, attributes, ...children) {
    const child = makeSvg(tag, attributes, ...children);
    this.#group.append(child);
    return child;
  }

  /** @param {SVGElement} child */
  append(child) {
    this.#group.append(child);
  }

  /**
   * Draw a line across the plot, upright or level.
   * @param {string} kind
   * @param {{ x: number } | { y: number }} where
   */
  line(kind, where) {
    const ends =
      "x" in where
        ? { x1: where.x, x2: where.x, y1: 0, y2: this.height }
        : { x1: 0, x2: this.width, y1: where.y, y2: where.y };
    this.add("line", { class: kind, ...ends });
  }

  /**
   * @param {string} kind
   * @param {[x: number, y: number]} place
   * @param {"start" | "middle" | "end"} anchor
   * @param {string} words
   */
  text(kind, [x, y], anchor, words) {
    this.add("text", { class: kind, x, y, "text-anchor": anchor }, words);
  }
}
