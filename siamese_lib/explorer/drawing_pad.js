// @ts-check
// A square to draw on with mouse, finger or pen, and a way to bring a picture.
//
// The trait `strokes` is sent when a stroke ends. Strokes that Python sets are drawn. `preview` is
// what the network gets.

/** @import { Model } from "../views/js/widget_model.js" */
/** @import { Stroke } from "./strokes.js" */

import { make, penOf } from "../views/js/dom.js";
import { follow, save } from "../views/js/widget_model.js";
import { drawStrokes, extend, placeIn } from "./strokes.js";

const MOST = 8_000_000; // bytes of a picture that a message may carry
// What file dialogs offer; any file can be dropped, and Python says if it is no picture.
const OFFERED = "image/*,.tga,.pcx,.pgm,.ppm,.pbm,.pnm,.jp2,.psd,.sgi,.dds";
const TRAITS = { strokes: "strokes", preview: "preview", colors: "colors" };

class Pad {
  #model;
  #canvas = make("canvas", {
    class: "sx-ink",
    tabindex: 0,
    role: "img",
    "aria-label": "Drawing pad. To choose an image without drawing, use the index box or a file.",
  });
  #hint = make("span", { class: "sx-hint" }, "draw here");
  #preview = make("img", { class: "sx-prepared", alt: "the drawing as the network gets it" });
  #file = make("input", { type: "file", accept: OFFERED, hidden: "" });
  #watcher = new ResizeObserver(() => this.draw());
  /** The stroke that is being drawn. @type {Stroke | null} */
  #stroke = null;

  /**
   * @param {HTMLElement} element
   * @param {Model} model
   */
  constructor(element, model) {
    this.#model = model;
    /** @param {string} words @param {() => void} onclick @param {string} title */
    const button = (words, onclick, title) =>
      make("button", { type: "button", onclick, title }, words);
    this.root = make(
      "div",
      { class: "sx-pad" },
      make("div", { class: "sx-bar" }, make("h3", {}, "or bring your own")),
      make("div", { class: "sx-square" }, this.#canvas, this.#hint, this.#preview),
      make(
        "div",
        { class: "sx-bar" },
        button("Undo", () => this.#undo(), "Undo the last stroke"),
        button("Clear", () => this.#change([]), "Clear the drawing"),
        button("Find", () => model.send({ act: "find" }), "Find the images nearest to the drawing"),
        button("Upload…", () => this.#file.click(), "Upload a picture"),
      ),
      this.#file,
    );
    element.append(this.root);
    this.#listenToPen();
    this.#listenToPictures();
    this.#watcher.observe(this.#canvas);
  }

  destroy() {
    this.#watcher.disconnect();
  }

  /** @returns {Stroke[]} */
  get #strokes() {
    return this.#model.get("strokes");
  }

  /** @param {Stroke[]} strokes */
  #change(strokes) {
    save(this.#model, { strokes });
  }

  #undo() {
    this.#change(this.#strokes.slice(0, -1));
  }

  draw() {
    const strokes = this.#stroke ? [...this.#strokes, this.#stroke] : this.#strokes;
    const [ground, ink] = this.#model.get("colors");
    this.#canvas.style.background = ground;
    this.#canvas.style.color = this.#hint.style.color = ink;
    drawStrokes(penOf(this.#canvas), strokes);
    this.#hint.hidden = strokes.length > 0;
    const preview = this.#model.get("preview");
    this.#preview.hidden = !preview;
    this.#preview.src = preview;
  }

  // ---------------------------------------------------------------- the pen

  #listenToPen() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.#stroke) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.#stroke = [];
      this.#extend(this.#stroke, event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#stroke && canvas.hasPointerCapture(event.pointerId))
        this.#extend(this.#stroke, event);
    });
    canvas.addEventListener("pointerup", () => this.#end());
    canvas.addEventListener("pointercancel", () => this.#end());
    this.root.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "z") return;
      event.preventDefault();
      this.#undo();
    });
  }

  /**
   * @param {Stroke} stroke
   * @param {PointerEvent} event
   */
  #extend(stroke, event) {
    const box = this.#canvas.getBoundingClientRect();
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) extend(stroke, placeIn(box, each));
    this.draw();
  }

  #end() {
    const stroke = this.#stroke;
    if (!stroke) return;
    this.#stroke = null;
    this.#change([...this.#strokes, stroke]);
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
