// @ts-check
// An answer that is a curve: drawn with the pointer, or point by point with the arrow keys.

/** @import { Asked, AnswerBox } from "./prediction.js" */
/** @import { Sketch, Spot } from "./sketch.js" */

import { make, makeSvg, set } from "../js/dom.js";
import { clamp } from "../js/numbers.js";
import { nearestPoint, nudged, sketched } from "./sketch.js";

const ROOM = { top: 14, right: 24, bottom: 40, left: 64 }; // pixels around the plot
const TALL = 240; // pixels
const KEY_STEPS = 20; // of an arrow key, from end to end
/** @type {Record<string, [along: number, up: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const CURVE_HELP =
  "Draw with the pointer. Or press the left and right arrow keys to choose a point, and up and " +
  "down to move it.";

/** @implements {AnswerBox} */
export class CurveAnswer {
  #asked;
  #onAnswer;
  /** @type {Sketch} */
  #sketch;
  #point = 0; // that the arrow keys move
  #wide = 0;
  #live = make("div", { class: "sv-unseen", "aria-live": "polite" });
  #svg = makeSvg("svg", { "aria-hidden": "true", height: TALL });
  #plot;

  /**
   * @param {Asked} asked
   * @param {(answer: unknown, final: boolean) => void} onAnswer
   */
  constructor(asked, onAnswer) {
    this.#asked = asked;
    this.#onAnswer = onAnswer;
    this.#sketch = asked.x.map(() => null);
    const label = `${asked.axes[1]} over ${asked.axes[0]}. ${CURVE_HELP}`;
    this.#plot = make("div", { tabindex: 0, role: "application", "aria-label": label }, this.#svg);
    this.root = make(
      "div",
      { class: "sp-curve" },
      this.#plot,
      make("p", { class: "sp-help" }, CURVE_HELP),
      this.#live,
    );
    this.#listenToPointer();
    this.#plot.addEventListener("keydown", (event) => this.#key(event));
    this.watcher = new ResizeObserver(() => this.#draw());
    this.watcher.observe(this.#plot);
  }

  destroy() {
    this.watcher.disconnect();
  }

  /** @param {Sketch | null} answer */
  show(answer) {
    this.#sketch = answer ?? this.#asked.x.map(() => null);
    this.#draw();
  }

  /** The point that the arrow keys move, in words. */
  get #spot() {
    const value = this.#sketch[this.#point];
    const { x, axes, digits, unit } = this.#asked;
    const height = value === null ? "nothing drawn" : `${value.toFixed(digits)} ${unit}`.trim();
    return `${axes[0]} ${x[this.#point]}: ${height}`;
  }

  #listenToPointer() {
    /** @type {Spot | null} */
    let from = null;
    const plot = this.#plot;
    /** @param {PointerEvent} event @param {boolean} final */
    const draw = (event, final) => {
      if (!from) return;
      const to = this.#spotAt(event);
      this.#change(sketched(this.#sketch, this.#asked.x, from, to), final);
      this.#point = nearestPoint(this.#asked.x, to.x);
      from = final ? null : to;
    };
    plot.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      plot.setPointerCapture(event.pointerId);
      from = this.#spotAt(event);
      draw(event, false);
    });
    plot.addEventListener("pointermove", (event) => draw(event, false));
    plot.addEventListener("pointerup", (event) => draw(event, true));
    plot.addEventListener("pointercancel", (event) => draw(event, true));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, low, high } = this.#asked;
    this.#point = clamp(this.#point + arrow[0], 0, x.length - 1);
    const by = (arrow[1] * (high - low)) / KEY_STEPS;
    this.#change(by ? nudged(this.#sketch, this.#point, by, low, high) : this.#sketch, true);
    this.#live.textContent = this.#spot;
  }

  /** @param {Sketch} sketch @param {boolean} final */
  #change(sketch, final) {
    this.#onAnswer(sketch.every((value) => value === null) ? null : sketch, final);
  }

  /** @param {PointerEvent} event @returns {Spot} */
  #spotAt(event) {
    const box = this.#svg.getBoundingClientRect();
    const { x, low, high } = this.#asked;
    const along = (event.clientX - box.left - ROOM.left) / this.#wide;
    const up = 1 - (event.clientY - box.top - ROOM.top) / (TALL - ROOM.top - ROOM.bottom);
    const [first, last] = [x[0], x[x.length - 1]];
    return {
      x: clamp(first + along * (last - first), first, last),
      y: clamp(low + up * (high - low), low, high),
    };
  }

  #draw() {
    const width = this.#plot.clientWidth;
    if (!width) return;
    const { x, low, high, axes, digits, unit } = this.#asked;
    this.#wide = width - ROOM.left - ROOM.right;
    const bottom = TALL - ROOM.bottom;
    const [first, last] = [x[0], x[x.length - 1]];
    /** @param {number} value */
    const across = (value) => ROOM.left + ((value - first) / (last - first)) * this.#wide;
    /** @param {number} value */
    const down = (value) => bottom - ((value - low) / (high - low)) * (bottom - ROOM.top);
    /** @param {number} value */
    const written = (value) => `${value.toFixed(digits)} ${unit}`.trim();
    const drawn = x.flatMap((value, i) => {
      const height = this.#sketch[i];
      return height === null ? [] : [{ i, x: across(value), y: down(height) }];
    });
    const axis = `M${ROOM.left} ${ROOM.top}V${bottom}H${width - ROOM.right}`;
    const middle = ROOM.left + this.#wide / 2;
    set(this.#svg, { viewBox: `0 0 ${width} ${TALL}`, width });
    this.#svg.replaceChildren(
      makeSvg("path", { class: "sp-axis", d: axis }),
      makeSvg("line", {
        class: "sp-cursor",
        x1: across(x[this.#point]),
        x2: across(x[this.#point]),
        y1: ROOM.top,
        y2: bottom,
      }),
      axisText(ROOM.left - 8, ROOM.top + 5, "end", written(high)),
      axisText(ROOM.left - 8, bottom + 4, "end", written(low)),
      axisText(ROOM.left + 10, ROOM.top + 5, "start", axes[1]),
      axisText(ROOM.left, bottom + 20, "middle", String(first)),
      axisText(width - ROOM.right, bottom + 20, "middle", String(last)),
      axisText(middle, bottom + 20, "middle", axes[0]),
      makeSvg("path", {
        class: "sp-sketch",
        d: drawn.map((spot, k) => `${k ? "L" : "M"}${spot.x} ${spot.y}`).join(""),
      }),
      ...drawn.map((spot) =>
        makeSvg("circle", {
          class: spot.i === this.#point ? "sp-dot sp-held" : "sp-dot",
          cx: spot.x,
          cy: spot.y,
          r: spot.i === this.#point ? 6 : 4,
        }),
      ),
    );
  }
}

/** @param {number} x @param {number} y @param {string} anchor @param {string} words */
const axisText = (x, y, anchor, words) => makeSvg("text", { x, y, "text-anchor": anchor }, words);
