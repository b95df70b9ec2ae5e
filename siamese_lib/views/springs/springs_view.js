// @ts-check
// Points that pull and push each other: the state, the motion, and what shows them.

/** @import { Bytes, Images } from "../js/payload.js" */
/** @import { MountOptions, StateValues } from "../js/stateful.js" */
/** @import { Means } from "./forces.js" */
/** @import { OnMap } from "./springs_hands.js" */

import { AnimationLoop } from "../js/animation_loop.js";
import { Camera } from "../js/camera.js";
import { make, set } from "../js/dom.js";
import { icon } from "../js/icons.js";
import { clamp, wordsOf } from "../js/numbers.js";
import { Pictures } from "../js/pictures.js";
import { Reporter } from "../js/reporter.js";
import { forcesOf, lossInOnePlace, radiusOf } from "./forces.js";
import { fixedBox, followingBox, glide } from "./springs_camera.js";
import { listenToHands } from "./springs_hands.js";
import { PRESSED_SHARE, SpringsMap } from "./springs_map.js";
import { SpringsMotion } from "./springs_motion.js";
import { SpringsPanel } from "./springs_panel.js";
import { SpringsTop, springsLegend } from "./springs_top.js";
import { SpringsTrails } from "./springs_trails.js";
import { pointWords, springsWords } from "./springs_words.js";

/**
 * @typedef {object} SpringsState described in springs.py
 * @property {number[][]} points
 * @property {number} margin
 * @property {boolean} push
 * @property {Means} means
 * @property {number} learning_rate
 * @property {boolean} running
 * @property {number | null} selected
 * @property {boolean} pictures
 * @property {boolean} follow
 * @property {number} step
 */

/**
 * @typedef {object} SpringsPayload
 * @property {number[][]} start x and y of each point
 * @property {number} margin at the start
 * @property {Bytes} classes uint16 (count,): the class of each point
 * @property {string[]} names of the classes
 * @property {string[]} marks a letter or two for each class
 * @property {string[]} colors of the classes, "#rrggbb"
 * @property {string[]} inks of the marks
 * @property {Images | null} images
 */

const SPRINGS_HELP =
  "Arrow keys move the chosen point, with Shift farther. Page Up and Page Down choose another.";
const RING_MARGINS = /** @type {const} */ ([0.1, 10]); // as in state.py

