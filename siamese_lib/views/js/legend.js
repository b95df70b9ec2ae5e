// @ts-check
// One button for each class: a click hides or shows it, a double click shows it alone. Many classes
// can be searched by name.

/** @import { Classes } from "./point_classes.js" */

import { make } from "./dom.js";
import { grouped } from "./numbers.js";

const MOST_UNSEARCHED = 12; // classes, beyond which they can be searched

export class Legend {
  element = make("div", { class: "sv-legend", role: "group", "aria-label": "Classes" });
  /** @type {Map<number, HTMLButtonElement>} */
  #buttons = new Map();
  #all = make(
    "button",
    { type: "button", class: "sv-all", onclick: () => this.#showAll() },
    "show all",
  );
  #search = make("input", { type: "search", class: "sv-search", autocomplete: "off" });
  #none = make("p", { class: "sv-none", role: "status" });
  /** @type {Classes | null} */
  #classes = null;
  #changed;

  /** @param {() => void} changed called when the reader hides or shows classes */
  constructor(changed) {
    this.#changed = changed;
    this.#search.addEventListener("input", () => this.#filter());
    this.#search.addEventListener("keydown", (event) => this.#searchKey(event));
  }

  /** @param {Classes} classes */
  build(classes) {
    const kept = this.#classes?.names.join() === classes.names.join();
    this.#classes = classes;
    this.#buttons = new Map(classes.present.map((k) => [k, this.#button(classes, k)]));
    const many = this.#buttons.size > MOST_UNSEARCHED;
    const words = `Search ${grouped(this.#buttons.size)} classes`;
    this.#search.placeholder = words;
    this.#search.setAttribute("aria-label", `${words}. Enter shows only those that are found.`);
    // What has the keyboard's focus would lose it if it were put into the page anew.
    if (!this.#search.isConnected) this.element.append(this.#search, this.#none);
    while (this.#none.nextSibling) this.#none.nextSibling.remove();
    this.element.append(...this.#buttons.values(), this.#all);
    this.#search.hidden = !many;
    this.element.hidden = this.#buttons.size === 0;
    if (!kept || !many) this.#search.value = "";
    this.#filter();
    this.update();
  }

  /** Show the buttons of the classes that are sought. */
  #filter() {
    const found = new Set(this.#classes?.named(this.#search.value));
    for (const [k, button] of this.#buttons) button.hidden = !found.has(k);
    this.#none.textContent = found.size ? "" : "No class has such a name.";
    this.#none.hidden = found.size > 0;
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    const found = this.#classes?.named(this.#search.value) ?? [];
    if (event.key === "Enter" && found.length) {
      this.#classes?.showThese(found);
      this.update();
      this.#changed();
    } else if (event.key === "Escape" && this.#search.value) {
      this.#search.value = "";
      this.#filter();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * @param {Classes} classes
   * @param {number} k
   */
  #button(classes, k) {
    const swatch = make("span", { class: "sv-swatch" });
    swatch.style.setProperty("--sv-class", classes.colors[k]);
    const name = make("bdi", { class: "sv-name" }, classes.names[k]);
    const count = make("span", { class: "sv-count" }, grouped(classes.members[k].length));
    const title = `${classes.names[k]}: click to hide or show it, double-click to show only it`;
    /** @param {MouseEvent} event */
    const onclick = (event) => {
      if (event.detail === 2 || event.shiftKey) classes.showOnly(k);
      else if (event.detail < 2) classes.toggle(k);
      this.update();
      this.#changed();
    };
    return make("button", { type: "button", title, onclick }, swatch, name, count);
  }

  #showAll() {
    this.#classes?.showAll();
    this.update();
    this.#changed();
  }

  /** Show which classes are hidden. */
  update() {
    const hidden = this.#classes?.hidden ?? new Set();
    for (const [k, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(!hidden.has(k)));
    }
    this.#all.hidden = hidden.size === 0;
  }
}
