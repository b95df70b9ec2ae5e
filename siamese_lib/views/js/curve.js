// @ts-check
// A curve under the scrub bar, with a dot and the value at the current moment.

import { drawn, make } from "./dom.js";
import { clamp, shortNumber } from "./numbers.js";

/** @typedef {(number | null)[]} Values one for each frame, or a gap */
/** @typedef {[low: number, high: number]} Range of values */

export class Curve {
  #dot = make("b");
  #value = make("div", { class: "sv-value" });
  #values;
  #line;
  #path;
  #p = 0;

  /**
   * @param {string} name
   * @param {Values} values
   * @param {(part: number) => void} scrub called with the place on the curve, from 0 to 1
   */
  constructor(name, values, scrub) {
    this.#values = values;
    this.#line = curveLine(values);
    const svg = drawn(`0 0 ${Math.max(values.length - 1, 1)} 100`, this.#line.path);
    svg.setAttribute("preserveAspectRatio", "none");
    this.#path = svg.firstElementChild;
    this.name = name;
    this.range = rangeOf(values);
    const plot = make("div", { class: "sv-curve" }, svg, make("i"), this.#dot);
    /** @param {PointerEvent} event */
    const follow = (event) => {
      const box = plot.getBoundingClientRect();
      scrub(clamp((event.clientX - box.left) / box.width, 0, 1));
    };
    plot.addEventListener("pointerdown", (event) => {
      plot.setPointerCapture(event.pointerId);
      follow(event);
    });
    plot.addEventListener("pointermove", (event) => {
      if (event.buttons) follow(event);
    });
    /** The three cells of its row. */
    this.cells = [make("div", { class: "sv-curve-name", title: name }, name), plot, this.#value];
  }

  /**
   * Draw the curve between two values, at the bottom and at the top.
   * @param {Range} range
   */
  within(range) {
    this.#line = curveLine(this.#values, range);
    this.#path?.setAttribute("d", this.#line.path);
    this.moveTo(this.#p);
  }

  /** @param {number} p the moment */
  moveTo(p) {
    this.#p = p;
    const height = this.#line.heightAt(p);
    this.#dot.hidden = height === null;
    if (height !== null) this.#dot.style.top = `${height}%`;
  }

  /** @param {number} frame */
  showValue(frame) {
    this.#value.textContent = shortNumber(this.#values[frame]);
  }
}

/**
 * Return the least and the largest value.
 * @param {Values} values
 * @returns {Range}
 */
function rangeOf(values) {
  const known = values.filter((value) => value !== null);
  return [Math.min(...known), Math.max(...known)];
}

/**
 * Draw the line through some values, one unit wide for each frame and 100 high. Return its path,
 * and a function that gives its height at a moment, measured from the top, or null in a gap.
 * @param {Values} values
 * @param {Range} [range] the values at the bottom and at the top
 */
export function curveLine(values, [low, high] = rangeOf(values)) {
  const span = high - low || 1;
  /** @param {number} value */
  const height = (value) => 100 - (100 * (value - low)) / span;
  let path = "";
  let gap = true;
  values.forEach((value, frame) => {
    if (value !== null) path += `${gap ? "M" : "L"}${frame} ${height(value).toFixed(2)} `;
    gap = value === null;
  });
  /** @param {number} p */
  const heightAt = (p) => {
    const before = values[Math.floor(p)] ?? null;
    const after = values[Math.ceil(p)] ?? null;
    if (before === null || after === null) return null;
    return height(before + (after - before) * (p % 1));
  };
  return { path, heightAt };
}
