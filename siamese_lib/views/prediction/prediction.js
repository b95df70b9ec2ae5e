// @ts-check
// A question to answer before a cell below shows what was measured.

/** @import { MountOptions } from "../js/stateful.js" */

import { make } from "../js/dom.js";
import { widgetOf } from "../js/stateful.js";
import { CurveAnswer } from "./curve_answer.js";
import { ChoiceAnswer, NumberAnswer } from "./plain_answers.js";

/**
 * @typedef {object} Asked what Python's `Question` holds
 * @property {string} text
 * @property {"choice" | "number" | "curve"} kind
 * @property {string[]} choices
 * @property {number} low
 * @property {number} high
 * @property {number} digits decimals of an answer
 * @property {string} unit
 * @property {number[]} x of the points of a curve
 * @property {string[]} axes names of the curve's axes
 */

/**
 * @typedef {object} AnswerBox where the reader answers
 * @property {HTMLElement} root
 * @property {(answer: any) => void} show
 * @property {() => void} destroy
 */

const REPORT_EACH = 100; // milliseconds, while a hand moves
const BOXES = { choice: ChoiceAnswer, number: NumberAnswer, curve: CurveAnswer };

/**
 * @param {HTMLElement} element
 * @param {Asked} asked
 * @param {MountOptions} options
 */
export function mount(element, asked, { state, onChange }) {
  let answer = state.answer;
  let reported = answer;
  let timer = 0;
  const said = make("output", { class: "sp-said", "aria-live": "polite" });
  const clear = make("button", { type: "button", onclick: () => act(null, true) }, "clear");
  const report = () => {
    clearTimeout(timer);
    timer = 0;
    if (reported === answer) return;
    reported = answer;
    onChange({ answer });
  };
  const show = () => {
    said.textContent = saidWords(asked, answer);
    clear.hidden = answer === null;
  };
  /** @param {any} value @param {boolean} final */
  const act = (value, final) => {
    answer = value;
    show();
    box.show(answer);
    if (final) report();
    else if (!timer) timer = window.setTimeout(report, REPORT_EACH);
  };
  const box = new BOXES[asked.kind](asked, act);
  const root = make(
    "div",
    { class: "siamese sv-pills siamese-prediction", role: "group", "aria-label": "Prediction" },
    make("p", { class: "sp-question" }, asked.text),
    box.root,
    make("div", { class: "sp-foot" }, said, clear),
  );
  element.append(root);
  show();
  box.show(answer);
  return {
    root,
    /** @param {Record<string, any>} next */
    set(next) {
      if (timer || sameAnswer(next.answer, answer)) return; // a hand moves, and its answers lag behind
      answer = reported = next.answer;
      show();
      box.show(answer);
    },
    destroy() {
      report();
      box.destroy();
      root.remove();
    },
  };
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
const sameAnswer = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * Write an answer as Python's `Question.words` does.
 * @param {Pick<Asked, "digits" | "unit">} asked
 * @param {any} answer
 */
export function saidWords({ digits, unit }, answer) {
  if (answer === null) return "What do you expect?";
  /** @param {number} value */
  const number = (value) => `${value.toFixed(digits)} ${unit}`.trim();
  if (!Array.isArray(answer)) return `You say ${answer.toFixed ? number(answer) : answer}.`;
  const values = answer.filter((value) => value !== null);
  return `You say from ${number(values[0])} to ${number(values[values.length - 1])}.`;
}

export default widgetOf(mount);
