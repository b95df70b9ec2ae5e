// @ts-check
// What stands next to the map: the loss in its two parts, the pairs, and the controls.

/** @import { Means, PointForces } from "./forces.js" */
/** @import { SpringsState } from "./springs_view.js" */

import { Choice } from "../js/choice.js";
import { make } from "../js/dom.js";
import { LogSlider, threeDigits } from "../js/log_slider.js";
import { shortNumber } from "../js/numbers.js";
import { decimalsUpTo, scaleEnd, springsPercent } from "./springs_words.js";

/**
 * @typedef {object} Reading
 * @property {PointForces} forces
 * @property {number} usual the loss if all points were in one place; without the push, the loss at
 *   the start
 * @property {number} radius
 * @property {number} start radius at the start
 */

/** @typedef {[low: number, high: number]} Range */

const SLIDER_RANGE = /** @type {Range} */ ([0.1, 10]); // of margin and learning rate, as in state.py

export class SpringsPanel {
  #loss = make("output", { class: "sp-loss-value" });
  #bar = new SpringsBar(["pull", "push"]);
  #together = make("div", { class: "sp-together" });
  #end = make("span");
  #togetherWords = make("span", { class: "sp-together-words" });
  #pairs = new SpringsBar(["pull", "push", "idle"]);
  #radius = make("span");
  /** @type {Record<string, { element: HTMLElement, show: (value: any) => void }>} */
  #controls;

  /**
   * @param {boolean} withPictures whether there are any
   * @param {(changes: Partial<SpringsState>) => void} changed
   * @param {() => void} ended called when a slider was let go
   */
  constructor(withPictures, changed, ended) {
    this.#controls = {
      margin: withTicks("margin", (margin) => changed({ margin }), ended),
      learning_rate: withTicks("learning rate", (rate) => changed({ learning_rate: rate }), ended),
      push: named(
        "push",
        [
          { value: true, words: "on", title: "Different points push each other" },
          { value: false, words: "off", title: "Only similar points act on each other" },
        ],
        (push) => changed({ push }),
      ),
      means: named(
        "loss",
        [
          { value: "two", words: "two means", title: "A mean over each kind of pair" },
          { value: "one", words: "one mean", title: "One mean over all pairs" },
        ],
        (means) => changed({ means: /** @type {Means} */ (means) }),
      ),
      follow: named(
        "scale",
        [
          { value: false, words: "stays", title: "The scale of the map stays the same" },
          { value: true, words: "follows", title: "The map zooms with the points" },
        ],
        (follow) => changed({ follow }),
      ),
    };
    if (withPictures) {
      this.#controls.pictures = named(
        "show",
        [
          { value: true, words: "images", title: "The image of each point" },
          { value: false, words: "points", title: "The class of each point" },
        ],
        (pictures) => changed({ pictures }),
      );
    }
    const controls = Object.values(this.#controls).map(({ element }) => element);
    this.element = make(
      "div",
      { class: "sp-side" },
      this.#readings(),
      make("div", { class: "sp-controls" }, ...controls),
    );
  }

  /**
   * @param {SpringsState} state
   * @param {Reading} reading
   */
  show(state, { forces, usual, radius, start }) {
    for (const [name, control] of Object.entries(this.#controls)) {
      control.show(state[/** @type {keyof SpringsState} */ (name)]);
    }
    const { pullLoss, pushLoss, similar, pushing, different } = forces;
    const loss = pullLoss + pushLoss;
    const whole = scaleEnd(Math.max(loss, usual, 1e-9));
    /** @param {number} part */
    const words = (part) => part.toFixed(decimalsUpTo(whole));
    this.#loss.textContent = words(loss);
    this.#bar.show([pullLoss, pushLoss], whole, [
      `pull ${words(pullLoss)}`,
      state.push ? `push ${words(pushLoss)}` : "push off",
    ]);
    this.#end.textContent = threeDigits(whole);
    this.#togetherWords.textContent = `all in one dot: ${threeDigits(usual)}`;
    for (const mark of [this.#together, this.#togetherWords]) {
      mark.hidden = !state.push;
      mark.style.setProperty("--sp-at", `${(100 * usual) / whole}%`);
    }
    const idle = different - pushing;
    this.#pairs.show([similar, pushing, idle], similar + different, [
      `${similar} pull`,
      `${pushing} push`,
      state.push ? `${idle} beyond the margin: no force` : `${idle} do nothing`,
    ]);
    this.#radius.textContent = `${shortNumber(radius)}, ${springsPercent(radius, start)} of the start`;
  }

  #readings() {
    return make(
      "div",
      { class: "sp-readings" },
      make("div", { class: "sp-loss" }, make("span", {}, "loss"), this.#loss),
      make(
        "div",
        { class: "sp-scale" },
        this.#bar.bar,
        this.#together,
        make(
          "div",
          { class: "sp-ends", "aria-hidden": "true" },
          make("span", {}, "0"),
          this.#togetherWords,
          this.#end,
        ),
      ),
      this.#bar.words,
      make("div", { class: "sp-title" }, "pairs"),
      this.#pairs.bar,
      this.#pairs.words,
      make("div", { class: "sp-radius" }, make("span", {}, "radius"), this.#radius),
    );
  }
}

/** A bar of several parts, and words for each. */
class SpringsBar {
  #parts;
  #keys;

  /** @param {string[]} kinds */
  constructor(kinds) {
    this.#parts = kinds.map((kind) => make("i", { class: `sp-part-${kind}` }));
    this.#keys = kinds.map((kind) => make("span", { class: `sp-key sp-key-${kind}` }));
    this.bar = make("div", { class: "sp-split", "aria-hidden": "true" }, ...this.#parts);
    this.words = make("div", { class: "sp-keys" }, ...this.#keys);
  }

  /**
   * @param {number[]} values
   * @param {number} whole
   * @param {string[]} words
   */
  show(values, whole, words) {
    values.forEach((value, i) => {
      this.#parts[i].style.width = `${(100 * value) / whole}%`;
      if (this.#keys[i].textContent !== words[i]) this.#keys[i].textContent = words[i];
    });
  }
}

/**
 * A choice with its name next to it.
 * @template Value
 * @param {string} name
 * @param {{ value: Value, words: string, title: string }[]} options
 * @param {(value: Value) => void} chosen
 */
function named(name, options, chosen) {
  const choice = new Choice(name, options, chosen);
  const label = make("span", { "aria-hidden": "true" }, name);
  const element = make("div", { class: "sp-choice" }, label, choice.element);
  return { element, show: (/** @type {Value} */ value) => choice.show(value) };
}

/**
 * A slider with its name, its value, and words at its ends.
 * @param {string} name
 * @param {(value: number) => void} changed
 * @param {() => void} ended
 */
function withTicks(name, changed, ended) {
  const slider = new LogSlider(name, SLIDER_RANGE, changed, ended);
  const ticks = [SLIDER_RANGE[0], 1, SLIDER_RANGE[1]].map((tick) => make("span", {}, String(tick)));
  const element = make(
    "div",
    { class: "sp-slider" },
    make("div", { class: "sp-slider-head" }, make("span", {}, name), slider.value),
    slider.input,
    make("div", { class: "sp-ticks", "aria-hidden": "true" }, ...ticks),
  );
  return { element, show: (/** @type {number} */ value) => slider.show(value) };
}
