// @ts-check
// The costliest pairs, each a button that chooses it, with what it costs and how far it is apart.

/** @import { PictureSource } from "../js/pictures.js" */
/** @import { PairFacts } from "./pair_words.js" */

import { make, namesInOrder, set } from "../js/dom.js";
import { shortNumber } from "../js/numbers.js";
import { Thumbnail } from "./pair_card.js";
import { pairWords, shareWords } from "./pair_words.js";

export const LISTED = 5; // pairs

export class CostliestList {
  #rows;
  #none = make("p", { class: "pm-hint" }, "No pair costs anything.");

  /** @param {(images: [low: number, high: number]) => void} choose */
  constructor(choose) {
    this.#rows = Array.from({ length: LISTED }, () => new CostliestRow(choose));
    const heads = ["of the loss", "distance"].map((words) => make("span", {}, words));
    this.element = make(
      "section",
      { class: "pm-costliest", role: "group", "aria-label": "Costliest pairs" },
      make("div", { class: "pm-heads" }, make("h4", {}, "Costliest pairs"), ...heads),
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
  #mark = make("i", { class: "pm-mark" });
  #kind = make("span", { class: "sv-unseen" });
  #cost = make("span");
  #distance = make("span", { class: "pm-far" });
  /** @type {[low: number, high: number]} */
  #images = [0, 0];

  /** @param {(images: [low: number, high: number]) => void} choose */
  constructor(choose) {
    this.button = make(
      "button",
      { type: "button", class: "pm-row", onclick: () => choose(this.#images) },
      ...this.#pictures.map(({ canvas }) => canvas),
      this.#names,
      make("span", { class: "pm-cost" }, this.#mark, " ", this.#kind, this.#cost),
      this.#distance,
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
    const { images, names, same, share, loss, distance } = facts;
    this.#images = images;
    images.forEach((image, side) => this.#pictures[side].show(image, pictures));
    this.#names.replaceChildren(...namesInOrder(same ? [names[0]] : names));
    this.#mark.className = `pm-mark pm-${same ? "pulling" : "pushing"}`;
    this.#kind.textContent = same ? "pulls, " : "pushes, ";
    this.#cost.textContent = shareWords(share / loss);
    this.#distance.textContent = shortNumber(distance);
    const pressed = selected !== null && images.every((image, i) => image === selected[i]);
    set(this.button, { title: pairWords(facts), "aria-pressed": String(pressed) });
  }
}
