// @ts-check
// Answers that the browser's own controls give: one of several, and a number on a line.

/** @import { Asked, AnswerBox } from "./prediction.js" */

import { make, newId, set } from "../js/dom.js";

/** @implements {AnswerBox} */
export class ChoiceAnswer {
  #boxes;

  /**
   * @param {Asked} asked
   * @param {(answer: unknown, final: boolean) => void} onAnswer
   */
  constructor({ text, choices }, onAnswer) {
    const name = newId("sp-choice");
    this.#boxes = choices.map((value) => make("input", { type: "radio", name, value }));
    const rows = this.#boxes.map((box) => make("label", {}, box, make("span", {}, box.value)));
    this.root = make(
      "div",
      { class: "sp-choices", role: "radiogroup", "aria-label": text },
      ...rows,
    );
    this.root.addEventListener("change", (event) => {
      onAnswer(/** @type {HTMLInputElement} */ (event.target).value, true);
    });
  }

  destroy() {}

  /** @param {string | null} answer */
  show(answer) {
    for (const box of this.#boxes) box.checked = box.value === answer;
  }
}

/** @implements {AnswerBox} */
export class NumberAnswer {
  #asked;
  #slider;

  /**
   * @param {Asked} asked
   * @param {(answer: unknown, final: boolean) => void} onAnswer
   */
  constructor(asked, onAnswer) {
    const { text, low, high, digits, unit } = asked;
    this.#asked = asked;
    const ends = { min: low, max: high, step: 10 ** -digits, "aria-label": text };
    const slider = make("input", { type: "range", ...ends });
    this.#slider = slider;
    /** @param {number} value */
    const end = (value) => make("span", {}, `${value.toFixed(digits)} ${unit}`.trim());
    this.root = make("div", { class: "sp-number" }, end(low), slider, end(high));
    slider.addEventListener("input", () => onAnswer(Number(slider.value), false));
    slider.addEventListener("change", () => onAnswer(Number(slider.value), true));
    // A press on the place where it stands is an answer, too.
    slider.addEventListener("pointerup", () => onAnswer(Number(slider.value), true));
    slider.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") onAnswer(Number(slider.value), true);
    });
  }

  destroy() {}

  /** @param {number | null} answer */
  show(answer) {
    const { low, high, digits, unit } = this.#asked;
    this.#slider.value = String(answer ?? (low + high) / 2);
    const words = answer === null ? "no answer yet" : `${answer.toFixed(digits)} ${unit}`.trim();
    set(this.#slider, { "aria-valuetext": words });
    this.root.toggleAttribute("data-open", answer === null);
  }
}
