// @ts-check
// A choice of a few: one button for each, of which one is pressed.

import { make, set } from "./dom.js";

/** @template Value */
export class Choice {
  #buttons;

  /**
   * @param {string} name
   * @param {{ value: Value, words: string, title?: string }[]} options
   * @param {(value: Value) => void} chosen
   */
  constructor(name, options, chosen) {
    this.#buttons = options.map(({ value, words, title }) => ({
      value,
      button: make(
        "button",
        { type: "button", onclick: () => chosen(value), ...(title ? { title } : {}) },
        words,
      ),
    }));
    const buttons = this.#buttons.map(({ button }) => button);
    const attributes = { class: "sv-choice", role: "group", "aria-label": name };
    this.element = make("div", attributes, ...buttons);
  }

  /** @param {Value} value */
  show(value) {
    for (const { value: own, button } of this.#buttons) {
      set(button, { "aria-pressed": String(own === value) });
    }
  }
}
