// @ts-check
// The laboratory: a training in a worker, and what shows and changes it.

/** @import { MountOptions, StateValues } from "../views/js/stateful.js" */
/** @import { LabShown } from "./lab_client.js" */
/** @import { LabPayload } from "./lab_data.js" */
/** @import { LabData } from "./lab_samples.js" */
/** @import { LabViewing, LabViewState } from "./lab_view_state.js" */

import { make } from "../views/js/dom.js";
import { FullScreen } from "../views/js/full_screen.js";
import { clamp } from "../views/js/numbers.js";
import { watchPage } from "../views/js/page_changes.js";
import { Reporter } from "../views/js/reporter.js";
import { LabClient } from "./lab_client.js";
import { LabControls } from "./lab_controls.js";
import { labDataOf } from "./lab_data.js";
import { LabScreen } from "./lab_screen.js";
import { AT_START, settingsAt } from "./lab_state.js";
import { LabTime } from "./lab_time.js";
import { LabTop } from "./lab_top.js";
import { LAB_SETTINGS, labSettingsOf, rightLabState } from "./lab_view_state.js";

const COMPARED = 120; // milliseconds between two comparisons

export class LabView {
  root;
  #client;
  #right;
  /** @type {LabViewState} */
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
  /** @type {LabData | undefined} */
  #data;
  #ended = false;
  #compared = -Infinity; // when two branches were, last
  #stop = new AbortController();
  /** The step to train to again, and the moment to show then. @type {number | null} */
  #goal = null;
  /** @type {number | null} */
  #wish = null;
  #wanted; // changes of sliders, ten times a second at most

