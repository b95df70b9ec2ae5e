// @ts-check
// The past of a training, and the branches that begin in it.

import { make, set } from "../views/js/dom.js";
import { grouped } from "../views/js/numbers.js";

/**
 * @typedef {object} LabTimeActs
 * @property {(step: number | null) => void} scrub called with a moment, or null for the newest
 * @property {() => void} branch
 * @property {(branch: number) => void} choose
 * @property {(branch: number | null) => void} compare
 */

/**
 * @typedef {object} LabMoments
 * @property {number} step of the newest moment
 * @property {number | null} at the moment that was asked for; null for the newest
 * @property {number} moment the one that is shown: of a long training, not every one is kept
 * @property {number} branches how many there are
 * @property {number} current
 * @property {number | null} other that it is compared with
 */

export class LabTime {
  #bar = make("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "step" });
  #words = make("output", { class: "sl-moment" });
  #branch;
  #chips = make("span", { class: "sl-chips", role: "group", "aria-label": "branches" });
  #other = make("select", { "aria-label": "compare with" });
  #compare = make("label", { class: "sl-compare" }, "compare with ", this.#other);
  #acts;
  #drawn = ""; // what the chips show

  /** @param {LabTimeActs} acts */
  constructor(acts) {
    this.#acts = acts;
    this.#bar.addEventListener("input", () => {
      const step = Number(this.#bar.value);
      acts.scrub(step === Number(this.#bar.max) ? null : step);
    });
    this.#branch = make(
      "button",
      {
        type: "button",
        title: "Go on from this moment as another training",
        onclick: () => acts.branch(),
      },
      "Branch here",
    );
    this.#other.addEventListener("change", () =>
      acts.compare(this.#other.value === "" ? null : Number(this.#other.value)),
    );
    this.element = make(
      "div",
      { class: "sl-time" },
      make("div", { class: "sl-past" }, this.#bar, this.#words),
      make("div", { class: "sl-branches" }, this.#branch, this.#chips, this.#compare),
    );
  }

  /** @param {LabMoments} moments */
  show({ step, at, moment, branches, current, other }) {
    set(this.#bar, { max: step });
    this.#bar.value = String(at ?? step);
    const words =
      at === null ? `step ${grouped(step)}` : `step ${grouped(moment)} of ${grouped(step)}`;
    this.#words.textContent = words;
    set(this.#bar, { "aria-valuetext": words });
    for (const [number, chip] of [...this.#chips.children].entries()) {
      set(chip, { "aria-pressed": String(number === current) });
    }
    const key = `${branches} ${current} ${other}`;
    if (this.#drawn === key) return;
    this.#drawn = key;
    const numbers = Array.from({ length: branches }, (_, number) => number);
    while (this.#chips.children.length > branches) this.#chips.lastChild?.remove();
    for (const number of numbers.slice(this.#chips.children.length)) {
      const attributes = { type: "button", "aria-pressed": String(number === current) };
      const onclick = () => this.#acts.choose(number);
      const title = `Go on with branch ${branchName(number)}`;
      this.#chips.append(make("button", { ...attributes, onclick, title }, branchName(number)));
    }
    const others = numbers.filter((number) => number !== current);
    this.#other.replaceChildren(
      make("option", { value: "" }, "none"),
      ...others.map((number) => make("option", { value: number }, branchName(number))),
    );
    this.#other.value = other === null ? "" : String(other);
    this.#chips.hidden = branches < 2;
    this.#compare.hidden = branches < 2;
  }
}

/**
 * A, B, ... Z, then B1 and so on.
 * @param {number} number
 */
export const branchName = (number) =>
  String.fromCharCode(65 + (number % 26)) + (number < 26 ? "" : Math.floor(number / 26));
