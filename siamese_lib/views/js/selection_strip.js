// @ts-check
// The selected points under the map: how many there are of each class, and their pictures.

/** @import { Classes } from "./point_classes.js" */
/** @import { About } from "./payload.js" */
/** @import { PictureSource } from "./pictures.js" */

import { pointName, selectionCounts } from "./descriptions.js";
import { make, penOf, set } from "./dom.js";
import { grouped } from "./numbers.js";

const MOST = 60; // pictures

/**
 * @typedef {object} StripSource
 * @property {number[]} selected
 * @property {Classes} classes
 * @property {About} about
 * @property {PictureSource | null} pictures
 */

/**
 * @typedef {object} StripView what the reader changes here
 * @property {(points: number[]) => void} select
 * @property {number | null} pointed the point whose picture is pointed at or has the focus
 * @property {{ wake: () => void }} animation
 */

export class SelectionStrip {
  #words = make("div", { class: "sv-selection-words", role: "status" });
  #pictures = make("div", { class: "sv-selection-pictures", role: "group" });
  /** What is shown. @type {unknown[]} */
  #filled = [];
  #view;

  /** @param {StripView} view */
  constructor(view) {
    this.#view = view;
    const clear = make("button", { type: "button", onclick: () => view.select([]) }, "clear");
    this.element = make(
      "div",
      { class: "sv-selection", hidden: "" },
      make("div", { class: "sv-selection-head" }, this.#words, clear),
      this.#pictures,
    );
    this.#pictures.addEventListener("keydown", (event) => this.#key(event));
    this.#pictures.addEventListener("pointerleave", () => this.#point(null));
  }

  /** @param {number | null} point */
  #point(point) {
    this.#view.pointed = point;
    this.#view.animation.wake();
  }

  /** @param {StripSource} source */
  show({ selected, classes, about, pictures }) {
    const filled = [selected, classes, pictures];
    if (filled.every((part, i) => part === this.#filled[i])) return;
    this.#filled = filled;
    this.element.hidden = selected.length < 2;
    this.#view.pointed = null;
    if (this.element.hidden) return;
    this.#words.textContent = selectionCounts(classes, selected);
    const shown = pictures ? selected.slice(0, MOST) : [];
    const rest = selected.length - shown.length;
    this.#pictures.replaceChildren(
      ...shown.map((point, i) => this.#thumbnail(point, classes, about, pictures, i === 0)),
      ...(shown.length && rest ? [make("span", {}, `and ${grouped(rest)} more`)] : []),
    );
    this.#pictures.hidden = !shown.length;
    set(this.#pictures, { "aria-label": "Pictures of the selected points" });
  }

  /**
   * @param {number} point
   * @param {Classes} classes
   * @param {About} about
   * @param {PictureSource | null} pictures
   * @param {boolean} first which is the tab stop at first
   */
  #thumbnail(point, classes, about, pictures, first) {
    const picture = pictures?.canvas(point);
    const { width = 1, height = 1 } = picture ?? {};
    const copy = make("canvas", { width, height, "aria-hidden": "true" });
    if (picture) penOf(copy).drawImage(picture, 0, 0);
    const name = classes.known ? `${classes.names[classes.of[point]]}, ` : "";
    const label = `${name}${pointName(about, point)}`;
    const attributes = { type: "button", "aria-label": label, title: label };
    const onclick = () => this.#view.select([point]);
    const tabindex = first ? 0 : -1;
    const button = make("button", { ...attributes, tabindex, onclick }, copy);
    button.style.setProperty("--sv-class", classes.colorOf(point));
    button.addEventListener("pointerenter", () => this.#point(point));
    button.addEventListener("focus", () => this.#point(point));
    button.addEventListener("blur", () => this.#point(null));
    return button;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -MOST, End: MOST };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (step === undefined) return;
    const buttons = [...this.#pictures.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const next = buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)];
    for (const button of buttons) set(button, { tabindex: button === next ? 0 : -1 });
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
