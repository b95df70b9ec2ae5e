// @ts-check
// A square to draw on with mouse, finger or pen, and a way to bring a picture.
//
// The trait `strokes` is sent when a stroke ends. Strokes that Python sets are drawn. `preview` is
// what the network gets.

/** @import { Model } from "../views/js/widget_model.js" */

import { make } from "../views/js/dom.js";
import { DrawingSquare } from "../views/js/drawing_square.js";
import { follow, save, valuesOf } from "../views/js/widget_model.js";

const MOST = 8_000_000; // bytes of a picture that a message may carry
// What file dialogs offer; any file can be dropped, and Python says if it is no picture.
const OFFERED = "image/*,.tga,.pcx,.pgm,.ppm,.pbm,.pnm,.jp2,.psd,.sgi,.dds";
const LABEL = "Drawing pad. To choose an image without drawing, use the index box or a file.";
const TRAITS = { strokes: "strokes", preview: "preview", colors: "colors" };

class Pad {
  #model;
  #preview = make("img", { class: "sx-prepared", alt: "the drawing as the network gets it" });
  #file = make("input", { type: "file", accept: OFFERED, hidden: "" });
  #square = new DrawingSquare(LABEL, (strokes) => save(this.#model, { strokes }), this.#preview);

  /**
   * @param {HTMLElement} element
   * @param {Model} model
   */
  constructor(element, model) {
    this.#model = model;
    const square = this.#square;
    /** @param {string} words @param {() => void} onclick @param {string} title */
    const button = (words, onclick, title) =>
      make("button", { type: "button", onclick, title }, words);
    this.root = make(
      "div",
      { class: "sx-pad" },
      make("div", { class: "sx-bar" }, make("h3", {}, "or bring your own")),
      square.root,
      make(
        "div",
        { class: "sx-bar" },
        button("Undo", () => square.undo(), "Undo the last stroke"),
        button("Clear", () => square.clear(), "Clear the drawing"),
        button("Find", () => model.send({ act: "find" }), "Find the images nearest to the drawing"),
        button("Upload…", () => this.#file.click(), "Upload a picture"),
      ),
      this.#file,
    );
    element.append(this.root);
    square.undoWithin(this.root);
    this.#listenToPictures();
    this.draw();
  }

  destroy() {
    this.#square.destroy();
  }

  draw() {
    const { strokes, colors, preview } = valuesOf(this.#model, TRAITS);
    Object.assign(this.#square, { strokes, colors });
    this.#square.draw();
    this.#preview.hidden = !preview;
    this.#preview.src = preview;
  }

  // ---------------------------------------------------------------- pictures

  #listenToPictures() {
    this.#file.addEventListener("change", () => {
      this.#bring(this.#file.files?.[0]);
      this.#file.value = ""; // so that the same file can be chosen again
    });
    this.root.addEventListener("dragover", (event) => event.preventDefault());
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#bring(event.dataTransfer?.files[0]);
    });
  }

  /** @param {File | undefined} picture */
  async #bring(picture) {
    if (!picture) return;
    if (picture.size > MOST) {
      const size = Math.ceil(picture.size / 1e5) / 10; // MB
      this.#fail(
        picture,
        ` has ${size} MB; expected at most ${MOST / 1e6} MB. Choose a smaller picture.`,
      );
      return;
    }
    try {
      const buffers = [await picture.arrayBuffer()];
      this.#model.send({ act: "upload", value: picture.name }, undefined, buffers);
    } catch (error) {
      this.#fail(picture, ` cannot be read: ${/** @type {Error} */ (error).message}.`);
    }
  }

  /**
   * @param {File} picture
   * @param {string} words
   */
  #fail(picture, words) {
    this.#model.send({ act: "fail", value: `${picture.name}${words}` });
  }
}

/** @param {{ model: Model, el: HTMLElement }} widget */
function render({ model, el }) {
  const pad = new Pad(el, model);
  const stop = follow(model, TRAITS, () => pad.draw());
  return () => {
    stop();
    pad.destroy();
  };
}

export default { render };
