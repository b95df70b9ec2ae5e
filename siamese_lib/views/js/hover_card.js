// @ts-check
// The card next to the point under the pointer, with its picture, class and number.

/** @import { Classes } from "./point_classes.js" */
/** @import { Film, Place } from "./film.js" */
/** @import { About } from "./payload.js" */
/** @import { Camera } from "./camera.js" */
/** @import { PictureSource } from "./pictures.js" */
/** @import { Trust } from "./trust.js" */

import { freestCorner } from "./card_place.js";
import { pointName } from "./descriptions.js";
import { make, penOf } from "./dom.js";
import { clamp } from "./numbers.js";
import { countIn } from "./picking.js";

const ASIDE = 16; // pixels from the point
const MATTERS = 50; // points: what a neighbour counts that the card would hide
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
   * @param {About} view.about
   * @param {PictureSource | null} view.pictures
   * @param {Trust} view.trust
   * @param {Film} view.film
   * @param {number} view.p
   * @param {Camera} view.camera
   * @param {number[]} view.highlighted
   * @param {Place} at where the point is on the map
   */
  show(point, view, at) {
    const { classes, about, pictures, trust, film, camera } = view;
    this.element.classList.add("sv-shown");
    const filled = [point, classes, pictures];
    if (filled.some((part, i) => part !== this.#filled[i])) this.#fill(point, view);
    this.#filled = filled;
    this.#index.textContent = pointName(about, point);
    this.#trust.textContent = trust.words(point, film.last > 0);
    /** @type {Place} */
    const size = [this.element.offsetWidth, this.element.offsetHeight];
    const [left, top] = freestCorner(at, ASIDE, size, camera, (rectangle) => {
      const neighbours = countIn(view, rectangle, view.highlighted);
      return countIn(view, rectangle) + MATTERS * neighbours;
    });
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  /**
   * @param {number} point
   * @param {{ classes: Classes, pictures: PictureSource | null }} view
   */
  #fill(point, { classes, pictures }) {
    const swatch = make("span", { class: "sv-swatch" });
    swatch.style.setProperty("--sv-class", classes.colorOf(point));
    const name = classes.known ? [swatch, make("bdi", {}, classes.names[classes.of[point]])] : [];
    this.#name.replaceChildren(...name);
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
