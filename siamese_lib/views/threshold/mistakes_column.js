// @ts-check
// One kind of mistakes: how many there are, and the first pairs with their images.

import { make, namesInOrder } from "../js/dom.js";
import { grouped } from "../js/numbers.js";

/**
 * @typedef {object} Mistake a pair that is called wrongly
 * @property {number[]} images their numbers
 * @property {number} distance
 * @property {string[] | null} words their labels
 * @property {string[]} pictures as data URIs
 */

export class MistakesColumn {
  #count = make("b");
  #words = make("span");
  #rate = make("p", { class: "st-rate" });
  #more = make("p", { class: "st-more" });
  #slots;
  #name;

  /**
   * @param {"same" | "different"} kind of the pairs
   * @param {string} name of one such mistake
   * @param {number} shown how many pairs have a place
   */
  constructor(kind, name, shown) {
    this.#name = name;
    this.#slots = Array.from({ length: shown }, () => new Slot());
    const cards = this.#slots.map((slot) => slot.card);
    this.element = make(
      "section",
      { class: `st-column st-${kind}` },
      make("h4", { class: "st-head" }, this.#count, this.#words),
      this.#rate,
      make("div", { class: "st-cards" }, ...cards),
      this.#more,
    );
  }

  /**
   * @param {number} wrong how many there are
   * @param {string} rate in words
   */
  count(wrong, rate) {
    this.#count.textContent = grouped(wrong);
    this.#words.textContent = ` ${this.#name}${wrong === 1 ? "" : "s"}`;
    this.#rate.textContent = rate;
    const more = wrong - this.#slots.length;
    this.#more.textContent = more > 0 ? `and ${grouped(more)} more` : "";
  }

  /**
   * @param {Mistake[]} mistakes
   * @param {number} digits decimals of a distance
   */
  show(mistakes, digits) {
    this.#slots.forEach((slot, i) => slot.show(mistakes[i], digits));
  }
}

class Slot {
  #images = [make("img", { alt: "" }), make("img", { alt: "" })];
  #words = make("b");
  #distance = make("span");
  card = make(
    "figure",
    { class: "st-card" },
    make("div", {}, ...this.#images),
    make("figcaption", {}, this.#words, this.#distance),
  );

  /**
   * @param {Mistake | undefined} mistake
   * @param {number} digits
   */
  show(mistake, digits) {
    this.card.classList.toggle("st-empty", !mistake);
    if (!mistake) return;
    const { images, distance, words, pictures } = mistake;
    this.#images.forEach((image, side) => {
      if (image.src !== pictures[side]) image.src = pictures[side];
      image.alt = words?.[side] ?? "";
    });
    this.card.title = `images ${images.join(" and ")}`;
    const names = [...new Set(words ?? images.map(String))]; // one name of a same pair
    this.#words.replaceChildren(...namesInOrder(names));
    this.#distance.textContent = distance.toFixed(digits);
  }
}
