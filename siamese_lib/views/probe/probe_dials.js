// @ts-check
// What stands next to the maps: the picture to drag, a slider for each dial, and the subjects.

/** @import { ProbeDial } from "./probe_grid.js" */
/** @import { PictureSource } from "../js/pictures.js" */

import { make, newId, penOf, set } from "../js/dom.js";
import { placeAfter } from "./probe_grid.js";
import { probeHint, probeNodes } from "./probe_words.js";

const STEP_PIXELS = /** @type {const} */ ([5, 40]); // the least and the most of a drag for one value
const LARGE_SIDE = 240; // pixels of the picture, about
const OPPOSITE = { right: /\b(left|leftwards)\b/i, up: /\b(down|downwards)\b/i };

/**
 * Return after how many pixels of a drag a dial has its next value; below 0 the other way.
 * @param {ProbeDial} dial
 * @param {"right" | "up"} way in which it is dragged
 */
export function pixelsForStep({ name, values }, way) {
  const pixels = Math.min(Math.max(LARGE_SIDE / values.length, STEP_PIXELS[0]), STEP_PIXELS[1]);
  return OPPOSITE[way].test(name) ? -pixels : pixels;
}

/** The picture, which can be dragged. */
export class ProbePicture {
  #canvas = make("canvas", { class: "pr-picture", role: "img" });

  /**
   * @param {ProbeDial[]} dials
   * @param {object} acts
   * @param {() => number[]} acts.hold called when a drag begins; returns the places of the dials
   * @param {(places: number[], dial: number) => void} acts.drag called with the dial that the drag
   *   has moved most
   * @param {() => void} acts.end
   */
  constructor(dials, { hold, drag, end }) {
    set(this.#canvas, { "data-dials": Math.min(dials.length, 2) });
    const hint = make("p", { class: "pr-hint" }, ...probeNodes(probeHint(dials)));
    this.element = make("div", {}, this.#canvas, hint);
    /** @type {{ x: number, y: number, places: number[] } | null} */
    let start = null;
    this.#canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      this.#canvas.setPointerCapture(event.pointerId);
      start = { x: event.clientX, y: event.clientY, places: hold() };
    });
    this.#canvas.addEventListener("pointermove", (event) => {
      if (!start) return;
      const far = [event.clientX - start.x, start.y - event.clientY];
      const places = [...start.places];
      dials.slice(0, 2).forEach((dial, i) => {
        const steps = Math.round(far[i] / pixelsForStep(dial, i ? "up" : "right"));
        places[i] = placeAfter(dial, places[i], steps);
      });
      drag(places, dials.length > 1 && Math.abs(far[1]) > Math.abs(far[0]) ? 1 : 0);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      this.#canvas.addEventListener(name, () => {
        if (start) end();
        start = null;
      });
    }
  }

  /**
   * @param {HTMLCanvasElement | null} picture
   * @param {string} words
   */
  show(picture, words) {
    set(this.#canvas, { "aria-label": words });
    if (!picture) return;
    if (this.#canvas.width !== picture.width) this.#canvas.width = picture.width;
    if (this.#canvas.height !== picture.height) this.#canvas.height = picture.height;
    penOf(this.#canvas).drawImage(picture, 0, 0);
  }
}

/** A slider with the name and the value of a dial. */
export class ProbeSlider {
  #words;
  #value = make("bdi", { class: "pr-value" });
  #input;

  /**
   * @param {ProbeDial} dial
   * @param {(place: number) => void} changed
   * @param {() => void} ended
   */
  constructor(dial, changed, ended) {
    this.#words = dial.words;
    const id = newId("pr-dial");
    const last = dial.values.length - 1;
    this.#input = make("input", { type: "range", id, min: 0, max: last, step: 1 });
    this.#input.addEventListener("input", () => changed(Number(this.#input.value)));
    this.#input.addEventListener("change", ended);
    this.#input.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      const place = Number(this.#input.value);
      if (!step || !dial.periodic || (place + step >= 0 && place + step <= last)) return;
      event.preventDefault();
      changed(placeAfter(dial, place, step));
      ended();
    });
    const head = make(
      "div",
      { class: "pr-dial-head" },
      make("label", { for: id }, make("bdi", {}, dial.name)),
      this.#value,
    );
    this.element = make("div", { class: "pr-dial" }, head, this.#input);
  }

  /** @param {number} place */
  show(place) {
    this.#input.value = String(place);
    this.#value.textContent = this.#words[place];
    set(this.#input, { "aria-valuetext": this.#words[place] });
  }
}

/** Radio buttons with words, or with a small picture of which the words are the name. */
export class ProbeRadios {
  #inputs;
  #pictures;

  /**
   * @param {string} title
   * @param {string[]} options
   * @param {boolean} small whether there are pictures
   * @param {(option: number) => void} chosen
   */
  constructor(title, options, small, chosen) {
    const name = newId("pr-radios");
    this.#pictures = options.map(() => make("canvas", { "aria-hidden": "true" }));
    this.#inputs = options.map((words, i) => {
      const input = make("input", { type: "radio", name, "aria-label": words, title: words });
      input.addEventListener("change", () => chosen(i));
      return input;
    });
    const labels = options.map((words, i) =>
      make("label", {}, this.#inputs[i], small ? this.#pictures[i] : make("bdi", {}, words)),
    );
    const kind = small ? "pr-radios pr-subjects" : "pr-radios";
    const head = make("span", { class: "pr-radios-title", id: `${name}-title` }, title);
    const attributes = { class: kind, role: "radiogroup", "aria-labelledby": `${name}-title` };
    this.element = make("div", attributes, head, ...labels);
  }

  /** @param {number} option */
  show(option) {
    this.#inputs.forEach((input, i) => (input.checked = i === option));
  }

  /**
   * @param {PictureSource} pictures
   * @param {number[]} images one for each option
   */
  picture(pictures, images) {
    images.forEach((image, i) => {
      const canvas = pictures.canvas(image);
      Object.assign(this.#pictures[i], { width: canvas.width, height: canvas.height });
      penOf(this.#pictures[i]).drawImage(canvas, 0, 0);
    });
  }
}