export class SpringsView {
  #state;
  #payload;
  #classes;
  #members;
  #start;
  #motion;
  #map;
  #panel;
  #reporter;
  #camera;
  #settled = false; // whether the map has its first scale
  #loop = new AnimationLoop((_, seconds) => this.#tick(seconds));
  #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #trails;
  #holding = false; // whether the reader drags the circle
  #top = new SpringsTop({
    toggle: () => this.#change({ running: !this.#state.running }),
    step: () => this.#takeStep(),
    startAgain: () => this.#startAgain(),
  });
  #words = make("div", { class: "sp-words" });
  #said = make("div", { class: "sv-unseen", role: "status" });
  #unseen = make("span");
  #chip = make(
    "button",
    { type: "button", class: "sp-chip", onclick: () => this.#change({ follow: true }) },
    icon("fit"),
    this.#unseen,
  );
  #resized = new ResizeObserver(() => this.#measure());
  #stage;

  /**
   * @param {HTMLElement} element
   * @param {SpringsPayload} payload
   * @param {MountOptions} options
   */
  constructor(element, payload, options) {
    this.#payload = payload;
    this.#state = /** @type {SpringsState} */ ({ ...options.state });
    this.#classes = wordsOf(payload.classes);
    this.#members = payload.names.map((_, number) =>
      [...this.#classes.keys()].filter((point) => this.#classes[point] === number),
    );
    this.#start = flatPlaces(payload.start);
    this.#motion = new SpringsMotion(
      this.#start,
      flatPlaces(this.#state.points),
      this.#classes,
      this.#calm,
    );
    this.#trails = new SpringsTrails(this.#classes.length);
    this.#reporter = new Reporter(options.onChange);
    this.#camera = new Camera(this.#calm, () => {});
    const { names, marks, colors, inks } = payload;
    this.#map = new SpringsMap(
      this.#classes,
      names.map((name, k) => ({ name, mark: marks[k], color: colors[k], ink: inks[k] })),
    );
    this.#panel = new SpringsPanel(
      payload.images !== null,
      (changes) => this.#change(changes),
      () => this.#reporter.flush(),
    );
    const help = make("p", { class: "sp-help" }, SPRINGS_HELP);
    this.#stage = make("div", { class: "sp-stage" }, this.#map.svg, this.#chip, help);
    const legend = springsLegend(names, marks);
    const field = make("div", { class: "sp-field" }, this.#stage, this.#words, legend);
    this.root = make(
      "div",
      { class: "siamese sv-pills siamese-springs" },
      this.#top.element,
      make("div", { class: "sp-main" }, field, this.#panel.element),
      this.#said,
    );
    element.append(this.root);
    this.#listen();
    this.#resized.observe(this.#stage);
    if (payload.images) this.#showImages(payload.images);
    this.#measure();
  }

  /**
   * Show a state that Python, or whoever has mounted the view, has set.
   * @param {StateValues} state
   */
  set(state) {
    const changed = Object.entries(state).filter(
      ([name, value]) => !sameValue(this.#state[/** @type {keyof SpringsState} */ (name)], value),
    );
    if (!changed.length) return;
    Object.assign(this.#state, Object.fromEntries(changed));
    if (changed.some(([name]) => name === "points")) {
      this.#motion.places = flatPlaces(this.#state.points);
      this.#trails.clear();
    }
    this.#wake();
  }

  destroy() {
    this.#reporter.flush();
    this.#loop.end();
    this.#resized.disconnect();
    this.root.remove();
  }

  /** @param {Images} images */
  async #showImages(images) {
    const pictures = await Pictures.unpack(images);
    this.#map.points.forEach((point, i) => point.show(pictures.canvas(i)));
  }

  #listen() {
    const camera = this.#camera;
    /** @param {number} point @returns {OnMap} */
    const placeOf = (point) => {
      const { shown } = this.#motion;
      return camera.toScreen([shown[2 * point], shown[2 * point + 1]]);
    };
    /** @param {number} point @param {OnMap} place */
    const drag = (point, [x, y]) => {
      this.#motion.held = point;
      const inside = /** @type {OnMap} */ ([clamp(x, 0, camera.width), clamp(y, 0, camera.height)]);
      this.#motion.put(point, camera.toPlane(inside));
      this.#moved({});
    };
    listenToHands(this.#map, {
      choose: (point) => {
        if (point !== this.#state.selected) this.#change({ selected: point });
      },
      hold: (point) => {
        this.#motion.held = point;
        return placeOf(point);
      },
      drag,
      dragMargin: ([x, y]) => {
        const { selected } = this.#state;
        if (selected === null) return;
        const at = placeOf(selected);
        const margin = Math.hypot(x - at[0], y - at[1]) / camera.scale;
        this.#holding = true;
        this.#change({
          margin: clamp(Number(margin.toPrecision(3)), ...RING_MARGINS),
        });
      },
      nudge: (point, right, down) => {
        const [x, y] = placeOf(point);
        drag(point, [x + right, y + down]);
      },
      release: () => {
        this.#motion.held = null;
        this.#holding = false;
        this.#reporter.flush();
        this.#wake();
      },
    });
  }

  #takeStep() {
    this.#motion.step(this.#state);
    this.#moved({ running: false, step: this.#state.step + 1 });
  }

  #startAgain() {
    this.#motion.places = this.#start.slice();
    this.#trails.clear();
    this.#moved({ running: false, step: 0 });
  }

  /**
   * Take over where the points are, and other changes.
   * @param {Partial<SpringsState>} others
   */
  #moved(others) {
    this.#change({ points: pairedPlaces(this.#motion.places), ...others });
  }

  /**
   * Change the state at once, report it, and draw in the next frame.
   * @param {Partial<SpringsState>} changes
   */
  #change(changes) {
    Object.assign(this.#state, changes);
    this.#reporter.note(changes);
    this.#wake();
  }

  #wake() {
    this.root.dataset.moving = "true"; // until a frame shows that nothing moves
    this.#loop.wake();
  }

  /**
   * @param {number} seconds since the last frame
   * @returns {boolean} whether something still moves
   */
  #tick(seconds) {
    const { running } = this.#state;
    const taken = running ? this.#motion.run(seconds, this.#state) : 0;
    if (taken) this.#moved({ step: this.#state.step + taken });
    const rest = this.#motion.atRest(this.#state);
    if (running && rest && taken) this.#reporter.flush();
    if (this.#state.step) this.#trails.note(this.#motion.shown, this.#camera.scale);
    let moving = this.#motion.approach(seconds, 0.05 / this.#camera.scale);
    moving = this.#frame(seconds) || moving || (running && !rest);
    this.#show(rest, moving);
    return moving;
  }

  #measure() {
    const { clientWidth, clientHeight } = this.#stage;
    if (clientWidth < 2) return;
    this.#camera.resize(clientWidth, clientHeight);
    set(this.#map.svg, { width: clientWidth, height: clientHeight });
    this.#settled = false;
    this.#wake();
  }

  /**
   * Move the camera to what it should show, except while the reader holds something.
   * @param {number} seconds
   * @returns {boolean} whether it is still on its way
   */
  #frame(seconds) {
    const { follow, margin, push, selected } = this.#state;
    if (this.#settled && (this.#motion.held !== null || this.#holding)) return false;
    const box = follow
      ? followingBox(this.#motion.shown, push ? selected : null, margin, radiusOf(this.#start))
      : fixedBox(this.#start, this.#payload.margin);
    const calm = this.#calm || !this.#settled;
    this.#settled = true;
    return glide(this.#camera, box, calm ? Infinity : seconds);
  }

  /**
   * @param {boolean} rest whether a step would change nothing
   * @param {boolean} moving
   */
  #show(rest, moving) {
    const state = this.#state;
    const { shown } = this.#motion;
    const forces = forcesOf(shown, this.#classes, state);
    const [radius, start] = [radiusOf(shown), radiusOf(this.#start)];
    const trails = this.#trails.paths(shown, this.#camera);
    this.#map.draw({ ...state, places: shown, forces, trails }, this.#camera);
    forces.pushing = this.#pressed(shown);
    const usual = state.push
      ? lossInOnePlace(this.#classes, state)
      : forcesOf(this.#start, this.#classes, state).pullLoss;
    this.#panel.show(state, { forces, usual, radius, start });
    this.#top.show(state.running, state.step);
    const inside = Math.max(...this.#members.map((members) => radiusOf(shown, members)));
    const { push, margin } = state;
    const seen = { forces, push, margin, rest: rest && !moving, radius, inside, start };
    this.#say(springsWords(seen), moving);
    const unseen = state.follow ? 0 : this.#map.unseen(shown, this.#camera);
    this.#chip.hidden = !unseen;
    this.#unseen.textContent = `${unseen} out of sight: follow`;
    this.root.dataset.moving = String(moving);
  }

  /**
   * Show what can be seen. Screen readers hear it, and where the chosen point is, after a movement.
   * @param {string} words
   * @param {boolean} moving
   */
  #say(words, moving) {
    if (this.#words.textContent !== words) this.#words.textContent = words;
    if (moving || this.#motion.held !== null) return;
    if (this.#said.textContent !== words) this.#said.textContent = words;
    this.#map.points.forEach(({ element }, point) => {
      const chosen = point === (this.#state.selected ?? 0);
      set(element, { tabindex: chosen ? 0 : -1, "aria-label": this.#wordsOf(point) });
    });
  }

  /**
   * Count the different pairs that push noticeably.
   * @param {Float64Array} places
   */
  #pressed(places) {
    const margin = PRESSED_SHARE * this.#state.margin;
    return forcesOf(places, this.#classes, { ...this.#state, margin }).pushing;
  }

  /** @param {number} point */
  #wordsOf(point) {
    const { margin, push } = this.#state;
    const { places } = this.#motion;
    const place = /** @type {OnMap} */ ([places[2 * point], places[2 * point + 1]]);
    let [similar, pushing, different] = [-1, 0, 0];
    this.#classes.forEach((number, i) => {
      if (number === this.#classes[point]) return (similar += 1);
      different += 1;
      const apart = Math.hypot(places[2 * i] - place[0], places[2 * i + 1] - place[1]);
      if (push && apart < PRESSED_SHARE * margin) pushing += 1;
    });
    const name = this.#payload.names[this.#classes[point]];
    return pointWords(name, place, { similar, pushing, different });
  }
}

/** @param {number[][]} points */
const flatPlaces = (points) => Float64Array.from(points.flat());

/** @param {Float64Array} places */
const pairedPlaces = (places) =>
  Array.from({ length: places.length / 2 }, (_, i) => [places[2 * i], places[2 * i + 1]]);

/**
 * @param {unknown} one
 * @param {unknown} other
 */
const sameValue = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);
