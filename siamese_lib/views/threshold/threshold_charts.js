// @ts-check
// Two histograms, the ROC curve, and the pairs that a threshold gets wrong.
//
// It draws what the kernel counts (threshold.py and mistakes.py), or the page (judged_pairs.js). Only
// the line itself, and which bars it marks, move without waiting for it.

/** @import { Mistake } from "./mistakes_column.js" */

import { make, set } from "../js/dom.js";
import { FullScreen } from "../js/full_screen.js";
import { clamp, grouped } from "../js/numbers.js";
import { listenToDrag } from "./drag.js";
import { MistakesColumn } from "./mistakes_column.js";
import { RocChart } from "./roc_chart.js";
import { SharesChart } from "./shares_chart.js";

/** @typedef {{ fpr: number[], tpr: number[], thresholds: number[] }} Roc corners of the curve */

/**
 * @typedef {object} Chart what stays when the threshold moves
 * @property {number} limit the largest distance
 * @property {number} best threshold of best accuracy
 * @property {number} equal threshold of equal errors
 * @property {{ same: number[], different: number[] }} bars shares of the pairs
 * @property {Roc} roc
 * @property {number} auc
 * @property {number} eer
 * @property {number} positives same pairs
 * @property {number} negatives different pairs
 * @property {number} shown mistakes of each kind that are listed
 * @property {number} digits decimals of a distance
 */

/**
 * @typedef {object} Counts what a threshold does
 * @property {number} threshold
 * @property {number} false_accepts
 * @property {number} false_rejects
 * @property {number} accuracy
 * @property {number} tpr
 * @property {number} fpr
 */

/**
 * @typedef {object} State
 * @property {Chart} chart
 * @property {Counts} counts
 * @property {{ accepts: Mistake[], rejects: Mistake[] }} mistakes
 * @property {number} threshold
 * @property {string} order of the mistakes
 */

const ORDERS = { nearest: "the nearest to the line", worst: "the worst" };
const STEPS = 200; // of an arrow key, from end to end
/** @type {Record<string, number>} */
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

