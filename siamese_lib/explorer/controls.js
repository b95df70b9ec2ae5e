// @ts-check
// Two sliders: the number of neighbours, and the step of the training.

/** @import { Model } from "../views/js/widget_model.js" */

import { make, set } from "../views/js/dom.js";
import { grouped } from "../views/js/numbers.js";
import { Reporter } from "../views/js/reporter.js";
import { follow, save, valuesOf } from "../views/js/widget_model.js";

/**
 * @typedef {object} Choices
 * @property {number} k neighbours
 * @property {number} most of them
 * @property {number} frame
 * @property {number[]} steps one for each frame
 * @property {number[]} quick frames whose answers are quick
 * @property {string} waiting what the reader waits for
 * @property {string} note in place of the second slider
 */

const CHOICES = {
  k: "k",
  most: "most",
  frame: "frame",
  steps: "steps",
  quick: "quick",
  waiting: "waiting",
  note: "note",
};

class Slider {
  #value = make("output");
  held = false; // by the reader's hand, which says where it is
  #words;

  /**
   * @param {string} name
   * @param {(value: number) => string} words
   * @param {(value: number, resting: boolean) => void} moved
   */
  constructor(name, words, moved) {
    this.#words = words;
    this.range = make("input", { type: "range", min: 0, step: 1, "aria-label": name });
    this.element = make("label", { class: "sx-slider" }, name, this.range, this.#value);
    this.range.addEventListener("input", () => {
      this.#say();
      moved(Number(this.range.value), false);
    });
    this.range.addEventListener("change", () => moved(Number(this.range.value), true));
    this.range.addEventListener("pointerdown", () => (this.held = true));
    for (const event of ["pointerup", "pointercancel", "lostpointercapture"]) {
      this.range.addEventListener(event, () => (this.held = false));
    }
  }

  /**
   * @param {number} low
   * @param {number} high
   * @param {number} value
   */
  show(low, high, value) {
    set(this.range, { min: low, max: high });
    if (!this.held) this.range.value = String(value);
    this.#say();
  }

  #say() {
    const words = this.#words(Number(this.range.value));
    this.#value.textContent = words;
    set(this.range, { "aria-valuetext": words });
  }
}

class ControlPanel {
  #note = make("p", { class: "sx-quiet sx-note", role: "status" });
  #hint = ""; // stays until the hand lets go, whatever answers come meanwhile
  #model;
  #reporter;

  /**
   * @param {HTMLElement} element
   * @param {Model} model
   */
  constructor(element, model) {
    this.#model = model;
    this.#reporter = new Reporter((changes) => save(model, changes));
    this.neighbours = new Slider("neighbours", String, (k) => this.#reporter.note({ k }));
    this.step = new Slider("at step", this.#stepWords.bind(this), (frame, resting) => {
      const quick = resting || this.#choices.quick.includes(frame);
      if (quick) this.#reporter.note({ frame });
      this.#hint = quick ? "" : "Let go to see the answer at this step.";
      this.#note.textContent = this.#hint;
    });
    const sliders = [this.neighbours.element, this.step.element];
    this.root = make("div", { class: "sx-controls" }, ...sliders, this.#note);
    element.append(this.root);
    this.show();
  }

  destroy() {
    this.#reporter.flush();
    this.root.remove();
  }

  /** @returns {Choices} */
  get #choices() {
    return /** @type {any} */ (valuesOf(this.#model, CHOICES));
  }

  show() {
    const { k, most, frame, steps, waiting, note } = this.#choices;
    this.neighbours.show(1, most, k);
    this.step.show(0, steps.length - 1, frame);
    this.step.element.hidden = steps.length < 2;
    this.#note.textContent = (this.step.held && this.#hint) || waiting || note;
  }

  /** @param {number} frame */
  #stepWords(frame) {
    return grouped(this.#choices.steps[frame] ?? 0);
  }
}

/** @param {{ model: Model, el: HTMLElement }} widget */
function render({ model, el }) {
  const panel = new ControlPanel(el, model);
  const stop = follow(model, CHOICES, () => panel.show());
  return () => {
    stop();
    panel.destroy();
  };
}

export default { render };
