// @ts-check
// The buttons above the map, and the legend below it.

import { drawn, make, set } from "../js/dom.js";
import { icon } from "../js/icons.js";
import { grouped } from "../js/numbers.js";
import { arrowOf, springBetween } from "./springs_shapes.js";

/** @typedef {import("../js/icons.js").Icon} Icon */

export class SpringsTop {
  #run;
  #step = make("span", { class: "sp-step" });
  #words = make("span");
  /** @type {boolean | null} */
  #running = null;

  /** @param {{ toggle: () => void, step: () => void, startAgain: () => void }} acts */
  constructor({ toggle, step, startAgain }) {
    this.#run = topButton("play", "Run", toggle);
    this.#run.classList.add("sv-run");
    const single = topButton("next", "Step", step);
    const again = topButton("reset", "Start again", startAgain);
    const hint = make("span", { class: "sp-hint" }, "Drag a point, or the edge of the circle.");
    this.element = make("div", { class: "sv-row" }, this.#run, single, again, this.#step, hint);
  }

  /**
   * @param {boolean} running
   * @param {number} step
   */
  show(running, step) {
    this.#step.textContent = `step ${grouped(step)}`;
    if (this.#running === running) return;
    this.#running = running;
    this.#words.textContent = running ? "Pause" : "Run";
    this.#run.replaceChildren(icon(running ? "pause" : "play"), this.#words);
  }
}

/**
 * Explain arrows and springs, and the marks of the classes if they are not the names.
 * @param {string[]} names
 * @param {string[]} marks
 */
export function springsLegend(names, marks) {
  const classes = names.every((name, i) => name === marks[i])
    ? []
    : names.map((name, i) => make("span", {}, make("b", {}, marks[i]), ` ${name}`));
  return make(
    "div",
    { class: "sp-legend" },
    legendSample("pull", "similar: pull"),
    legendSample("push", "different: push"),
    legendSample("idle", "beyond the margin: no force"),
    ...classes,
  );
}

/**
 * @param {"pull" | "push" | "idle"} kind
 * @param {string} words
 */
function legendSample(kind, words) {
  /** @type {[path: string, name: string][]} */
  const parts = [["M2 8L58 8", "sp-idle"]];
  if (kind !== "idle") {
    const { shaft, head } = arrowOf([38, 8], [19, 0], 0);
    parts[0] = [springBetween([0, 8], [34, 8], 0, kind), `sp-spring sp-${kind}`];
    parts.push([shaft, `sp-shaft sp-${kind}`], [head, `sp-head sp-${kind}`]);
  }
  const picture = drawn("0 0 62 16", ...parts.map(([path]) => path));
  parts.forEach(([, name], i) => set(picture.children[i], { class: name }));
  return make("span", { class: "sp-sample" }, picture, words);
}

/**
 * @param {Icon} name
 * @param {string} words
 * @param {() => void} onclick
 */
const topButton = (name, words, onclick) =>
  make("button", { type: "button", onclick }, icon(name), words);
