// @ts-check
// A probe: the state, and what shows and changes it (probe.py).

/** @import { Bytes, Images } from "../js/payload.js" */
/** @import { MountOptions, StateValues } from "../js/stateful.js" */
/** @import { Thumbs } from "./probe_cloud.js" */
/** @import { ProbeDial } from "./probe_grid.js" */
/** @import { Turn } from "./probe_lens.js" */
/** @import { ProbeMapData } from "./probe_map.js" */

import { AnimationLoop } from "../js/animation_loop.js";
import { make } from "../js/dom.js";
import { watchPage } from "../js/page_changes.js";
import { Pictures } from "../js/pictures.js";
import { Classes } from "../js/point_classes.js";
import { Reporter } from "../js/reporter.js";
import { themeOf } from "../js/theme.js";
import { ProbePicture, ProbeRadios, ProbeSlider } from "./probe_dials.js";
import { ProbeGrid } from "./probe_grid.js";
import { ProbeMap } from "./probe_map.js";
import { probePictureWords } from "./probe_words.js";

const LEGEND = 30; // classes: more would be longer than the maps
const SCALE_WORDS =
  "0 % of the map's spread: the point stands still. " +
  "About 100 %: it wanders across the whole map.";

/**
 * @typedef {object} ProbePayload
 * @property {ProbeDial[]} dials
 * @property {string[]} subjects their names
 * @property {Images} images of all subjects and values
 * @property {ProbeMapData[]} maps
 * @property {Bytes | null} labels uint16, the class of each point of a cloud
 * @property {string[]} names of the classes
 * @property {string[]} colors of the classes
 * @property {Images | null} thumbs images of some points of a cloud
 * @property {number[]} thumbed these points
 */

/**
 * @typedef {object} ProbeState described in probe.py
 * @property {number} subject
 * @property {Record<string, number | string>} values
 * @property {string} dial
 * @property {boolean} pictures
 * @property {Turn} turn
 */

export class ProbeView {
  #payload;
  #state;
  #grid;
  #maps;
  #picture;
  #sliders;
  #subjects;
  #paths;
  #toggle = make("input", { type: "checkbox" });
  #said = make("div", { class: "sv-unseen", role: "status" });
  #reporter;
  #loop = new AnimationLoop(() => this.#draw());
  #abort = new AbortController();
  /** @type {Pictures | null} */
  #images = null;
  /** @type {Thumbs | null} */
  #thumbs = null;
  #held = false;

