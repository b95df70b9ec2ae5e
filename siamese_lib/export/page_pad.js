// @ts-check
// A pad to draw on. The page's own network embeds the drawing, which may become an example.

/** @import { Stroke } from "../views/js/strokes.js" */
/** @import { PageData } from "./page_data.js" */
/** @import { Drawing, Example, Examples } from "./page_examples.js" */
/** @import { Network } from "./page_network.js" */

import { make, set } from "../views/js/dom.js";
import { DrawingSquare, HINT } from "../views/js/drawing_square.js";
import { Pictures } from "../views/js/pictures.js";
import { drawnImage } from "./page_handwriting.js";
import { button, pictureCanvas, row, showPicture } from "./page_widgets.js";

const PAD_LABEL = "Drawing pad. Without drawing, choose a test image by its number.";

export class DrawingPad {
  /** @type {Drawing | null} */
  drawing = null;
  #preview = make("canvas", { class: "sx-prepared", role: "img" });
  #square = new DrawingSquare(PAD_LABEL, (strokes) => this.#draw(strokes), this.#preview);
  #name = make("input", { type: "text", id: "name", maxlength: 60, value: "my symbol" });
  #add = button("Add it as an example", () => this.#addExample());
  #find = button("Find", () => this.#acts.drawn(this.drawing));
  #said = make("p", { class: "quiet", role: "status" });
  #list = make("ul", { id: "examples", "aria-label": "Your examples" });
  #kept = make(
    "div",
    { class: "kept" },
    make("p", { class: "quiet" }, "Kept while this page is open:"),
    this.#list,
  );
  #network;
  #data;
  #examples;
  #acts;

  /**
   * @param {HTMLElement} element
   * @param {NonNullable<PageData["drawing"]>} data
   * @param {Network} network
   * @param {Examples} examples
   * @param {object} acts
   * @param {(drawing: Drawing | null) => void} acts.drawn called with the drawing to show
   * @param {() => void} acts.changed called when examples were added or removed
   */
  constructor(element, data, network, examples, acts) {
    this.#data = data;
    this.#network = network;
    this.#examples = examples;
    this.#acts = acts;
    const square = this.#square;
    square.colors = data.colors;
    set(element, { role: "group", "aria-label": "Drawing" });
    set(this.#preview, { "aria-label": "The drawing as the network gets it" });
    const undo = button("Undo", () => square.undo());
    const clear = button("Clear", () => square.clear());
    element.append(
      square.root,
      make(
        "div",
        { class: "acts" },
        row(undo, clear, this.#find),
        make("label", { for: "name" }, "Name", this.#name),
        this.#add,
        this.#said,
      ),
      this.#kept,
    );
    square.undoWithin(element);
    this.#show();
  }

  /** What is drawn. */
  get strokes() {
    return this.#square.strokes;
  }

  /** @param {Stroke[]} strokes */
  #draw(strokes) {
    this.#square.strokes = strokes;
    if (strokes.length) this.#said.textContent = "";
    this.drawing = strokes.length ? this.#embedded(strokes) : null;
    this.#show();
    this.#acts.drawn(this.drawing);
  }

  /** @param {Stroke[]} strokes */
  #embedded(strokes) {
    const { shape } = this.#data.tower;
    const pixels = drawnImage(strokes, shape, this.#data);
    const picture = new Pictures([1, ...shape], pixels).canvas(0);
    return { pixels, vector: this.#network.embed(pixels), picture };
  }

  #show() {
    const { drawing } = this;
    this.#square.draw();
    this.#preview.hidden = drawing === null;
    if (drawing) showPicture(this.#preview, { canvas: () => drawing.picture }, 0);
    this.#add.disabled = this.#find.disabled = drawing === null;
    this.#kept.hidden = this.#examples.all.length === 0;
    this.#list.replaceChildren(...this.#examples.all.map((_, i) => this.#item(i)));
  }

  #addExample() {
    const name = this.#name.value.trim();
    if (!this.drawing) return;
    if (!name) {
      this.#said.textContent = "Give it a name first.";
      this.#name.focus();
      return;
    }
    this.#examples.add(name, this.drawing, this.#data.color);
    this.#acts.changed();
    this.#said.textContent = `“${name}” can be found now. Draw it once more.`;
    this.#square.hint.textContent = "draw it once more";
    this.#square.clear();
    this.#square.canvas.focus({ preventScroll: true });
  }

  /** @param {number} place */
  #item(place) {
    const { all } = this.#examples;
    const example = all[place];
    const name = this.#examples.nameOf(example);
    const picture = pictureCanvas();
    showPicture(picture, { canvas: () => example.picture }, 0);
    const remove = button("Remove", () => this.#remove(example));
    const number = all.slice(0, place + 1).filter(({ label }) => label === example.label).length;
    remove.setAttribute("aria-label", `Remove ${name}, example ${number}`);
    return make("li", {}, picture, make("bdi", { class: "name" }, name), remove);
  }

  /** @param {Example} example */
  #remove(example) {
    const place = this.#examples.all.indexOf(example);
    this.#examples.remove(example);
    this.#acts.changed();
    this.#said.textContent = `One example of “${this.#examples.nameOf(example)}” was removed.`;
    this.#square.hint.textContent = HINT;
    this.#show();
    const others = this.#list.querySelectorAll("button");
    if (others.length) others[Math.min(place, others.length - 1)].focus();
    else this.#square.canvas.focus({ preventScroll: true });
  }
}
