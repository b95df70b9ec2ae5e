// @ts-check
// Two buttons: one scale for all panels, or a scale of its own for each.

import { make, set } from "../js/dom.js";

const SCALES = /** @type {const} */ ({
  same: ["Same scale", "Sizes and curves can be compared."],
  own: ["Own scale", "Each panel is zoomed to its points. Its scale bar shows the size."],
});

export class ScaleSwitch {
  value = ""; // none is shown yet
  #words = make("span", { class: "sv-head-words", role: "status" });

  /** @param {(scale: string) => void} choose called when the reader chooses another scale */
  constructor(choose) {
    this.buttons = Object.entries(SCALES).map(([scale, [label]]) => ({
      scale,
      button: make(
        "button",
        { type: "button", onclick: () => scale !== this.value && choose(scale) },
        label,
      ),
    }));
    const group = { class: "sv-scales", role: "group", "aria-label": "Scale" };
    this.elements = [make("div", group, ...this.buttons.map(({ button }) => button)), this.#words];
  }

  /** @param {string} value */
  show(value) {
    this.value = value;
    for (const { scale, button } of this.buttons) {
      set(button, { "aria-pressed": String(scale === value) });
    }
    this.#words.textContent = SCALES[value === "own" ? "own" : "same"][1];
  }
}
