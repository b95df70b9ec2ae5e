// @ts-check
// The laboratory: a training in a worker, and what shows and changes it.

/** @import { Bytes, Images } from "../views/js/payload.js" */
/** @import { MountOptions, StateValues } from "../views/js/stateful.js" */
/** @import { LabShown } from "./lab_client.js" */
/** @import { LabState } from "./lab_state.js" */

import { make } from "../views/js/dom.js";
import { FullScreen } from "../views/js/full_screen.js";
import { clamp, wordsOf } from "../views/js/numbers.js";
import { Pictures } from "../views/js/pictures.js";
import { Reporter } from "../views/js/reporter.js";
import { LabClient } from "./lab_client.js";
import { LabControls } from "./lab_controls.js";
import { LabScreen } from "./lab_screen.js";
import { AT_START, FIRST_LAB_STATE, settingsAt } from "./lab_state.js";
import { LabTime } from "./lab_time.js";
import { LabTop } from "./lab_top.js";

/**
 * @typedef {object} LabPayload
 * @property {string} worker its script
 * @property {Images} images to train on
 * @property {Bytes} labels uint16: their classes
 * @property {Images} shown other images, which are embedded, shown and measured
 * @property {Bytes} shown_labels
 * @property {string[]} names of the classes
 * @property {string[]} colors of the classes
 */

/**
 * @typedef {LabState & LabViewing} LabViewState described in laboratory.py
 * @typedef {object} LabViewing
 * @property {number} step
 * @property {boolean} playing
 * @property {number | null} at
 * @property {LabState | null} other
 * @property {boolean} forces
 * @property {boolean} pictures
 */

const SETTINGS = Object.keys(FIRST_LAB_STATE);

const COMPARED = 120; // milliseconds between two comparisons

export class LabView {
  root;
  #client;
  #state;
  #reporter;
  #top;
  #time;
  #controls;
  #screen;
  /** @type {LabShown[] | null} what is shown of the past, or of two branches */
  #past = null;
  /** @type {number | null} */
  #other = null;
  /** @type {import("./lab_samples.js").LabData | undefined} */
  #data;
  #ended = false;
  #compared = -Infinity; // when two branches were, last
  #stop = new AbortController();
  /** The moment to show once it was trained. @type {number | null} */
  #wish = null;
  #wanted; // changes of sliders, ten times a second at most

