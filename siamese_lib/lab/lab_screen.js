// @ts-check
// What a laboratory draws: one map or two, and the charts beside them.

/** @import { LabBranch, LabShown } from "./lab_client.js" */
/** @import { LabState } from "./lab_state.js" */
/** @import { Theme } from "../views/js/theme.js" */

import { AnimationLoop } from "../views/js/animation_loop.js";
import { make } from "../views/js/dom.js";
import { shortNumber } from "../views/js/numbers.js";
import { themeOf } from "../views/js/theme.js";
import { LabDistances, LabHistory, labHistogram } from "./lab_charts.js";
import { LabMap } from "./lab_map.js";
import { takingPart } from "./lab_samples.js";
import { LabTiles } from "./lab_tiles.js";
import { branchName } from "./lab_time.js";

/**
 * @typedef {object} LabPicture
 * @property {LabShown[]} shown one, or two to compare
 * @property {LabState[]} settings of each
 * @property {LabBranch[]} branches
 * @property {number} last step
 * @property {boolean} forces
 * @property {boolean} pictures
 */

const TURN_KEY = Math.PI / 24; // of an arrow key
const TURN_PIXEL = Math.PI / 400;

export class LabScreen {
  stage = make("div", { class: "sl-stage" });
  side;
  /** @type {LabMap[]} */
  #maps = [];
  /** @type {ArrayLike<number>} */
  #labels = [];
  #distances;
  #losses;
  #precisions;
  /** @type {LabPicture | null} */
  #picture = null;
  /** @type {[yaw: number, pitch: number]} */
  #turn = [0.6, 0.4];
  #charted = false; // whether the charts show the picture
  #drewUntil = 0; // when the last drawing was done, and how long it took
  #took = 0;
  #loop = new AnimationLoop(() => this.#drawInTurn());

  /**
   * @param {{ scrub: (step: number) => void, margin: (margin: number) => void,
   *   ended: () => void }} acts
   */
  constructor({ scrub, margin, ended }) {
    this.#distances = new LabDistances(margin, ended);
    this.#losses = new LabHistory("loss", null, scrub);
    this.#precisions = new LabHistory("precision@7", 1, scrub);
    this.side = make(
      "div",
      { class: "sl-side" },
      this.#distances.canvas,
      this.#losses.canvas,
      this.#precisions.canvas,
    );
  }

  /**
   * @param {{ shape: number[], images: Uint8Array, labels: ArrayLike<number> }} shown
   * @param {string[]} colors of the classes
   */
  use(shown, colors) {
    this.#labels = shown.labels;
    const tiles = new LabTiles(shown, colors);
    this.#maps = [0, 1].map(() => new LabMap(shown.labels, colors, tiles));
    for (const map of this.#maps) this.#listen(map.canvas);
    this.stage.replaceChildren(...this.#maps.map(({ canvas }) => canvas));
  }

  /** Go to the next scale at once. */
  jump() {
    for (const map of this.#maps) map.jump();
  }

  /** @param {LabPicture} picture */
  show(picture) {
    this.#picture = picture;
    this.again();
  }

  /** Draw what is shown again, in another size or other colours. */
  again() {
    this.#charted = false;
    this.#loop.wake();
  }

  end() {
    this.#loop.end();
  }

  /** @param {HTMLCanvasElement} canvas on which three dimensions are turned */
  #listen(canvas) {
    /** @param {number} yaw @param {number} pitch */
    const turn = (yaw, pitch) => {
      if (this.#picture?.settings[0].dim !== 3) return false;
      this.#turn = [this.#turn[0] + yaw, this.#turn[1] + pitch];
      this.#loop.wake();
      return true;
    };
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) turn(TURN_PIXEL * event.movementX, TURN_PIXEL * event.movementY);
    });
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
        event.key
      ];
      if (way && turn(TURN_KEY * way[0], TURN_KEY * way[1])) event.preventDefault();
    });
  }

  /**
   * Draw, but leave as much time to the pointer and to messages.
   * @returns {boolean} whether to draw again
   */
  #drawInTurn() {
    const begun = performance.now();
    if (begun - this.#drewUntil < this.#took) return true;
    const more = this.#draw();
    this.#drewUntil = performance.now();
    this.#took = this.#drewUntil - begun;
    return more;
  }

  /** @returns {boolean} whether to draw again */
  #draw() {
    const picture = this.#picture;
    if (!picture || !this.#maps.length) return false;
    const theme = themeOf(/** @type {Element} */ (this.stage.closest(".siamese")));
    const more = this.#drawMaps(picture, theme);
    if (!this.#charted) this.#drawCharts(picture, theme);
    this.#charted = true;
    return more;
  }

  /**
   * @param {LabPicture} picture
   * @param {Theme} theme
   * @returns {boolean} whether a scale is still on its way
   */
  #drawMaps({ shown, settings, forces, pictures }, theme) {
    this.#maps[1].canvas.hidden = shown.length < 2;
    this.stage.classList.toggle("sl-solid", settings[0].dim === 3);
    const scenes = shown.map((each, place) => ({
      shown: each,
      settings: settings[place],
      forces,
      pictures,
      turn: this.#turn,
      theme,
      title: shown.length < 2 ? "" : `${branchName(each.branch)}, step ${each.step}`,
    }));
    const needed = scenes.map((scene, place) => this.#maps[place].needs(scene));
    const reach = Math.max(...needed.map((each) => each.reach)); // one scale for both maps
    const moving = scenes.map((scene, place) =>
      this.#maps[place].draw(scene, { ...needed[place], reach }),
    );
    return moving.includes(true);
  }

  /**
   * @param {LabPicture} picture
   * @param {Theme} theme
   */
  #drawCharts({ shown, settings, branches, last }, theme) {
    const { dim, margin, classes } = settings[0];
    const part = takingPart(shown[0].points, dim, this.#labels, classes);
    this.#distances.draw(labHistogram(part.points, dim, part.labels, margin), margin, theme);
    const [{ step: at, loss, precision, neighbors }] = shown;
    this.#precisions.name = `precision@${neighbors}`;
    const inks = [theme.ink, theme.accent];
    /** @param {"losses" | "precisions"} name */
    const lines = (name) =>
      shown.map(({ branch }, place) => ({
        values: branches[branch][name].places().filter(([step]) => step <= last),
        color: inks[place],
        dash: place ? [4, 3] : [],
      }));
    this.#losses.draw(lines("losses"), { last, at, value: shortNumber(loss) }, theme);
    this.#precisions.draw(lines("precisions"), { last, at, value: shortNumber(precision) }, theme);
  }
}
