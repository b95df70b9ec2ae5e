// @ts-check
// A slider with a logarithmic scale, and its value in three digits.

import { make, set } from "./dom.js";

const LOG_STEPS = 200; // of an arrow key, from end to end

export class LogSlider {
  value = make("output");
  input;
  #ends;

  /**
   * @param {string} name
   * @param {[low: number, high: number]} ends
   * @param {(value: number) => void} changed called while it moves
   * @param {() => void} ended called when it was let go
   */
  constructor(name, ends, changed, ended) {
    this.#ends = ends;
    this.input = make("input", {
      type: "range",
      min: 0,
      max: LOG_STEPS,
      step: 1,
      "aria-label": name,
    });
    this.input.addEventListener("input", () => changed(this.#chosen));
    this.input.addEventListener("change", ended);
  }

  /** @param {number} value */
  show(value) {
    const words = threeDigits(value);
    this.value.textContent = words;
    set(this.input, { "aria-valuetext": words });
    // A value between two steps stays as it is.
    if (threeDigits(this.#chosen) === words) return;
    const [low, high] = this.#ends;
    const share = Math.log(value / low) / Math.log(high / low);
    this.input.value = String(Math.round(LOG_STEPS * share));
  }

  get #chosen() {
    return valueOnLog(Number(this.input.value) / LOG_STEPS, this.#ends);
  }
}

/**
 * Return the value after a share of the way from one end to the other, in three digits.
 * @param {number} share
 * @param {[low: number, high: number]} ends
 */
export const valueOnLog = (share, [low, high]) =>
  Number((low * (high / low) ** share).toPrecision(3));

/**
 * Write a number in three digits.
 * @param {number} value
 */
export const threeDigits = (value) => String(+value.toPrecision(3));
