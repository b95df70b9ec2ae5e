// @ts-check
// The buttons on the map: class names, trust, lasso, fit, reset.

import { make, set } from "./dom.js";
import { iconButton } from "./icons.js";

/**
 * @typedef {object} ToolActs
 * @property {() => void} names
 * @property {() => void} trust
 * @property {() => void} follow
 * @property {() => void} lasso
 * @property {() => void} fit
 * @property {() => void} reset
 */

const TRUST_WORDS =
  "you can trust the neighbours of large points in the last frame, but not of small points";

export class Toolbar {
  #words = make("span", { class: "sv-tools-words" });

  /**
   * @param {ToolActs} acts what the buttons do
   * @param {Node} last button
   */
  constructor(acts, last) {
    this.names = iconButton("names", "Class names on the map", acts.names, {
      "aria-pressed": "true",
    });
    this.trust = iconButton("trust", `Trust: ${TRUST_WORDS}`, acts.trust, {
      "aria-pressed": "false",
    });
    this.follow = iconButton("follow", "Follow: zoom to all points at every step", acts.follow, {
      "aria-pressed": "false",
    });
    this.lasso = iconButton("lasso", "Select with a lasso (or hold Shift)", acts.lasso, {
      "aria-pressed": "false",
    });
    const fit = iconButton("fit", "Zoom to the points shown now", acts.fit);
    const reset = iconButton("reset", "Show the whole map (0, or double-click)", acts.reset);
    const attributes = { class: "sv-tools", role: "toolbar", "aria-label": "Map" };
    this.element = make(
      "div",
      attributes,
      this.#words,
      this.names,
      this.trust,
      this.follow,
      this.lasso,
      fit,
      reset,
      last,
    );
    // A click on a button is not one on the map below it.
    for (const name of ["pointerdown", "dblclick", "click"]) {
      this.element.addEventListener(name, (event) => event.stopPropagation());
    }
  }

  /**
   * @param {"names" | "trust" | "follow" | "lasso"} which button
   * @param {boolean} pressed
   */
  press(which, pressed) {
    set(this[which], { "aria-pressed": String(pressed) });
    if (which === "trust") this.#words.textContent = pressed ? TRUST_WORDS : "";
  }
}
