// @ts-check
// How many pairs pull, push and are silent, in numbers and as one bar; and the loss.

/** @import { PairCosts } from "./costs.js" */

import { make, set } from "../js/dom.js";
import { grouped, shortNumber } from "../js/numbers.js";
import { shareWords } from "./pair_words.js";

/** @type {["pulling" | "pushing" | "silent", string][]} */
const KINDS = [
  ["pulling", "similar pairs that cost something"],
  ["pushing", "different pairs nearer than the margin"],
  ["silent", "pairs that cost nothing, such as different ones beyond the margin"],
];

export class PairCounts {
  #parts = KINDS.map(([kind, meaning]) => {
    const number = make("b");
    const share = make("span", { class: "pm-share" });
    const words = make("span", {}, make("i", { class: `pm-mark pm-${kind}` }), ` ${kind}`);
    const element = make("div", { class: "pm-count", title: meaning }, number, words, share);
    const bar = make("span", { class: `pm-part pm-${kind}` });
    return { kind, number, share, element, bar };
  });
  #loss = make("div", { class: "pm-loss" });
  #bar = make("div", { class: "pm-bar", role: "img" }, ...this.#parts.map(({ bar }) => bar));
  element = make(
    "section",
    { class: "pm-counts" },
    make("div", { class: "pm-numbers" }, ...this.#parts.map(({ element }) => element)),
    this.#bar,
    this.#loss,
  );

  /** @param {PairCosts} costs */
  show(costs) {
    const all = costs.silent + costs.pulling + costs.pushing;
    for (const { kind, number, share, bar } of this.#parts) {
      number.textContent = grouped(costs[kind]);
      share.textContent = shareWords(costs[kind] / Math.max(all, 1));
      bar.style.flexGrow = String(costs[kind]);
    }
    const { pull, push } = costs;
    this.#loss.textContent = `loss ${shortNumber(pull + push)}: pull ${shortNumber(pull)}, push ${shortNumber(push)}`;
    set(this.#bar, { "aria-label": countWords(costs) });
  }
}

/**
 * @param {Pick<PairCosts, "silent" | "pulling" | "pushing">} costs
 */
export const countWords = (costs) =>
  KINDS.map(([kind]) => `${grouped(costs[kind])} ${kind}`).join(", ");
