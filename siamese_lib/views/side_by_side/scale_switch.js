// @ts-check
// Two buttons: one scale for all panels, or a scale of its own for each.

import { Choice } from "../js/choice.js";
import { make } from "../js/dom.js";

const SCALES = /** @type {const} */ ({
  same: ["Same scale", "Sizes and curves can be compared."],
  own: ["Own scale", "Each panel is zoomed to its points. Its scale bar shows the size."],
});

export class ScaleSwitch {
  value = ""; // none is shown yet
  #choice;
  #words = make("span", { class: "sv-head-words", role: "status" });

  /** @param {(scale: string) => void} choose called when the reader chooses another scale */
  constructor(choose) {
    const options = Object.entries(SCALES).map(([value, [words]]) => ({ value, words }));
    this.#choice = new Choice("Scale", options, (scale) => {
      if (scale !== this.value) choose(scale);
    });
    const pills = make("div", { class: "sv-pills" }, this.#choice.element);
    this.elements = [pills, this.#words];
  }

  /** @param {string} value */
  show(value) {
    this.value = value;
    this.#choice.show(value);
    this.#words.textContent = SCALES[value === "own" ? "own" : "same"][1];
  }
}
