// @ts-check
// How the reader looks at a map, apart from the moment and the selection: what Python and the
// address of a page can hold, as one small object.

/** @import { Camera } from "./camera.js" */
/** @import { Classes } from "./point_classes.js" */
/** @import { Clock } from "./clock.js" */
/** @import { FilmBar } from "./film_bar.js" */
/** @import { Toolbar } from "./toolbar.js" */

/**
 * @typedef {object} Shown
 * @property {string[]} hidden names of hidden classes
 * @property {boolean} names whether class names are on the map
 * @property {boolean} trust whether points are as large as their trust
 * @property {boolean} follow whether the map zooms to all points at every moment
 * @property {number[] | null} camera x and y in the middle of the map, and the length of its shorter
 *   side; null for the whole map
 * @property {number} speed
 * @property {boolean} loop
 */

/**
 * @typedef {object} LookedAt the parts of a view that change with it
 * @property {Camera} camera
 * @property {Classes} classes
 * @property {Clock} clock
 * @property {{ update: () => void }} legend
 * @property {Pick<FilmBar, "set">} filmBar
 * @property {Pick<Toolbar, "press">} toolbar
 * @property {{ wake: () => void }} animation
 * @property {(smoothly: boolean) => void} goHome
 */

/** As a map is looked at before anyone changes it. @type {Shown} */
export const FIRST_SHOWN = {
  hidden: [],
  names: true,
  trust: false,
  follow: false,
  camera: null,
  speed: 1,
  loop: false,
};

/**
 * Split a whole state into that of a view and how the reader looks at it.
 * @param {Record<string, any>} state
 */
export function splitState(state) {
  const parts = Object.entries(state);
  /** @param {boolean} own */
  const those = (own) => Object.fromEntries(parts.filter(([name]) => name in FIRST_SHOWN === own));
  return { ...those(false), shown: those(true) };
}

/**
 * Put together what a view reports.
 * @param {Record<string, any>} changes
 */
export const joinState = ({ shown = {}, ...others }) => ({ ...others, ...shown });

const REPORT_EVERY = 300; // milliseconds, while something moves

const SWITCHES = /** @type {const} */ (["names", "trust", "follow"]);

export class Look {
  shows = { names: true, trust: false, follow: false };
  #known = ""; // as it was last reported or set
  #reportedAt = -Infinity;
  #view;
  #report;

  /**
   * @param {LookedAt} view
   * @param {(changes: { shown: Shown }) => void} report
   */
  constructor(view, report) {
    this.#view = view;
    this.#report = report;
  }

  /** @returns {Shown} */
  get now() {
    const { camera, classes, clock } = this.#view;
    const { speed, loop } = clock;
    return { ...this.shows, hidden: classes.hiddenNames, camera: camera.shown, speed, loop };
  }

  /**
   * Change what is given. It is not reported.
   * @param {Partial<Shown>} shown
   */
  set({ hidden, camera, speed, loop, ...shows }) {
    const view = this.#view;
    if (hidden) view.classes.hideNamed(hidden);
    if (hidden) view.legend.update();
    view.filmBar.set({ speed, loop });
    for (const what of SWITCHES) {
      if ((shows[what] ?? this.shows[what]) !== this.shows[what]) this.toggle(what);
    }
    const moves = JSON.stringify(camera) !== JSON.stringify(view.camera.shown);
    if (camera !== undefined && moves) view.camera.shown = camera;
    this.#known = JSON.stringify(this.now);
    view.animation.wake();
  }

  /**
   * Begin or end to show class names or trust, or to follow the points.
   * @param {"names" | "trust" | "follow"} what
   */
  toggle(what) {
    const view = this.#view;
    this.shows[what] = !this.shows[what];
    view.toolbar.press(what, this.shows[what]);
    if (what === "follow") {
      view.goHome(true);
      view.camera.reset();
    }
    view.animation.wake();
  }

  /**
   * Report all of it, if the reader has changed it; while something moves, a few times a second.
   * @param {number} time milliseconds
   * @param {boolean} moving
   */
  report(time, moving) {
    if (moving && time - this.#reportedAt < REPORT_EVERY) return;
    const { now } = this;
    const text = JSON.stringify(now);
    if (text === this.#known) return;
    this.#known = text;
    this.#reportedAt = time;
    this.#report({ shown: now });
  }
}
