// @ts-check
// The costliest pairs, each a button that chooses it.

/** @import { PictureSource } from "../js/pictures.js" */
/** @import { PairFacts } from "./pair_words.js" */

import { make, set } from "../js/dom.js";
import { shortNumber } from "../js/numbers.js";
import { Thumbnail } from "./pair_card.js";
import { pairWords } from "./pair_words.js";

export const LISTED = 6; // pairs

export class CostliestList {
  #rows;
  #none = make("p", { class: "pm-hint" }, "No pair costs anything.");

  /** @param {(images: [low: number, high: number]) => void} choose */
  constructor(choose) {
    this.#rows = Array.from({ length: LISTED }, () => new CostliestRow(choose));
    this.element = make(
      "section",
      { class: "pm-costliest", role: "group", "aria-label": "Costliest pairs" },
      make("h4", {}, "Costliest pairs"),
      make("div", { class: "pm-rows" }, ...this.#rows.map(({ button }) => button)),
      this.#none,
    );
  }

  /**
   * @param {PairFacts[]} pairs costliest first
   * @param {number[] | null} selected
   * @param {PictureSource | null} pictures
   */
  show(pairs, selected, pictures) {
    this.#none.hidden = pairs.length > 0;
    this.#rows.forEach((row, i) => row.show(pairs[i], selected, pictures));
  }
}

class CostliestRow {
  #pictures = [new Thumbnail(), new Thumbnail()];
  #names = make("b");
  #distance = make("span");
  /** @type {[low: number, high: number]} */
  #images = [0, 0];

  /** @param {(images: [low: number, high: number]) => void} choose */
  constructor(choose) {
    this.button = make(
      "button",
      { type: "button", class: "pm-row", onclick: () => choose(this.#images) },
      ...this.#pictures.map(({ canvas }) => canvas),
      make("span", { class: "pm-said" }, this.#names, this.#distance),
    );
  }

  /**
   * @param {PairFacts | undefined} facts
   * @param {number[] | null} selected
   * @param {PictureSource | null} pictures
   */
  show(facts, selected, pictures) {
    this.button.classList.toggle("pm-empty", !facts);
    this.button.disabled = !facts;
    if (!facts) return;
    this.#images = facts.images;
    facts.images.forEach((image, side) => this.#pictures[side].show(image, pictures));
    this.#names.textContent = facts.same ? facts.names[0] : facts.names.join(" · ");
    this.#distance.textContent = `${facts.same ? "pull" : "push"}, ${shortNumber(facts.distance)}`;
    const pressed = selected !== null && facts.images.every((image, i) => image === selected[i]);
    set(this.button, { title: pairWords(facts), "aria-pressed": String(pressed) });
  }
}
