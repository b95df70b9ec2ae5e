// @ts-check
// The buttons on the map: class names, lasso, fit, reset.

import { make, set } from "./dom.js";
import { iconButton } from "./icons.js";

/**
 * @typedef {object} ToolActs
 * @property {() => void} names
 * @property {() => void} lasso
 * @property {() => void} fit
 * @property {() => void} reset
 */

export class Toolbar {
  /** @param {ToolActs} acts what the buttons do */
  constructor(acts) {
    this.names = iconButton("names", "Class names on the map", acts.names, {
      "aria-pressed": "true",
    });
    this.lasso = iconButton("lasso", "Select with a lasso (or hold Shift)", acts.lasso, {
      "aria-pressed": "false",
    });
    const fit = iconButton("fit", "Zoom to the points shown now", acts.fit);
    const reset = iconButton("reset", "Show the whole map (0, or double-click)", acts.reset);
    const attributes = { class: "sv-tools", role: "toolbar", "aria-label": "Map" };
    this.element = make("div", attributes, this.names, this.lasso, fit, reset);
    // A click on a button is not one on the map below it.
    for (const name of ["pointerdown", "dblclick", "click"]) {
      this.element.addEventListener(name, (event) => event.stopPropagation());
    }
  }

  /** @param {boolean} pressed */
  pressNames(pressed) {
    set(this.names, { "aria-pressed": String(pressed) });
  }

  /** @param {boolean} pressed */
  pressLasso(pressed) {
    set(this.lasso, { "aria-pressed": String(pressed) });
  }
}
