// @ts-check
// One button for each class: a click hides or shows it, a double click shows it alone.

/** @import { Classes } from "./point_classes.js" */

import { make } from "./dom.js";
import { grouped } from "./numbers.js";

export class Legend {
  element = make("div", { class: "sv-legend", role: "group", "aria-label": "Classes" });
  /** @type {Map<number, HTMLButtonElement>} */
  #buttons = new Map();
  #all = make(
    "button",
    { type: "button", class: "sv-all", onclick: () => this.#showAll() },
    "show all",
  );
  /** @type {Classes | null} */
  #classes = null;
  #changed;

  /** @param {() => void} changed called when the reader hides or shows classes */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {Classes} classes */
  build(classes) {
    this.#classes = classes;
    this.#buttons = new Map(classes.present.map((k) => [k, this.#button(classes, k)]));
    this.element.replaceChildren(...this.#buttons.values(), this.#all);
    this.element.hidden = this.#buttons.size === 0;
    this.#update();
  }

  /**
   * @param {Classes} classes
   * @param {number} k
   */
  #button(classes, k) {
    const swatch = make("span", { class: "sv-swatch" });
    swatch.style.setProperty("--sv-class", classes.colors[k]);
    const name = make("span", { class: "sv-name" }, classes.names[k]);
    const count = make("span", { class: "sv-count" }, grouped(classes.members[k].length));
    const title = `${classes.names[k]}: click to hide or show it, double-click to show only it`;
    /** @param {MouseEvent} event */
    const onclick = (event) => {
      if (event.detail === 2 || event.shiftKey) classes.showOnly(k);
      else if (event.detail < 2) classes.toggle(k);
      this.#update();
      this.#changed();
    };
    return make("button", { type: "button", title, onclick }, swatch, name, count);
  }

  #showAll() {
    this.#classes?.showAll();
    this.#update();
    this.#changed();
  }

  #update() {
    const hidden = this.#classes?.hidden ?? new Set();
    for (const [k, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(!hidden.has(k)));
    }
    this.#all.hidden = hidden.size === 0;
  }
}
