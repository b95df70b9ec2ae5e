// @ts-check
// A square to draw on with mouse, finger or pen. It draws its strokes, and tells of new ones.

/** @import { Stroke } from "./strokes.js" */

import { make, penOf } from "./dom.js";
import { drawStrokes, extend, placeIn } from "./strokes.js";

/** What an empty square says. */
export const HINT = "draw here";

export class DrawingSquare {
  /** @type {Stroke[]} */
  strokes = [];
  /** Of the ground and of the ink. */
  colors = ["#000000", "#ffffff"];
  hint = make("span", { class: "sx-hint" }, HINT);
  /** The stroke that is being drawn. @type {Stroke | null} */
  #stroke = null;
  /** The finger, pen or mouse that draws it. Others are ignored until it ends. */
  #pointer = 0;
  #watcher = new ResizeObserver(() => this.draw());
  #changed;

  /**
   * @param {string} label says what it is, and what to do without it
   * @param {(strokes: Stroke[]) => void} changed called with the strokes when the reader has drawn
   *   or undone one
   * @param {Node[]} above elements that lie on it
   */
  constructor(label, changed, ...above) {
    this.#changed = changed;
    this.canvas = make("canvas", {
      class: "sx-ink",
      tabindex: 0,
      role: "img",
      "aria-label": label,
    });
    this.root = make("div", { class: "sx-square" }, this.canvas, this.hint, ...above);
    this.#listen();
    this.#watcher.observe(this.canvas);
  }

  destroy() {
    this.#watcher.disconnect();
  }

  undo() {
    if (this.strokes.length) this.#changed(this.strokes.slice(0, -1));
  }

  clear() {
    if (this.strokes.length) this.#changed([]);
  }

  draw() {
    const strokes = this.#stroke ? [...this.strokes, this.#stroke] : this.strokes;
    const [ground, ink] = this.colors;
    this.canvas.style.background = ground;
    this.canvas.style.color = this.hint.style.color = ink;
    drawStrokes(penOf(this.canvas), strokes);
    this.hint.hidden = strokes.length > 0;
  }

  /**
   * Undo with Ctrl+Z while an element in another one has the focus; in a box to type in, the
   * browser undoes the typing.
   * @param {HTMLElement} element
   */
  undoWithin(element) {
    element.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "z") return;
      if (event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      this.undo();
    });
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.#stroke) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.#pointer = event.pointerId;
      this.#stroke = [];
      this.#extend(this.#stroke, event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#stroke && event.pointerId === this.#pointer) this.#extend(this.#stroke, event);
    });
    canvas.addEventListener("pointerup", (event) => this.#end(event));
    canvas.addEventListener("pointercancel", (event) => this.#end(event));
  }

  /**
   * @param {Stroke} stroke
   * @param {PointerEvent} event
   */
  #extend(stroke, event) {
    const box = this.canvas.getBoundingClientRect();
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) extend(stroke, placeIn(box, each));
    this.draw();
  }

  /** @param {PointerEvent} event */
  #end({ pointerId }) {
    const stroke = this.#stroke;
    if (!stroke || pointerId !== this.#pointer) return;
    this.#stroke = null;
    this.#changed([...this.strokes, stroke]);
  }
}
