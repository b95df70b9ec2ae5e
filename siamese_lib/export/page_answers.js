// @ts-check
// A test image or a drawing, the gallery images nearest to it, and their vote.

/** @import { About } from "../views/js/payload.js" */
/** @import { PictureSource } from "../views/js/pictures.js" */
/** @import { PageData } from "./page_data.js" */
/** @import { Drawing } from "./page_examples.js" */
/** @import { Metric, Neighbour, PageSearch } from "./page_search.js" */

import { make } from "../views/js/dom.js";
import { grouped } from "../views/js/numbers.js";
import {
  button,
  choice,
  joined,
  pictureCanvas,
  row,
  showPicture,
  signButton,
} from "./page_widgets.js";

const FEW_OR_MANY = [1, 3, 5, 7, 10, 20, 50]; // neighbours
const PATIENCE = 1500; // milliseconds to look for a mistake
const METRICS = [
  { value: "euclidean", words: "Euclidean distance" },
  { value: "cosine", words: "cosine distance" },
];

export class Answers {
  query = 0;
  /** What is shown in place of the test image. @type {Drawing | null} */
  drawing = null;
  #picture = pictureCanvas();
  #name = make("div", { class: "name" });
  #number = make("div", { class: "quiet" });
  #list = make("ol", { id: "neighbours" });
  /** Where a drawing pad may be put. */
  pad = make("div", { id: "draw" });
  /** The vote of the neighbours. */
  verdict = make("p", { id: "verdict", "aria-live": "polite" });
  #search;
  #about;
  #pictures;
  #acts;
  #links;
  #color;

