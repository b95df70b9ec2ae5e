// @ts-check
// What is above the matrix: which pairs, how many means, and the margin.

import { make, set } from "../js/dom.js";

const LOWEST = -1; // powers of ten of the margin
const HIGHEST = 1;

/**
 * @typedef {object} Loss what the reader changes
 * @property {string} which "all" or "random"
 * @property {string} means "two" or "one"
 * @property {number} margin
 */

export class MatrixControls {
  /** @type {Record<"which" | "means", Choices>} */
  #choices;
  #margin;

  /**
   * @param {{ every: number, random: number | null }} pairs how many there are of both kinds
   * @param {(change: Partial<Loss>, ended: boolean) => void} changed
   */
  constructor({ every, random }, changed) {
    const which = [{ value: "all", words: `every pair (${every.toLocaleString("en")})` }];
    if (random !== null) which.push({ value: "random", words: `random pairs (${random})` });
    const means = [
      { value: "two", words: "two means" },
      { value: "one", words: "one plain mean" },
    ];
    this.#choices = {
      which: new Choices("Pairs", which, (value) => changed({ which: value }, true)),
      means: new Choices("Means", means, (value) => changed({ means: value }, true)),
    };
    this.#margin = new MarginSlider((margin, ended) => changed({ margin }, ended));
    const groups = Object.values(this.#choices).map(({ element }) => element);
    this.element = make("div", { class: "pm-controls" }, ...groups, this.#margin.element);
  }

  /** @param {Loss} loss */
  show({ which, means, margin }) {
    this.#choices.which.show(which);
    this.#choices.means.show(means);
    this.#margin.show(margin);
  }
}

class Choices {
  #buttons;

  /**
   * @param {string} name
   * @param {{ value: string, words: string }[]} options
   * @param {(value: string) => void} chosen
   */
  constructor(name, options, chosen) {
    this.#buttons = options.map(({ value, words }) => ({
      value,
      button: make("button", { type: "button", onclick: () => chosen(value) }, words),
    }));
    this.element = make(
      "div",
      { class: "pm-choices", role: "group", "aria-label": name },
      ...this.#buttons.map(({ button }) => button),
    );
  }

  /** @param {string} chosen */
  show(chosen) {
    for (const { value, button } of this.#buttons) {
      set(button, { "aria-pressed": String(value === chosen) });
    }
  }
}

class MarginSlider {
  #input = make("input", {
    type: "range",
    class: "pm-slider",
    min: LOWEST,
    max: HIGHEST,
    step: 0.01,
    "aria-label": "Margin",
  });
  #value = make("b", { class: "pm-margin-value" });
  element = make(
    "div",
    { class: "pm-margin" },
    make("span", {}, "margin"),
    this.#input,
    this.#value,
  );

  /** @param {(margin: number, ended: boolean) => void} changed */
  constructor(changed) {
    this.#input.addEventListener("input", () => changed(marginAt(this.#input.value), false));
    this.#input.addEventListener("change", () => changed(marginAt(this.#input.value), true));
  }

  /** @param {number} margin */
  show(margin) {
    const words = String(+margin.toPrecision(3));
    this.#value.textContent = words;
    set(this.#input, { "aria-valuetext": words });
    // A margin between two steps of the slider stays as it is.
    if (String(marginAt(this.#input.value)) !== words) {
      this.#input.value = String(Math.log10(margin));
    }
  }
}

/**
 * Return the margin at a place of the slider, in three digits.
 * @param {string} place
 */
export const marginAt = (place) => Number((10 ** Number(place)).toPrecision(3));
