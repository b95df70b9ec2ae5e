// @ts-check
// The controls under the map: transport, scrub bar, steps and curves.

/** @import { Clock } from "./clock.js" */
/** @import { About } from "./payload.js" */

import { Curve } from "./curve.js";
import { make, set } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { grouped } from "./numbers.js";
import { momentWords } from "./descriptions.js";

const SPEEDS = [0.5, 1, 2, 4];
const TICKS = 6;

export class FilmBar {
  /** @type {Pick<About, "steps" | "moments" | "curves">} */
  #about = { steps: null, curves: {} };
  /** @type {Curve[]} */
  #curves = [];
  /** @type {number | null} */
  #described = null; // frame
  #clock;
  #changed;

  /**
   * @param {Clock} clock
   * @param {() => void} changed called when the reader sets the speed, or whether it repeats
   */
  constructor(clock, changed) {
    this.#clock = clock;
    this.#changed = changed;
    this.play = iconButton("play", "Play (space)", () => clock.play(!clock.playing), {
      class: "sv-play",
    });
    this.loop = iconButton("loop", "Repeat", () => this.#now({ loop: !clock.loop }), {
      "aria-pressed": "false",
      class: "sv-optional",
    });
    this.speed = make("button", {
      type: "button",
      class: "sv-optional",
      title: "Speed",
      onclick: () =>
        this.#now({ speed: SPEEDS[(SPEEDS.indexOf(clock.speed) + 1) % SPEEDS.length] }),
    });
    this.step = make("span", { class: "sv-step" });
    this.scrub = make("input", {
      type: "range",
      class: "sv-scrub",
      min: 0,
      step: "any",
      "aria-label": "Frame",
    });
    this.scrub.addEventListener("input", () => clock.scrubTo(Number(this.scrub.value)));
    this.ticks = make("div", { class: "sv-ticks", "aria-hidden": "true" });
    const back = iconButton("back", "Previous frame (left arrow)", () => clock.stepBy(-1));
    const next = iconButton("next", "Next frame (right arrow)", () => clock.stepBy(1));
    this.head = [
      make("div", { class: "sv-transport" }, this.play, back, next),
      this.scrub,
      make("div", { class: "sv-now" }, this.step, this.speed, this.loop),
      this.ticks,
    ];
    const attributes = { class: "sv-film", role: "group", "aria-label": "Film" };
    this.element = make("div", attributes, ...this.head);
    this.set({ speed: 1 });
  }

  /**
   * Take another film, or more of it.
   * @param {number} count of frames
   * @param {Pick<About, "steps" | "moments" | "curves">} about
   */
  build(count, about) {
    const { last } = this.#clock;
    this.#about = about;
    this.element.hidden = count < 2;
    this.scrub.max = String(last);
    // Leave room for the longest words, so that the scrub bar keeps its length.
    const words = Array.from({ length: count }, (_, frame) => momentWords(about, frame).length);
    this.step.style.minWidth = `${Math.max(...words, 0)}ch`;
    this.ticks.replaceChildren(
      ...tickFrames(count).map((frame) => {
        const style = `left: ${(100 * frame) / Math.max(last, 1)}%`;
        return make(
          "span",
          { style },
          about.moments?.[frame] ?? grouped(about.steps?.[frame] ?? frame),
        );
      }),
    );
    this.#curves = Object.entries(about.curves).map(
      ([name, values]) =>
        new Curve(name, values, (part) => this.#clock.scrubTo(part * this.#clock.last)),
    );
    this.element.replaceChildren(...this.head, ...this.#curves.flatMap((curve) => curve.cells));
    this.#described = null;
    this.update();
  }

  /** Show the moment. */
  update() {
    const { p, last, nearest } = this.#clock;
    this.element.style.setProperty("--sv-at", String(last ? p / last : 0));
    if (Math.abs(Number(this.scrub.value) - p) > 1e-6) this.scrub.value = String(p);
    if (this.#described !== nearest) this.#describe(nearest);
    for (const curve of this.#curves) curve.moveTo(p);
  }

  /** Show whether the film plays. */
  updatePlaying() {
    const { playing } = this.#clock;
    const label = playing ? "Pause (space)" : "Play (space)";
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
    set(this.play, { "aria-label": label, title: label });
  }

  /** @param {number} frame */
  #describe(frame) {
    this.#described = frame;
    const words = momentWords(this.#about, frame);
    this.step.textContent = words;
    const of = `frame ${frame + 1} of ${this.#clock.last + 1}`;
    set(this.scrub, { "aria-valuetext": `${words}, ${of}` });
    for (const curve of this.#curves) curve.showValue(frame);
  }

  /**
   * Set the speed, and whether the film repeats.
   * @param {{ speed?: number, loop?: boolean }} how
   */
  set({ speed = this.#clock.speed, loop = this.#clock.loop }) {
    Object.assign(this.#clock, { speed, loop });
    set(this.loop, { "aria-pressed": String(loop) });
    this.speed.textContent = `${speed}×`;
    set(this.speed, { "aria-label": `Speed ${speed} times` });
  }

  /** @param {{ speed?: number, loop?: boolean }} how */
  #now(how) {
    this.set(how);
    this.#changed();
  }
}

/**
 * Choose the frames that have a tick: all, or a few at equal distances with the first and last.
 * @param {number} count of frames
 */
export function tickFrames(count) {
  const ticks = Math.min(count, TICKS);
  return Array.from({ length: ticks }, (_, i) =>
    Math.round((i * (count - 1)) / Math.max(ticks - 1, 1)),
  );
}
