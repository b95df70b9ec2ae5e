// @ts-check
// A slider with a logarithmic scale, and a choice of two.

import { make, set } from "../js/dom.js";

const SLIDER_STEPS = 200; // of an arrow key, from end to end

export class LogSlider {
  #value = make("output");
  #input;
  #low;
  #span;

  /**
   * @param {string} name
   * @param {[low: number, high: number]} ends
   * @param {(value: number) => void} changed called while it moves
   * @param {() => void} ended called when it was let go
   */
  constructor(name, [low, high], changed, ended) {
    this.#low = Math.log10(low);
    this.#span = Math.log10(high) - this.#low;
    this.#input = make("input", {
      type: "range",
      min: 0,
      max: SLIDER_STEPS,
      step: 1,
      "aria-label": name,
    });
    this.#input.addEventListener("input", () => changed(this.#chosen()));
    this.#input.addEventListener("change", ended);
    const ticks = [low, Math.sqrt(low * high), high].map((tick) =>
      make("span", {}, String(+tick.toPrecision(3))),
    );
    this.element = make(
      "div",
      { class: "sp-slider" },
      make("div", { class: "sp-slider-head" }, make("span", {}, name), this.#value),
      this.#input,
      make("div", { class: "sp-ticks", "aria-hidden": "true" }, ...ticks),
    );
  }

  /** @param {number} value */
  show(value) {
    const words = threeDigits(value);
    this.#value.textContent = words;
    set(this.#input, { "aria-valuetext": words });
    // A value between two steps stays as it is.
    if (threeDigits(this.#chosen()) !== words) this.#input.value = String(this.#placeOf(value));
  }

  #chosen() {
    const value = 10 ** (this.#low + (this.#span * Number(this.#input.value)) / SLIDER_STEPS);
    return Number(value.toPrecision(3));
  }

  /** @param {number} value */
  #placeOf(value) {
    return Math.round((SLIDER_STEPS * (Math.log10(value) - this.#low)) / this.#span);
  }
}

/** @template Value */
export class SpringsChoice {
  #buttons;

  /**
   * @param {string} name
   * @param {{ value: Value, words: string, title: string }[]} options
   * @param {(value: Value) => void} chosen
   */
  constructor(name, options, chosen) {
    this.#buttons = options.map(({ value, words, title }) => ({
      value,
      button: make("button", { type: "button", title, onclick: () => chosen(value) }, words),
    }));
    const buttons = this.#buttons.map(({ button }) => button);
    this.element = make(
      "div",
      { class: "sp-choice" },
      make("span", { "aria-hidden": "true" }, name),
      make("div", { class: "sp-options", role: "group", "aria-label": name }, ...buttons),
    );
  }

  /** @param {Value} value */
  show(value) {
    for (const { value: own, button } of this.#buttons) {
      set(button, { "aria-pressed": String(own === value) });
    }
  }
}

/**
 * Write a number in three digits.
 * @param {number} value
 */
export const threeDigits = (value) => String(+value.toPrecision(3));