export class ThresholdView {
  #value = make("output", { class: "st-value" });
  #figures = make("div", { class: "st-figures" });
  #shares = new SharesChart();
  #roc = new RocChart();
  #accepts;
  #rejects;
  #orders = Object.entries(ORDERS).map(([order, words]) => ({
    order,
    button: wordsButton(words, () => this.#onChange({ order })),
  }));
  #dragging = false;
  #ending = new AbortController();
  #fullScreen = new FullScreen(() => this.root, this.#ending.signal);
  #state;
  #onChange;

  /**
   * @param {HTMLElement} element
   * @param {State} state
   * @param {(changes: { threshold?: number, order?: string }) => void} onChange called when the
   *   reader changes something
   */
  constructor(element, state, onChange) {
    this.#state = state;
    this.#onChange = onChange;
    const { shown } = state.chart;
    this.#accepts = new MistakesColumn("different", "false accept", shown);
    this.#rejects = new MistakesColumn("same", "false reject", shown);
    const charts = make("div", { class: "st-charts" }, this.#shares.svg, this.#roc.svg);
    const orders = this.#orders.map(({ button }) => button);
    this.root = make(
      "div",
      { class: "siamese sv-pills siamese-threshold" },
      this.#bar(),
      charts,
      make(
        "div",
        { class: "st-buttons st-orders" },
        make("span", {}, "mistakes to show first:"),
        ...orders,
      ),
      make("div", { class: "st-columns" }, this.#accepts.element, this.#rejects.element),
    );
    element.append(this.root);
    this.#listen();
    this.watcher = new ResizeObserver(() => this.#draw());
    this.watcher.observe(charts);
    this.#draw();
  }

  destroy() {
    this.#ending.abort();
    this.watcher.disconnect();
    this.root.remove();
  }

  /**
   * Show what the kernel has counted or set.
   * @param {Partial<State>} changes
   */
  update({ threshold, ...others }) {
    Object.assign(this.#state, others);
    // While the reader drags, its answers lag behind the line.
    if (threshold !== undefined && !this.#dragging) this.#state.threshold = threshold;
    if (others.chart) this.#draw();
    else this.#show();
  }

  #bar() {
    const best = wordsButton("best accuracy", () => this.#move(this.#state.chart.best));
    const equal = wordsButton("equal errors", () => this.#move(this.#state.chart.equal));
    const label = make("span", {}, "threshold ");
    return make(
      "div",
      { class: "st-bar" },
      make("div", { class: "st-reading" }, label, this.#value),
      make("div", { class: "st-buttons" }, best, equal, this.#fullScreen.button),
      this.#figures,
    );
  }

  #listen() {
    /** @param {boolean} dragging */
    const hold = (dragging) => {
      this.#dragging = dragging;
      if (dragging) this.#shares.line.focus({ preventScroll: true });
    };
    listenToDrag(this.#shares.svg, {
      hold,
      move: (event) => this.#move(this.#shares.distanceAt(event)),
    });
    listenToDrag(this.#roc.svg, {
      hold,
      move: (event) => this.#move(this.#roc.thresholdAt(event)),
    });
    this.#shares.line.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // the notebook may have a command on this key
    const { limit } = this.#state.chart;
    const step = (limit / STEPS) * (KEYS[event.key] ?? 0) * (event.shiftKey ? 10 : 1);
    if (step) this.#move(this.#state.threshold + step);
    else if (event.key === "Home") this.#move(0);
    else if (event.key === "End") this.#move(limit);
    else return;
    event.preventDefault();
  }

  /**
   * Move the line at once, and report it to the kernel.
   * @param {number} threshold
   */
  #move(threshold) {
    this.#state.threshold = clamp(threshold, 0, this.#state.chart.limit);
    this.#showLine();
    this.#onChange({ threshold: this.#state.threshold });
  }

  #draw() {
    this.#shares.draw(this.#state.chart);
    this.#roc.draw(this.#state.chart);
    this.#show();
  }

  #show() {
    const { mistakes, order, chart } = this.#state;
    this.#showLine();
    this.#showCounts();
    this.#accepts.show(mistakes.accepts, chart.digits);
    this.#rejects.show(mistakes.rejects, chart.digits);
    for (const { order: own, button } of this.#orders) {
      set(button, { "aria-pressed": String(own === order) });
    }
  }

  #showLine() {
    const { threshold, counts, chart } = this.#state;
    this.#shares.moveTo(threshold);
    this.#value.textContent = threshold.toFixed(chart.digits);
    this.root.toggleAttribute("data-waiting", counts.threshold !== threshold);
  }

  #showCounts() {
    const { counts, chart } = this.#state;
    const { false_accepts: accepts, false_rejects: rejects, fpr, tpr } = counts;
    const [accepted, rejected] = [percent(fpr), percent(1 - tpr)];
    const { positives, negatives } = chart;
    this.#accepts.count(
      accepts,
      `${accepted} of ${grouped(negatives)} different pairs are called same`,
    );
    this.#rejects.count(
      rejects,
      `${rejected} of ${grouped(positives)} same pairs are called different`,
    );
    this.#roc.moveTo(counts);
    /** @param {string} name @param {string} value */
    const figure = (name, value) => make("span", {}, `${name} `, make("b", {}, value));
    this.#figures.replaceChildren(
      figure("accuracy", `${(100 * counts.accuracy).toFixed(1)}%`),
      figure("AUC", chart.auc.toFixed(4)),
      figure("EER", `${(100 * chart.eer).toFixed(1)}%`),
    );
    const said = `${this.#value.textContent}: ${accepts} false accepts, ${rejects} false rejects`;
    set(this.#shares.line, { "aria-valuetext": said });
  }
}

/**
 * @param {string} words
 * @param {() => void} onclick
 */
const wordsButton = (words, onclick) => make("button", { type: "button", onclick }, words);

/** @param {number} share */
export function percent(share) {
  const digits = share > 0 && share < 0.0995 ? 1 : 0;
  return `${(100 * share).toFixed(digits)}%`;
}