  /**
   * @param {HTMLElement} element
   * @param {ProbePayload} payload
   * @param {MountOptions} options
   */
  constructor(element, payload, options) {
    this.#payload = payload;
    this.#state = checkedProbe(payload, /** @type {ProbeState} */ ({ ...options.state }));
    this.#reporter = new Reporter(options.onChange);
    const { dials, subjects, maps } = payload;
    this.#grid = new ProbeGrid(dials.map(({ values }) => values.length));
    const cloud = maps[0].cloud;
    const count = cloud ? cloud.byteLength / 4 / maps[0].dim : 0;
    const classes = new Classes(payload, count, []);
    const end = () => this.#end();
    this.#maps = maps.map(
      (about) =>
        new ProbeMap(about, this.#grid, classes, {
          turn: () => this.#state.turn,
          turned: (turn) => this.#change({ turn }),
          end,
        }),
    );
    this.#picture = new ProbePicture(dials, {
      hold: () => {
        this.#held = true;
        return this.#places;
      },
      drag: (places, dial) => this.#moveTo(places, dial),
      end,
    });
    this.#sliders = dials.map(
      (dial, i) =>
        new ProbeSlider(
          dial,
          (place) =>
            this.#moveTo(
              this.#places.map((own, j) => (j === i ? place : own)),
              i,
            ),
          end,
        ),
    );
    this.#subjects = new ProbeRadios("Images", subjects, true, (subject) =>
      this.#change({ subject }),
    );
    const names = dials.map(({ name }) => name);
    this.#paths = new ProbeRadios("Path on the maps", names, false, (i) =>
      this.#change({ dial: names[i] }),
    );
    this.root = this.#build();
    element.append(this.root);
    this.#unpack();
    const again = () => this.#loop.wake();
    const acts = { resized: again, restyled: again, sighted: () => {} };
    for (const { stage } of this.#maps) watchPage(stage, acts, this.#abort.signal);
    this.#show();
  }

  /**
   * Show a state that Python, or whoever has mounted the view, has set.
   * @param {StateValues} state
   */
  set(state) {
    Object.assign(this.#state, this.#reporter.settled(state));
    this.#show();
  }

  destroy() {
    this.#reporter.flush();
    this.#abort.abort();
    this.#loop.end();
    this.root.remove();
  }

  #build() {
    const { subjects, dials, thumbs, names } = this.#payload;
    const side = make("div", { class: "pr-side" }, this.#picture.element);
    const controls = make("div", { class: "pr-controls" });
    controls.append(...this.#sliders.map(({ element }) => element));
    if (dials.length > 1) controls.append(this.#paths.element);
    if (subjects.length > 1) controls.append(this.#subjects.element);
    if (thumbs) {
      this.#toggle.addEventListener("change", () =>
        this.#change({ pictures: this.#toggle.checked }),
      );
      controls.append(make("label", { class: "pr-check" }, this.#toggle, "Pictures on the maps"));
    }
    side.append(controls);
    const maps = make("div", { class: "pr-maps", "data-maps": this.#maps.length });
    maps.append(...this.#maps.map(({ element }) => element));
    const field = make("div", { class: "pr-field" }, maps);
    if (names.length && names.length <= LEGEND) field.append(probeLegend(this.#payload));
    field.append(make("p", { class: "pr-scale" }, SCALE_WORDS));
    return make(
      "div",
      { class: "siamese sv-pills siamese-probe", role: "group", "aria-label": "Probe" },
      make("div", { class: "pr-main" }, side, field),
      this.#said,
    );
  }

  async #unpack() {
    const { images, thumbs, thumbed, subjects, dials } = this.#payload;
    this.#images = await Pictures.unpack(images);
    const first = dials.map(({ values }) => Math.max(values.indexOf(0), 0));
    this.#subjects.picture(
      this.#images,
      subjects.map((_, subject) => this.#grid.index(subject, first)),
    );
    this.root.dataset.ready = "true";
    this.#show();
    if (!thumbs) return;
    const pictures = await Pictures.unpack(thumbs);
    this.#thumbs = { pictures, shape: thumbs.shape, points: thumbed };
    this.#show();
  }

  get #places() {
    const { values } = this.#state;
    return this.#payload.dials.map((dial) => dial.values.indexOf(values[dial.name]));
  }

  get #at() {
    return this.#grid.index(this.#state.subject, this.#places);
  }

  /**
   * @param {number[]} places
   * @param {number} dial which has moved most
   */
  #moveTo(places, dial) {
    const { dials } = this.#payload;
    const values = Object.fromEntries(
      dials.map(({ name, values }, i) => [name, values[places[i]]]),
    );
    const same = JSON.stringify(values) === JSON.stringify(this.#state.values);
    if (!same) this.#change({ values, dial: dials[dial].name });
  }

  /** @param {Partial<ProbeState>} changes */
  #change(changes) {
    Object.assign(this.#state, changes);
    this.#reporter.note(changes);
    this.#show();
  }

  #end() {
    this.#held = false;
    this.#reporter.flush();
    this.#say();
  }

  /** Show the state in the controls at once, and on the maps in the next frame. */
  #show() {
    const { subject, dial, pictures } = this.#state;
    const { dials, subjects } = this.#payload;
    const places = this.#places;
    this.#sliders.forEach((slider, i) => slider.show(places[i]));
    this.#subjects.show(subject);
    this.#paths.show(dials.findIndex(({ name }) => name === dial));
    this.#toggle.checked = pictures;
    const words = probePictureWords(subjects[subject], dials, places);
    this.#picture.show(this.#images?.canvas(this.#at) ?? null, words);
    if (!this.#held) this.#say();
    this.#loop.wake();
  }

  /** Let screen readers say what the picture shows, and where its point is. */
  #say() {
    const { dials, subjects } = this.#payload;
    const picture = probePictureWords(subjects[this.#state.subject], dials, this.#places);
    const words = [picture, ...this.#maps.map((map) => map.wordsOf(this.#at))].join(". ");
    if (this.#said.textContent !== words) this.#said.textContent = words;
  }

  #draw() {
    const { subject, turn, pictures, dial } = this.#state;
    const number = this.#payload.dials.findIndex(({ name }) => name === dial);
    const theme = themeOf(this.root);
    const moment = {
      subject,
      at: this.#at,
      path: this.#grid.path(subject, this.#places, number),
      dial: this.#payload.dials[number],
      turn,
      picture: this.#images?.canvas(this.#at) ?? null,
      thumbs: pictures ? this.#thumbs : null,
    };
    for (const map of this.#maps) map.draw(moment, theme);
    return false;
  }
}

/**
 * Return a state; RangeError if the view has no such value, as an address of a page may hold any.
 * @param {ProbePayload} payload
 * @param {ProbeState} state
 */
function checkedProbe({ dials, subjects }, state) {
  const known =
    state.subject in subjects &&
    dials.some(({ name }) => name === state.dial) &&
    dials.every(({ name, values }) => values.includes(state.values?.[name])) &&
    Array.isArray(state.turn) &&
    state.turn.length === 2 &&
    state.turn.every(Number.isFinite) &&
    Math.abs(state.turn[1]) <= 90;
  if (!known) throw new RangeError(`the state is ${JSON.stringify(state)}`);
  return state;
}

/** @param {ProbePayload} payload */
function probeLegend({ names, colors }) {
  const items = names.map((name, k) => {
    const key = make("i");
    key.style.background = colors[k];
    return make("span", {}, key, make("bdi", {}, name));
  });
  return make("div", { class: "pr-legend" }, ...items);
}