  /**
   * @param {HTMLElement} section
   * @param {PageSearch} search
   * @param {Pick<About, "names" | "colors">} about the classes
   * @param {{ test: PictureSource, gallery: PictureSource }} pictures
   * @param {object} acts
   * @param {(query: number) => void} acts.ask called with the test image to show
   * @param {() => void} acts.changed called when another metric or number of
   *   neighbours is chosen
   * @param {Pick<PageData, "cosine" | "links" | "drawing" | "view">} data
   */
  constructor(section, search, about, pictures, acts, { cosine, links, drawing, view }) {
    const film = view.film.frames.length > 1;
    this.#color = drawing?.color ?? "";
    this.#links = links ?? { queries: [], gallery: [] };
    this.#search = search;
    this.#about = about;
    this.#pictures = pictures;
    this.#acts = acts;
    const { count, galleryLabels, numbers } = search;
    const range = { min: numbers[0], max: numbers[count - 1] };
    this.index = make("input", { type: "number", ...range, step: 1, id: "index" });
    this.index.addEventListener("change", () => this.#askTyped());
    this.index.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") this.#askTyped(); // also for a number that did not change
    });
    const back = signButton("‹", "Previous test image", () => this.#askBeside(-1));
    const next = signButton("›", "Next test image", () => this.#askBeside(1));
    const random = button("Random", () => acts.ask(this.#anyQuery()));
    const mistake = button("Find a mistake", () => this.#askMistake());
    const images = grouped(galleryLabels.length);
    const words =
      `Click a point on the map${drawing ? ", draw," : ""} or choose a test image. ` +
      `The page shows the nearest of ${images} training images${film ? ", at the last frame" : ""}.`;
    section.append(
      make("h2", {}, "Nearest neighbours"),
      make("p", { class: "quiet" }, words),
      row(
        make("label", { for: "index" }, "Test image"),
        joined(back, this.index, next),
        random,
        ...(about.names.length > 1 ? [mistake] : []),
      ),
      row(
        make("label", {}, "Show", this.#countChoice()),
        make("label", {}, "by", this.#metricChoice(cosine)),
      ),
      this.pad,
      make(
        "div",
        { class: "query" },
        this.#picture,
        make("div", {}, this.#name, this.#number, this.verdict),
      ),
      this.#list,
    );
  }

  show() {
    const { drawing } = this;
    if (drawing) this.#showDrawing(drawing);
    else this.#showTest();
  }

  /** @param {Drawing} drawing */
  #showDrawing(drawing) {
    const { names } = this.#about;
    const neighbours = this.#search.nearestTo(drawing.vector);
    const [label, votes] = this.#search.vote(neighbours);
    showPicture(this.#picture, { canvas: () => drawing.picture }, 0);
    this.#name.replaceChildren(swatch(this.#color), "Your drawing");
    this.#number.replaceChildren("as the network gets it");
    const first = names[this.#search.galleryLabels[neighbours[0].row]];
    const said = `. ${votes} of ${neighbours.length} say `;
    this.#say(["The nearest is ", bdi(first), said, bdi(names[label]), "."]);
    this.#list.replaceChildren(...neighbours.map((neighbour, i) => this.#item(neighbour, i)));
  }

  #showTest() {
    const { query } = this;
    const { names } = this.#about;
    const label = this.#search.labels[query];
    const neighbours = this.#search.nearest(query);
    const number = this.#search.numbers[query];
    this.index.value = String(number);
    showPicture(this.#picture, this.#pictures.test, query);
    this.#name.replaceChildren(swatch(this.#about.colors[label]), bdi(names[label]));
    const words = `test image ${grouped(number)}`;
    this.#number.replaceChildren(linked(this.#links.queries[query], words));
    const verdict = this.#search.verdict(query, neighbours);
    const said = `${signOf(verdict.right)}${verdict.votes} of ${neighbours.length} say `;
    this.#say([said, bdi(names[verdict.label])], verdict.right);
    this.#list.replaceChildren(...neighbours.map((neighbour, i) => this.#item(neighbour, i)));
  }

  #countChoice() {
    const most = this.#search.galleryLabels.length;
    const counts = [...new Set([...FEW_OR_MANY, this.#search.k])].filter((k) => k <= most);
    counts.sort((a, b) => a - b);
    const options = counts.map((k) => ({ value: k, words: String(k) }));
    const select = choice(options, (k) => {
      this.#search.k = Number(k);
      this.#acts.changed();
    });
    select.value = String(this.#search.k);
    select.id = "k";
    return select;
  }

  /** @param {boolean} cosine */
  #metricChoice(cosine) {
    const select = choice(cosine ? METRICS : METRICS.slice(0, 1), (metric) => {
      this.#search.setMetric(/** @type {Metric} */ (metric));
      this.#acts.changed();
    });
    select.value = this.#search.metric;
    select.id = "metric";
    return select;
  }

  #anyQuery() {
    return Math.floor(Math.random() * this.#search.count);
  }

  #askTyped() {
    const { numbers } = this.#search;
    const number = Math.round(Number(this.index.value));
    if (this.index.value !== "" && Number.isFinite(number)) {
      this.#acts.ask(this.#search.queryNear(number));
    } else this.index.value = String(numbers[this.query]);
  }

  /** @param {1 | -1} by */
  #askBeside(by) {
    const { count } = this.#search;
    this.#acts.ask((this.query + by + count) % count);
  }

  #askMistake() {
    const { query, tried } = this.#search.mistakeFrom(this.#anyQuery(), this.query, PATIENCE);
    if (query !== null) this.#acts.ask(query);
    else if (tried === this.#search.count) this.#say(["There is no other mistake."]);
    else this.#say([`No other mistake among ${grouped(tried)} images.`]);
  }

  /**
   * @param {Neighbour} neighbour
   * @param {number} rank
   */
  #item({ row: number, distance }, rank) {
    const label = this.#search.galleryLabels[number];
    const name = this.#about.names[label];
    const right = this.drawing ? null : this.#search.judged(this.query, label);
    const added = number >= this.#search.own;
    const shown = added ? "your example" : `#${grouped(this.#search.galleryNumbers[number])}`;
    const picture = pictureCanvas();
    showPicture(picture, this.#pictures.gallery, number);
    const item = make(
      "li",
      { class: right === null ? "" : rightOrWrong(right), title: `${name}, distance ${distance}` },
      picture,
      make("span", { class: "name" }, signOf(right), bdi(name)),
      make("span", { class: "distance" }, shortDistance(distance)),
      make("span", { class: "quiet" }, linked(this.#links.gallery[number], shown)),
    );
    item.classList.toggle("added", added);
    Object.assign(item.dataset, { rank, row: number, distance });
    return item;
  }

  /**
   * @param {(Node | string)[]} words
   * @param {boolean | null} [right]
   */
  #say(words, right = null) {
    this.verdict.replaceChildren(...words);
    this.verdict.className = right === null ? "quiet" : rightOrWrong(right);
  }
}

/**
 * Write a name so that, if it is read from right to left, the words around it are not.
 * @param {string} name
 */
const bdi = (name) => make("bdi", {}, name);

/** @param {string} color */
function swatch(color) {
  const dot = make("i", { class: "swatch" });
  dot.style.background = color;
  return dot;
}

/**
 * Return words that lead to the file of a picture, or just the words.
 * @param {string | undefined} href
 * @param {string} words
 */
function linked(href, words) {
  if (!href) return words;
  const name = decodeURIComponent(href.split("/").at(-1) ?? "");
  return make("a", { href, target: "_blank", title: name }, words);
}

/** @param {boolean | null} right */
const signOf = (right) => (right === null ? "" : right ? "✓ " : "✗ ");

/** @param {boolean} right */
const rightOrWrong = (right) => (right ? "right" : "wrong");

/** @param {number} distance */
function shortDistance(distance) {
  if (distance === 0) return "0";
  return distance < 0.001 ? distance.toExponential(1) : distance.toPrecision(3);
}
