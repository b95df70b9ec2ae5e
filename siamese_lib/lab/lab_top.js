// @ts-check
// The buttons above a laboratory, and the sentence that judges the training.

/** @import { Icon } from "../views/js/icons.js" */
/** @import { LabShown } from "./lab_client.js" */
/** @import { LabState } from "./lab_state.js" */

import { make, set } from "../views/js/dom.js";
import { icon } from "../views/js/icons.js";

/** @typedef {"toggle" | "step" | "hundred" | "again" | "forces" | "pictures"} LabTopAct */

/** What a judgement is: good, bad or neither. @type {Record<string, string>} */
const MOODS = { learned: "good", learning: "on", new: "on" };

const READING = 6000; // milliseconds
const NOW_NOT_THEN =
  "This changes the newest step. To go on from a moment of the past, press Branch here first.";

export class LabTop {
  #play;
  #playWords = make("span");
  #forces;
  #pictures;
  #verdict = make("div", { class: "sl-verdict" });
  #said = make("div", { class: "sl-said", role: "status" });
  #heard = make("div", { class: "sv-unseen", role: "status" });
  /** @type {boolean | null} */
  #playing = null;
  #judged = "";
  #readUntil = 0;

  /** @param {Record<LabTopAct, () => void>} acts */
  constructor(acts) {
    this.#play = labButton("play", "Play", acts.toggle);
    this.#play.classList.add("sv-run");
    const step = labButton("next", "Step", acts.step);
    const hundred = labButton("next", "100", acts.hundred);
    hundred.title = "Train 100 steps";
    set(hundred, { "aria-label": "100 steps" });
    const again = labButton("reset", "Again", acts.again);
    again.title = "Begin again from the same first weights, with the settings of now";
    this.#pictures = make("button", { type: "button", onclick: acts.pictures }, "Pictures");
    this.#forces = make("button", { type: "button", onclick: acts.forces }, "Forces");
    this.element = make(
      "div",
      { class: "sv-row" },
      this.#play,
      step,
      hundred,
      again,
      this.#verdict,
      this.#pictures,
      this.#forces,
      this.#said,
      this.#heard,
    );
  }

  /**
   * Say something, until the next frame; what went wrong stays longer.
   * @param {string} text
   * @param {boolean} [wrong]
   */
  say(text, wrong = false) {
    if (this.#said.textContent !== text) this.#said.textContent = text;
    this.#said.hidden = !text;
    this.#readUntil = wrong ? performance.now() + READING : 0;
  }

  /**
   * Say when a setting acts, which surprises who looks at the past.
   * @param {boolean} past
   */
  changes(past) {
    this.say(past ? NOW_NOT_THEN : "", past);
  }

  /** Take back what was said, once there was time to read it. */
  quiet() {
    if (performance.now() > this.#readUntil) this.say("");
  }

  /**
   * @param {{ playing: boolean, shown: LabShown, forces: boolean, pictures: boolean,
   *   settings: LabState }} now
   */
  show({ playing, shown, forces, pictures, settings }) {
    set(this.#pictures, { "aria-pressed": String(pictures) });
    set(this.#forces, {
      "aria-pressed": String(forces),
      title:
        settings.loss === "triplet"
          ? "Only for pairs: three images of a triplet move together"
          : "Pull of similar images, push of different ones",
    });
    this.#forces.disabled = settings.loss === "triplet";
    const { name, text } = shown.verdict;
    this.#verdict.dataset.mood = MOODS[name] ?? "bad";
    if (this.#verdict.textContent !== text) this.#verdict.textContent = text;
    if (this.#judged !== name) {
      this.#judged = name;
      this.#heard.textContent = text;
    }
    if (this.#playing === playing) return;
    this.#playing = playing;
    this.#playWords.textContent = playing ? "Pause" : "Play";
    this.#play.replaceChildren(icon(playing ? "pause" : "play"), this.#playWords);
  }
}

/**
 * @param {Icon} name
 * @param {string} words
 * @param {() => void} onclick
 */
const labButton = (name, words, onclick) =>
  make("button", { type: "button", onclick }, icon(name), words);