  /**
   * @param {HTMLElement} element
   * @param {LabPayload} payload
   * @param {MountOptions} options
   */
  constructor(element, payload, options) {
    this.#right = (/** @type {StateValues} */ state) =>
      rightLabState(state, payload.images.shape[0], payload.names.length);
    this.#state = this.#right(options.state);
    this.#reporter = new Reporter(options.onChange);
    this.#wanted = new Reporter((changes) => this.#apply(changes));
    this.#client = new LabClient(payload.worker, {
      frame: () => this.#framed(),
      settings: () => {
        this.#report();
        this.#show();
      },
      past: (shown) => this.#pastCame(shown),
      error: (text) => {
        this.#top.say(text, true);
        this.#show();
      },
    });
    this.#top = new LabTop({
      toggle: () => this.#play(!this.#client.playing),
      step: () => this.#train({ type: "step" }, false),
      hundred: () => this.#train({ type: "play", until: this.#client.branch.step + 100 }, true),
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
    const data = await labDataOf(payload);
    if (this.#ended) return;
    this.#data = data;
    this.#screen.use({ shape: data.shape, ...data.shown }, payload.colors);
    const again = () => this.#screen.again();
    const acts = { resized: again, restyled: again, sighted: this.#sighted.bind(this) };
    watchPage(this.#screen.stage, acts, this.#stop.signal);
    this.#begin();
  }

  /**
   * A training that nobody sees pauses, unless it is on the way to a moment.
   * @param {boolean} some whether any of the map is in sight
   */
  #sighted(some) {
    if (!some && this.#client.playing && this.#goal === null) this.#play(false);
  }

  /** What is on the map, or null before the first frame. */
  get shown() {
    return this.#past ?? (this.#client.branch?.newest ? [this.#client.branch.newest] : null);
  }

  /** Train as the state says, up to its step; and the branch that it is compared with. */
  #begin() {
    const data = this.#client.session ? undefined : this.#data;
    const { step, playing, other, at } = this.#state;
    [this.#past, this.#other] = [null, other ? 0 : null];
    this.#screen.jump();
    this.#client.begin(labSettingsOf(other ?? this.#state), data);
    if (other) {
      this.#client.drive({ type: "add", state: labSettingsOf(this.#state) }, false);
      this.#client.send({ type: "pair", other: 0 });
    }
    this.#trainTo(step, at, playing);
  }

  /**
   * Train up to a step without a report of the steps before it.
   * @param {number} step
   * @param {number | null} at the moment to show then
   * @param {boolean} on whether to go on after it
   */
  #trainTo(step, at, on) {
    this.#goal = step;
    this.#wish = at;
    if (on || step) this.#client.drive({ type: "play", ...(on ? {} : { until: step }) }, true);
  }

  /**
   * Show a state that Python, or whoever has mounted the view, has set.
   * @param {StateValues} state
   * @param {boolean} [byOther] whether another view of the same laboratory reports what it does:
   *   each trains on its own
   */
  set(state, byOther = false) {
    const before = this.#state;
    const now = this.#right({ ...before, ...state });
    const changed = Object.keys(now).filter(
      (name) => !alikeValues(before[keyOfState(name)], now[keyOfState(name)]),
    );
    if (byOther || !changed.length) return;
    this.#state = now;
    if (!this.#data) return;
    const { step, playing, at } = now;
    const anew = changed.some((name) => name === "other" || LAB_SETTINGS.includes(name));
    if (anew || step < before.step) return this.#begin();
    if (changed.includes("step")) this.#trainTo(step, at, playing);
    else if (changed.includes("at")) this.#scrub(at);
    else if (changed.includes("playing")) this.#play(playing);
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
    this.#top.changes(this.#state.at !== null);
    this.#newest();
    if (Object.keys(settings).some((name) => AT_START.includes(name))) {
      this.#screen.jump();
      return this.#client.send({ type: "again", settings });
    }
    for (const [name, value] of Object.entries(settings)) {
      this.#client.send({ type: "change", name, value });
    }
  }

  /** The reader acts: what a slider has changed comes before, and a replay ends. */
  #act() {
    this.#wanted.flush();
    this.#goal = null;
    this.#wish = null;
  }

  /** @param {boolean} playing */
  #play(playing) {
    this.#train({ type: playing ? "play" : "pause" }, playing);
  }

  /**
   * Train some steps.
   * @param {Record<string, any>} message
   * @param {boolean} plays whether it takes a while
   */
  #train(message, plays) {
    this.#act();
    this.#newest();
    this.#client.drive(message, plays);
  }

  /** @param {Record<string, any>} settings to begin again with, besides those of now */
  #again(settings) {
    this.#play(false);
    this.#screen.jump();
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
    this.#client.forget();
    if (this.#state.at !== null) this.#look({ at: null });
  }

  /** @param {number | null} step a moment, or null for the newest */
  #scrub(step) {
    this.#act();
    if (this.#client.playing) this.#client.drive({ type: "pause" }, false);
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
    this.#act();
    const { branch } = this.#client;
    const step = this.#state.at === null ? branch.step : (this.shown?.[0].step ?? branch.step);
    this.#newest();
    this.#client.drive({ type: "branch", step: Math.min(step, branch.step) }, false);
  }

  /** @param {number} branch */
  #choose(branch) {
    this.#act();
    if (this.#other === branch) this.#compare(null);
    this.#newest();
    this.#screen.jump();
    this.#client.drive({ type: "choose", branch }, false);
  }

  /** @param {number | null} branch to compare with, or none */
  #compare(branch) {
    this.#wanted.flush();
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
    if (this.#goal !== null && branch.step >= this.#goal) {
      const at = this.#wish !== null && this.#wish < branch.step ? this.#wish : null;
      this.#goal = null;
      this.#wish = null;
      if (at !== null) {
        this.#look({ at });
        this.#ask();
      }
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

  /** @param {LabShown[]} shown */
  #pastCame(shown) {
    const asked = this.#state.at !== null || this.#other !== null;
    this.#past = asked && shown.length === (this.#other === null ? 1 : 2) ? shown : null;
    this.#show();
  }

  /** Tell whoever holds the state what it is now; of a replay, where it will end. */
  #report() {
    const { branch, branches, playing } = this.#client;
    if (!branch) return;
    const other = this.#other === null ? null : (branches[this.#other]?.state ?? null);
    const settings = { ...branch.state, other };
    const changes = this.#goal === null ? { ...settings, step: branch.step, playing } : settings;
    const news = Object.entries(changes).filter(
      ([name, value]) => !alikeValues(this.#state[keyOfState(name)], value),
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
    const now = settingsAt(branch.state, branch.step);
    const settings = shown.map(({ branch: number, step }) =>
      number === current && step === branch.step
        ? now
        : settingsAt(branches[number].state, Math.max(step - 1, 0)),
    );
    this.#controls.show(at === null ? now : settings[0]);
    this.#top.show({ playing, shown: shown[0], forces, pictures, settings: now });
    this.#time.show({
      step: branch.step,
      at,
      moment: at === null ? branch.step : shown[0].step,
      branches: branches.length,
      current,
      other: this.#other,
    });
    this.#screen.show({ shown, settings, branches, last: branch.step, forces, pictures });
    this.root.dataset.step = String(shown[0].step);
    this.root.dataset.playing = String(playing);
  }
}

/** @param {string} name */
const keyOfState = (name) => /** @type {keyof LabViewState} */ (name);

/** @param {unknown} one @param {unknown} other */
const alikeValues = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);