  /**
   * @param {HTMLElement} element
   * @param {LabPayload} payload
   * @param {MountOptions} options
   */
  constructor(element, payload, options) {
    this.#state = /** @type {LabViewState} */ ({ ...options.state });
    this.#reporter = new Reporter(options.onChange);
    this.#wanted = new Reporter((changes) => this.#apply(changes));
    this.#client = new LabClient(payload.worker, {
      frame: () => this.#framed(),
      settings: () => this.#settingsCame(),
      past: (shown) => this.#pastCame(shown),
      error: (text) => this.#failed(text),
    });
    this.#top = new LabTop({
      toggle: () => this.#play(!this.#client.playing),
      step: () => this.#stepOnce(),
      again: () => this.#again({}),
      forces: () => this.#look({ forces: !this.#state.forces }),
      pictures: () => this.#look({ pictures: !this.#state.pictures }),
    });
    this.#time = new LabTime({
      scrub: (step) => this.#scrub(step),
      branch: () => this.#branch(),
      choose: (branch) => this.#choose(branch),
      compare: (branch) => this.#compare(branch),
    });
    this.#controls = new LabControls(
      payload,
      payload.images.shape[0],
      (name, value) => this.#wanted.note({ [name]: value }),
      () => this.#wanted.flush(),
    );
    this.#screen = new LabScreen({
      scrub: (step) => this.#scrub(step >= this.#client.branch.step ? null : step),
      margin: (margin) => {
        this.#wanted.note({ margin: Number(clamp(margin, 0.05, 100).toPrecision(3)) });
      },
      ended: () => this.#wanted.flush(),
    });
    this.#top.element.append(new FullScreen(() => this.root, this.#stop.signal).button);
    this.root = make(
      "div",
      { class: "siamese sv-pills siamese-laboratory" },
      this.#top.element,
      make(
        "div",
        { class: "sl-main" },
        this.#controls.element,
        make("div", { class: "sl-field" }, this.#screen.stage, this.#time.element),
        this.#screen.side,
      ),
    );
    this.root.dataset.step = "0";
    element.append(this.root);
    this.#top.say("Unpacking the images.");
    this.#open(payload);
  }

  /** @param {LabPayload} payload */
  async #open(payload) {
    const [images, shown] = await Promise.all(
      [payload.images, payload.shown].map((each) => Pictures.unpack(each)),
    );
    if (this.#ended) return;
    const shape = shown.shape.slice(1);
    const shownLabels = wordsOf(payload.shown_labels);
    this.#data = {
      shape,
      images: images.pixels,
      labels: wordsOf(payload.labels),
      shown: { images: shown.pixels, labels: shownLabels },
    };
    this.#screen.use({ shape, images: shown.pixels, labels: shownLabels }, payload.colors);
    this.#begin();
  }

  /** What is on the map, or null before the first frame. */
  get shown() {
    return this.#past ?? (this.#client.branch?.newest ? [this.#client.branch.newest] : null);
  }

  /** Train as the state says, up to its step; and the branch that it is compared with. */
  #begin() {
    const data = this.#client.branches.length ? undefined : this.#data;
    const { step, playing, other, at } = this.#state;
    [this.#past, this.#other, this.#wish] = [null, other ? 0 : null, at];
    this.#client.begin(labSettingsOf(other ?? this.#state), data);
    if (other) {
      this.#client.send({ type: "add", state: labSettingsOf(this.#state) });
      this.#client.send({ type: "pair", other: 0 });
    }
    if (playing || step) this.#client.send({ type: "play", ...(playing ? {} : { until: step }) });
  }

  /**
   * Show a state that Python, or whoever has mounted the view, has set.
   * @param {StateValues} state
   */
  set(state) {
    const before = this.#state;
    const changed = Object.keys(state).filter(
      (name) => !alikeValues(before[/** @type {keyof LabViewState} */ (name)], state[name]),
    );
    if (!changed.length) return;
    this.#state = { ...before, .../** @type {any} */ (state) };
    if (!this.#data) return;
    const { step, playing, at } = this.#state;
    if (changed.some((name) => SETTINGS.includes(name)) || step < before.step) return this.#begin();
    if (changed.includes("step")) {
      this.#client.send({ type: "play", until: step });
    } else if (changed.includes("playing")) this.#play(playing);
    if (changed.includes("at")) this.#scrub(at);
    this.#show();
  }

  destroy() {
    this.#ended = true;
    this.#wanted.flush();
    this.#reporter.flush();
    this.#client.end();
    this.#screen.end();
    this.#stop.abort();
    this.root.remove();
  }

  /** @param {Record<string, any>} settings that the reader changed */
  #apply(settings) {
    this.#top.say("");
    if (Object.keys(settings).some((name) => AT_START.includes(name))) return this.#again(settings);
    for (const [name, value] of Object.entries(settings)) {
      this.#client.send({ type: "change", name, value });
    }
  }

  /** @param {boolean} playing */
  #play(playing) {
    this.#newest();
    this.#client.send({ type: playing ? "play" : "pause" });
  }

  #stepOnce() {
    this.#newest();
    this.#client.send({ type: "step" });
  }

  /** @param {Record<string, any>} settings to begin again with, besides those of now */
  #again(settings) {
    this.#newest();
    this.#screen.jump();
    const pauses = !Object.keys(settings).length;
    if (pauses) this.#client.send({ type: "pause" });
    this.#client.send({ type: "again", settings });
  }

  /** @param {Partial<LabViewing>} changes of what is shown */
  #look(changes) {
    Object.assign(this.#state, changes);
    this.#reporter.note(changes);
    this.#show();
  }

  #newest() {
    this.#past = null;
    if (this.#state.at !== null) this.#look({ at: null });
  }

  /** @param {number | null} step a moment, or null for the newest */
  #scrub(step) {
    if (this.#client.playing) this.#client.send({ type: "pause" });
    const at = step === null ? null : clamp(step, 0, this.#client.branch.step);
    if (at === null) this.#newest();
    else this.#look({ at });
    this.#ask();
  }

  /** Ask for what is shown of the past, or of two branches. */
  #ask() {
    const { at } = this.#state;
    const { current: one, branch } = this.#client;
    if (this.#other !== null) {
      this.#client.ask({ type: "compare", one, other: this.#other, step: at ?? branch.step });
    } else if (at !== null) this.#client.ask({ type: "scrub", step: at });
  }

  #branch() {
    const { branch } = this.#client;
    const step = Math.min(this.#state.at ?? branch.step, branch.step);
    this.#newest();
    this.#client.send({ type: "branch", step });
  }

  /** @param {number} branch */
  #choose(branch) {
    if (this.#other === branch) this.#compare(null);
    this.#newest();
    this.#screen.jump();
    this.#client.send({ type: "choose", branch });
  }

  /** @param {number | null} branch to compare with, or none */
  #compare(branch) {
    this.#other = branch;
    this.#past = null;
    this.#client.send({ type: "pair", other: branch });
    this.#report();
    this.#ask();
    this.#show();
  }

  #framed() {
    const { branch, playing } = this.#client;
    this.#top.quiet();
    if (this.#wish !== null && branch.step >= this.#wish && !playing) {
      const at = this.#wish < branch.step ? this.#wish : null;
      this.#wish = null;
      this.#look({ at });
      if (at !== null) this.#ask();
    }
    // While it trains, comparing at every frame would take most of the time.
    const now = performance.now();
    if (this.#other !== null && (!playing || now - this.#compared > COMPARED)) {
      this.#compared = now;
      this.#ask();
    }
    this.#report();
    this.#show();
  }

  #settingsCame() {
    this.#report();
    this.#show();
  }

  /** @param {LabShown[]} shown */
  #pastCame(shown) {
    const asked = this.#state.at !== null || this.#other !== null;
    this.#past = asked && shown.length === (this.#other === null ? 1 : 2) ? shown : null;
    this.#show();
  }

  /** @param {string} text */
  #failed(text) {
    this.#top.say(text, true);
    this.#show();
  }

  /** Tell whoever holds the state what it is now. */
  #report() {
    const { branch, branches, playing } = this.#client;
    const other = this.#other === null ? null : branches[this.#other].state;
    const changes = { ...branch.state, step: branch.step, playing, other };
    const news = Object.entries(changes).filter(
      ([name, value]) => !alikeValues(this.#state[/** @type {keyof LabViewState} */ (name)], value),
    );
    if (!news.length) return;
    Object.assign(this.#state, Object.fromEntries(news));
    this.#reporter.note(Object.fromEntries(news));
    if (!playing) this.#reporter.flush();
  }

  #show() {
    const { branch, branches, current, playing } = this.#client;
    if (!branch?.newest) return;
    const { at, forces, pictures } = this.#state;
    const shown = this.shown ?? [];
    const settings = shown.map(({ branch: number, step }) =>
      settingsAt(branches[number].state, Math.max(step - 1, 0)),
    );
    const now = settingsAt(branch.state, branch.step);
    if (!this.#past) settings[0] = { ...now };
    this.#controls.show(now);
    this.#top.show({ playing, shown: shown[0], forces, pictures, settings: now });
    const moments = { step: branch.step, at, branches: branches.length, current };
    this.#time.show({ ...moments, other: this.#other });
    this.#screen.show({ shown, settings, branches, last: branch.step, forces, pictures });
    this.root.dataset.step = String(shown[0].step);
    this.root.dataset.playing = String(playing);
  }
}

/** @param {Record<string, any>} state @returns {Record<string, any>} what the training depends on */
const labSettingsOf = (state) => Object.fromEntries(SETTINGS.map((name) => [name, state[name]]));

/** @param {unknown} one @param {unknown} other */
const alikeValues = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);
