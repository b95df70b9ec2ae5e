// @ts-check
// All test images, one page at a time, with mistakes marked.

/** @import { PictureSource } from "../views/js/pictures.js" */
/** @import { PageSearch } from "./page_search.js" */

import { make, set } from "../views/js/dom.js";
import { grouped } from "../views/js/numbers.js";
import { choice, joined, pictureCanvas, row, showPicture, signButton } from "./page_widgets.js";

const THUMBS = 60;

export class Thumbs {
  #page = 0;
  /** The images of the chosen class, or of all. @type {number[]} */
  #images = [];
  /** @type {number | null} */
  #asked = 0;
  #earlier = signButton("‹", "Earlier images", () => this.#turnTo(this.#page - 1));
  #later = signButton("›", "Later images", () => this.#turnTo(this.#page + 1));
  #range = make("span", { class: "range" });
  #list = make("div", { id: "thumbs" });
  #search;
  #names;
  #pictures;
  #ask;

  /**
   * @param {HTMLElement} section
   * @param {PageSearch} search
   * @param {{ names: string[], members: number[][] }} classes
   * @param {PictureSource} pictures
   * @param {(query: number) => void} ask called with the test image to show
   */
  constructor(section, search, { names, members }, pictures, ask) {
    this.#search = search;
    this.#names = names;
    this.#pictures = pictures;
    this.#ask = ask;
    const all = inTurns(search.labels);
    this.#images = all;
    const present = [...members.keys()].filter((k) => members[k].length);
    const options = present.map((k) => ({ value: k, words: names[k] }));
    const one = choice([{ value: "", words: "all classes" }, ...options], (value) => {
      this.#images = value === "" ? all : members[Number(value)];
      this.#turnTo(0);
    });
    one.setAttribute("aria-label", "Class");
    const heading = make("h2", {}, "Test images");
    section.append(row(heading, one, joined(this.#earlier, this.#range, this.#later)), this.#list);
    this.show();
  }

  show() {
    const count = this.#images.length;
    const start = this.#page * THUMBS;
    const end = Math.min(start + THUMBS, count);
    this.#range.textContent = `${grouped(start + 1)}–${grouped(end)} of ${grouped(count)}`;
    this.#earlier.disabled = this.#page === 0;
    this.#later.disabled = end === count;
    const shown = this.#images.slice(start, end);
    this.#list.replaceChildren(...shown.map((query) => this.#thumb(query)));
  }

  /**
   * Mark the test image that is shown, if it is one.
   * @param {number | null} query
   */
  mark(query) {
    this.#asked = query;
    for (const thumb of this.#list.querySelectorAll("button")) {
      set(thumb, { "aria-pressed": String(Number(thumb.dataset.query) === query) });
    }
  }

  /** @param {number} page */
  #turnTo(page) {
    this.#page = page;
    this.show();
  }

  /** @param {number} query */
  #thumb(query) {
    const picture = pictureCanvas();
    showPicture(picture, this.#pictures, query);
    const wrong = this.#search.verdict(query).right === false;
    const name = this.#names[this.#search.labels[query]];
    const words = `test image ${this.#search.numbers[query]}, ${name}${wrong ? ", a mistake" : ""}`;
    const pressed = String(query === this.#asked);
    const onclick = () => this.#ask(query);
    const thumb = make(
      "button",
      { type: "button", "aria-label": words, title: words, "aria-pressed": pressed, onclick },
      picture,
    );
    if (wrong) thumb.append(make("span", { class: "wrong", "aria-hidden": "true" }, "✗"));
    thumb.dataset.query = String(query);
    return thumb;
  }
}

/**
 * Return the images in the order of the pages: as they come, or if the first page would show up to
 * half of the classes only, with the classes taking turns.
 * @param {ArrayLike<number>} labels
 */
export function inTurns(labels) {
  const all = Array.from(labels, (_, image) => image);
  const shown = new Set(all.slice(0, THUMBS).map((image) => labels[image])).size;
  const classes = new Set(all.map((image) => labels[image])).size;
  if (2 * shown > Math.min(classes, THUMBS)) return all;
  /** @type {Map<number, number>} */
  const seen = new Map();
  const turns = all.map((image) => {
    const turn = seen.get(labels[image]) ?? 0;
    seen.set(labels[image], turn + 1);
    return turn;
  });
  return all.sort((a, b) => turns[a] - turns[b]);
}
