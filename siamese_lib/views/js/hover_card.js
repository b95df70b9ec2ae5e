// @ts-check
// The card next to the point under the pointer, with its picture, class and number.

/** @import { Classes } from "./point_classes.js" */
/** @import { Place } from "./film.js" */
/** @import { PictureSource } from "./pictures.js" */
/** @import { Trust } from "./trust.js" */

import { make, penOf } from "./dom.js";
import { clamp, grouped } from "./numbers.js";

const ASIDE = 18; // pixels from the point
const EDGE = 6; // pixels from the edge of the map
const HIGH = 64; // pixels of the picture

export class HoverCard {
  #picture = make("canvas");
  #name = make("div", { class: "sv-card-name" });
  #index = make("div", { class: "sv-card-index" });
  #trust = make("div", { class: "sv-card-index" });
  element = make(
    "div",
    { class: "sv-card", "aria-hidden": "true" },
    this.#picture,
    make("div", { class: "sv-card-words" }, this.#name, this.#index, this.#trust),
  );
  /** What the card shows. @type {unknown[]} */
  #filled = [];

  hide() {
    this.element.classList.remove("sv-shown");
  }

  /**
   * @param {number} point
   * @param {object} view
   * @param {Classes} view.classes
   * @param {PictureSource | null} view.pictures
   * @param {Trust} view.trust
   * @param {{ last: number }} view.film
   * @param {{ width: number, height: number }} view.camera
   * @param {Place} at where the point is on the map
   */
  show(point, { classes, pictures, trust, film, camera: { width, height } }, [x, y]) {
    this.element.classList.add("sv-shown");
    const filled = [point, classes, pictures];
    if (filled.some((part, i) => part !== this.#filled[i])) this.#fill(point, classes, pictures);
    this.#filled = filled;
    this.#trust.textContent = trust.words(point, film.last > 0);
    const { offsetWidth: wide, offsetHeight: high } = this.element;
    const left = x + ASIDE + wide > width ? x - ASIDE - wide : x + ASIDE;
    const top = clamp(y - high / 2, EDGE, Math.max(height - high - EDGE, EDGE));
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  /**
   * @param {number} point
   * @param {Classes} classes
   * @param {PictureSource | null} pictures
   */
  #fill(point, classes, pictures) {
    const swatch = make("span", { class: "sv-swatch" });
    swatch.style.setProperty("--sv-class", classes.colorOf(point));
    const name = classes.known ? [swatch, classes.names[classes.of[point]]] : [];
    this.#name.replaceChildren(...name);
    this.#index.textContent = `point ${grouped(point)}`;
    this.#picture.hidden = !pictures;
    if (!pictures) return;
    const picture = pictures.canvas(point);
    const { width, height } = picture;
    Object.assign(this.#picture, { width, height });
    const wide = clamp((HIGH * width) / height, 24, 140);
    this.#picture.style.cssText = `width: ${wide}px; height: ${HIGH}px`;
    if (width > 64) this.#picture.style.imageRendering = "auto";
    penOf(this.#picture).drawImage(picture, 0, 0);
  }
}
