// @ts-check
// What is above the matrix: which pairs, how many means, and the margin.

import { Choice } from "../js/choice.js";
import { make } from "../js/dom.js";
import { LogSlider } from "../js/log_slider.js";
import { grouped } from "../js/numbers.js";

const MARGIN_RANGE = /** @type {[low: number, high: number]} */ ([0.1, 10]); // as in state.py

/**
 * @typedef {object} Loss what the reader changes
 * @property {string} which "all" or "random"
 * @property {string} means "two" or "one"
 * @property {number} margin
 */

export class MatrixControls {
  #which;
  #means;
  #margin;

  /**
   * @param {{ every: number, random: number | null }} pairs how many there are of both kinds
   * @param {(change: Partial<Loss>) => void} changed called while the reader changes something
   * @param {() => void} ended called when the slider was let go
   */
  constructor({ every, random }, changed, ended) {
    const which = [{ value: "all", words: `every pair (${grouped(every)})` }];
    if (random !== null) which.push({ value: "random", words: `random pairs (${random})` });
    const means = [
      { value: "two", words: "two means" },
      { value: "one", words: "one plain mean" },
    ];
    /** @param {Partial<Loss>} change */
    const choose = (change) => {
      changed(change);
      ended();
    };
    this.#which = new Choice("Pairs", which, (value) => choose({ which: value }));
    this.#means = new Choice("Means", means, (value) => choose({ means: value }));
    this.#margin = new LogSlider("Margin", MARGIN_RANGE, (margin) => changed({ margin }), ended);
    const { input, value } = this.#margin;
    const margin = make("div", { class: "pm-margin" }, make("span", {}, "margin"), input, value);
    const choices = [this.#which.element, this.#means.element];
    this.element = make("div", { class: "pm-controls sv-pills" }, ...choices, margin);
  }

  /** @param {Loss} loss */
  show({ which, means, margin }) {
    this.#which.show(which);
    this.#means.show(means);
    this.#margin.show(margin);
  }
}
