// @ts-check
// All that the reader can set in a laboratory.

/** @import { LabState } from "./lab_state.js" */

import { Choice } from "../views/js/choice.js";
import { make, set } from "../views/js/dom.js";
import { LogSlider } from "../views/js/log_slider.js";
import { grouped } from "../views/js/numbers.js";

/** @typedef {{ element: HTMLElement, show: (value: any, state: LabState) => void }} LabControl */

const MARGIN_ENDS = /** @type {[number, number]} */ ([0.05, 20]);
const RATE_ENDS = /** @type {[number, number]} */ ([1e-4, 10]);
const BATCHES = [2, 4, 8, 16, 32, 64, 128, 256];

export class LabControls {
  /** @type {Record<string, LabControl>} */
  #controls;

  /**
   * @param {{ names: string[], colors: string[] }} classes
   * @param {number} most images
   * @param {(name: string, value: any) => void} changed
   * @param {() => void} ended called when a slider was let go
   */
  constructor(classes, most, changed, ended) {
    /** @param {string} name */
    const to = (name) => (/** @type {any} */ value) => changed(name, value);
    this.#controls = {
      margin: logRow("margin", MARGIN_ENDS, to("margin"), ended),
      learning_rate: logRow("learning rate", RATE_ENDS, to("learning_rate"), ended),
      similar: shareRow("similar pairs", 1, to("similar"), ended, needsPairs),
      flipped: shareRow("wrong labels", 0.5, to("flipped"), ended),
      images: imagesRow(Math.max(4, 2 * classes.names.length), most, to("images")),
      loss: choiceRow(
        "loss",
        to("loss"),
        {
          pairs: ["pairs", "Random pairs, similar or different"],
          every_pair: ["every pair", "All pairs of a batch of images"],
          triplet: ["triplets", "An image, a similar one and a different one"],
        },
        ({ turned }, loss) => turned && loss !== "pairs",
      ),
      output: choiceRow(
        "output",
        to("output"),
        {
          linear: ["linear", "Numbers of any size"],
          sigmoid: ["sigmoid", "Numbers from 0 to 1"],
          unit: ["unit", "Embeddings of length 1: on the unit circle or sphere"],
        },
        ({ dim }, output) => output === "unit" && dim === 1,
      ),
      dim: choiceRow(
        "dimensions",
        (value) => changed("dim", Number(value)),
        {
          1: ["1", "A line"],
          2: ["2", "A plane"],
          3: ["3", "A space, which can be turned"],
        },
        ({ output }, dim) => output === "unit" && dim === "1",
      ),
      optimizer: choiceRow("optimizer", to("optimizer"), {
        sgd: ["SGD", "Gradient descent"],
        momentum: ["momentum", "Gradient descent with a momentum of 0.9"],
        adam: ["Adam", "Kingma and Ba (2015)"],
      }),
      batch: selectRow("batch", BATCHES, to("batch")),
      turned: choiceRow(
        "labels",
        (value) => changed("turned", value === "true"),
        {
          false: ["right", "Similar pairs are called similar"],
          true: ["turned round", "Similar pairs are called different, different ones similar"],
        },
        ({ loss }) => loss !== "pairs",
      ),
      seed: seedRow(to("seed")),
      classes: classesRow(classes, to("classes")),
    };
    const rows = Object.values(this.#controls).map(({ element }) => element);
    this.element = make("div", { class: "sl-controls" }, ...rows);
  }

