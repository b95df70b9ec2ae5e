// @ts-check
// The pair that the reader looks at: its two images, its distance and its cost.

/** @import { PictureSource } from "../js/pictures.js" */
/** @import { PairFacts } from "./pair_words.js" */

import { make, penOf } from "../js/dom.js";
import { grouped, shortNumber } from "../js/numbers.js";
import { costWords, doingWords, doubtWords, kindWords } from "./pair_words.js";

const HINT = "Point at a tile of the matrix to see its two images. A click keeps the pair.";

export class PairCard {
  #pictures = [new Thumbnail(), new Thumbnail()];
  #lines = Array.from({ length: 4 }, () => make("div"));
  #doubt = make("p", { class: "pm-doubt" });
  #hint = make("p", { class: "pm-hint" }, HINT);
  #body = make(
    "div",
    { class: "pm-pair" },
    make("div", { class: "pm-both" }, ...this.#pictures.map(({ canvas }) => canvas)),
    make("div", { class: "pm-facts" }, ...this.#lines),
  );
  element = make("section", { class: "pm-card" }, this.#body, this.#doubt, this.#hint);

  /**
   * @param {PairFacts | null} facts
   * @param {PictureSource | null} pictures
   */
  show(facts, pictures) {
    this.#body.hidden = !facts;
    this.#hint.hidden = Boolean(facts);
    this.#doubt.textContent = facts ? doubtWords(facts) : "";
    if (!facts) return;
    facts.images.forEach((image, side) => this.#pictures[side].show(image, pictures));
    const words = [
      kindWords(facts),
      `distance ${shortNumber(facts.distance)}, ${doingWords(facts)}`,
      facts.times ? costWords(facts) : "",
      `images ${facts.images.map(grouped).join(" and ")}`,
    ];
    this.#lines.forEach((line, i) => (line.textContent = words[i]));
  }
}

/** One picture, drawn again only if it changes. */
export class Thumbnail {
  canvas = make("canvas", { class: "pm-picture", "aria-hidden": "true" });
  /** @type {unknown[]} */
  #shown = [];

  /**
   * @param {number} image
   * @param {PictureSource | null} pictures
   */
  show(image, pictures) {
    if (this.#shown[0] === image && this.#shown[1] === pictures) return;
    this.#shown = [image, pictures];
    this.canvas.hidden = !pictures;
    if (!pictures) return;
    const picture = pictures.canvas(image);
    Object.assign(this.canvas, { width: picture.width, height: picture.height });
    penOf(this.canvas).drawImage(picture, 0, 0);
  }
}
