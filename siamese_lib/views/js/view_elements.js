// @ts-check
// The elements around the parts of a view, and their words for screen readers.

import { make, newId, set } from "./dom.js";
import { KEYS_HELP } from "./keys.js";
import { grouped } from "./numbers.js";

export class ViewElements {
  #message = make("div", { class: "sv-message" }, "waiting for the first frame");
  #live = make("div", { class: "sv-unseen", "aria-live": "polite" });

  /**
   * @param {object} parts
   * @param {Element[]} parts.layers of the map, from the bottom up
   * @param {Element[]} parts.floating on the map
   * @param {Element} parts.legend next to the map
   * @param {Element} parts.filmBar under the map
   * @param {Element} parts.selection under that
   */
  constructor({ layers, floating, legend, filmBar, selection }) {
    const id = newId("sv-help");
    this.stage = make(
      "div",
      { class: "sv-stage", tabindex: 0, role: "application", "aria-describedby": id },
      ...layers,
      this.#message,
      ...floating,
    );
    this.root = make(
      "div",
      { class: "siamese siamese-view", role: "group", "aria-label": "Embedding view" },
      make("div", { class: "sv-main" }, this.stage, legend),
      filmBar,
      selection,
      make("span", { class: "sv-unseen", id }, KEYS_HELP),
      this.#live,
    );
  }

  /**
   * Let screen readers say something.
   * @param {string} words
   */
  say(words) {
    this.#live.textContent = words;
  }

  /**
   * @param {number} points
   * @param {number} frames
   * @param {number | null} height of the map, in pixels; null for one that suits the window
   */
  describe(points, frames, height) {
    const film = frames > 1 ? `, ${frames} frames` : "";
    set(this.stage, { "aria-label": `Map of ${grouped(points)} points${film}` });
    this.#message.hidden = points > 0 && frames > 0;
    if (height) this.root.style.setProperty("--sv-height", `${height}px`);
    else this.root.style.removeProperty("--sv-height");
  }
}