  /** @param {LabState} state settings of now */
  show(state) {
    for (const [name, control] of Object.entries(this.#controls)) {
      control.show(state[/** @type {keyof LabState} */ (name)], state);
    }
  }
}

/** @param {LabState} state */
const needsPairs = ({ loss }) => (loss === "pairs" ? "" : "only for random pairs");

/**
 * @param {string} name
 * @param {HTMLElement[]} parts
 */
const labRow = (name, ...parts) =>
  make("div", { class: "sl-row" }, make("span", { "aria-hidden": "true" }, name), ...parts);

/**
 * @param {string} name
 * @param {[low: number, high: number]} ends
 * @param {(value: number) => void} changed
 * @param {() => void} ended
 * @returns {LabControl}
 */
function logRow(name, ends, changed, ended) {
  const slider = new LogSlider(name, ends, changed, ended);
  return {
    element: labRow(name, slider.input, slider.value),
    show: (value) => slider.show(value),
  };
}

/**
 * A share as a slider in percent.
 * @param {string} name
 * @param {number} most
 * @param {(value: number) => void} changed
 * @param {() => void} ended
 * @param {(state: LabState) => string} [idle] why it has no effect now
 * @returns {LabControl}
 */
function shareRow(name, most, changed, ended, idle = () => "") {
  const value = make("output");
  const attributes = { type: "range", min: 0, max: 100 * most, step: 1, "aria-label": name };
  const input = make("input", attributes);
  input.addEventListener("input", () => changed(Number(input.value) / 100));
  input.addEventListener("change", ended);
  return {
    element: labRow(name, input, value),
    show: (share, state) => {
      const words = `${Math.round(100 * share)} %`;
      value.textContent = words;
      set(input, { "aria-valuetext": words, title: idle(state) });
      input.disabled = Boolean(idle(state));
      if (Number(input.value) !== Math.round(100 * share)) {
        input.value = String(Math.round(100 * share));
      }
    },
  };
}

/**
 * How many images, on a logarithmic scale; the training begins again when it is let go.
 * @param {number} fewest two of each class
 * @param {number} most
 * @param {(images: number) => void} changed
 * @returns {LabControl}
 */
function imagesRow(fewest, most, changed) {
  const ends = /** @type {[number, number]} */ ([Math.min(fewest, most - 1), most]);
  let chosen = most;
  const slider = new LogSlider(
    "images",
    ends,
    (images) => {
      chosen = Math.round(images);
      slider.value.textContent = grouped(chosen);
    },
    () => changed(chosen),
  );
  slider.input.disabled = fewest >= most;
  return {
    element: labRow("images", slider.input, slider.value),
    show: (images) => {
      slider.show(images);
      slider.value.textContent = grouped(images);
    },
  };
}

/**
 * @param {string} name
 * @param {(value: string) => void} changed
 * @param {Record<string, [words: string, title: string]>} options by value
 * @param {(state: LabState, value: string) => boolean} [barred] whether an option does not fit now
 * @returns {LabControl}
 */
function choiceRow(name, changed, options, barred = () => false) {
  const choice = new Choice(
    name,
    Object.entries(options).map(([value, [words, title]]) => ({ value, words, title })),
    changed,
  );
  return {
    element: labRow(name, choice.element),
    show: (value, state) => {
      choice.show(String(value));
      const buttons = choice.element.querySelectorAll("button");
      Object.keys(options).forEach((option, at) => {
        buttons[at].disabled = barred(state, option);
      });
    },
  };
}

/**
 * @param {string} name
 * @param {number[]} values
 * @param {(value: number) => void} changed
 * @returns {LabControl}
 */
function selectRow(name, values, changed) {
  const select = make("select", { "aria-label": name });
  select.addEventListener("change", () => changed(Number(select.value)));
  return {
    element: labRow(name, select),
    show: (value) => {
      const all = values.includes(value) ? values : [...values, value].sort((a, b) => a - b);
      if (select.options.length !== all.length) {
        select.replaceChildren(...all.map((each) => make("option", { value: each }, String(each))));
      }
      select.value = String(value);
    },
  };
}

/**
 * @param {(seed: number) => void} changed
 * @returns {LabControl}
 */
function seedRow(changed) {
  let known = 0;
  const input = make("input", { type: "number", min: 0, max: 0xffffffff, "aria-label": "seed" });
  input.addEventListener("change", () => {
    const seed = Math.round(Number(input.value));
    if (input.value !== "" && seed >= 0 && seed <= 0xffffffff) changed(seed);
    else input.value = String(known);
  });
  const next = make(
    "button",
    {
      type: "button",
      title: "Other first weights",
      onclick: () => changed(Number(input.value) + 1),
    },
    "next",
  );
  return {
    element: labRow("seed", input, next),
    show: (seed) => {
      if (known !== seed || document.activeElement !== input) input.value = String(seed);
      known = seed;
    },
  };
}

/**
 * A button for each class.
 * @param {{ names: string[], colors: string[] }} classes
 * @param {(classes: number[] | null) => void} changed
 * @returns {LabControl}
 */
function classesRow({ names, colors }, changed) {
  /** @type {Set<number>} */
  let part = new Set();
  const buttons = names.map((name, number) =>
    make(
      "button",
      {
        type: "button",
        style: `--sl-class: ${colors[number]}`,
        title: `whether ${name} takes part`,
        onclick: () => {
          const next = names
            .map((_, each) => each)
            .filter((each) => part.has(each) !== (each === number));
          if (!next.length) return; // one class at least
          show(next); // before the answer comes, so that quick presses add up
          changed(next.length === names.length ? null : next);
        },
      },
      name,
    ),
  );
  const attributes = { class: "sl-classes", role: "group", "aria-label": "classes that take part" };
  /** @param {number[] | null} classes */
  function show(classes) {
    part = new Set(classes ?? names.keys());
    buttons.forEach((button, number) => set(button, { "aria-pressed": String(part.has(number)) }));
  }
  return { element: make("div", attributes, ...buttons), show };
}
