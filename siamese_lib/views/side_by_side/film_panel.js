// @ts-check
// One of several films: its name, its map, and its curves with their values at the moment.

/** @import { Box, Place } from "../js/film.js" */
/** @import { Classes } from "../js/point_classes.js" */
/** @import { About, FilmData } from "../js/payload.js" */
/** @import { PictureSource } from "../js/pictures.js" */
/** @import { Theme } from "../js/theme.js" */

import { Camera } from "../js/camera.js";
import { choosing } from "../js/choosing.js";
import { Curve } from "../js/curve.js";
import { momentWords, readingWords } from "../js/descriptions.js";
import { make } from "../js/dom.js";
import { Film } from "../js/film.js";
import { HoverCard } from "../js/hover_card.js";
import { Overlay } from "../js/overlay.js";
import { Painter } from "../js/painter.js";
import { pointMeant } from "../js/picking.js";
import { Pointer } from "../js/pointer.js";
import { boxAboveBars } from "../js/scale_bars.js";
import { followedPoints, frontSizeOf, pointSize, sceneOf } from "../js/scene.js";
import { rgbOf } from "../js/theme.js";
import { Trust } from "../js/trust.js";
import { momentAt, shareAt, sharesOf } from "./shared_moment.js";

/** @typedef {{ name: string, film: FilmData, about: About }} PanelData */

/**
 * @typedef {object} PanelActs
 * @property {() => void} wake called when the panel must be drawn again
 * @property {(points: number[]) => void} select
 * @property {(share: number) => void} scrub called with the share of the training to go to
 */

export class FilmPanel {
  p = 0; // the moment
  stepped = false; // whether to write the step, because the bar is in percent
  hover = /** @type {number | null} */ (null);
  onScreen = true;
  shows = { names: true, trust: false };
  trust = new Trust(null);
  highlighted = /** @type {number[]} */ ([]);
  selected = /** @type {number[]} */ ([]);
  pictures = /** @type {PictureSource | null} */ (null);
  ratio = 1; // pixels of the screen for one of the page
  #frame = -1; // whose values are shown
  #step = make("span", { class: "sv-panel-step" });

  /**
   * @param {PanelData} data
   * @param {Classes} classes
   * @param {boolean} calm whether the reader prefers less motion
   * @param {string} help id of the element that describes the keys
   * @param {PanelActs} acts
   * @param {AbortSignal} signal ends it
   */
  constructor({ name, film, about }, classes, calm, help, acts, signal) {
    this.name = name;
    this.about = about;
    this.film = new Film(film);
    this.classes = classes;
    this.select = acts.select;
    this.shares = sharesOf(about.steps, this.film.frames.length);
    this.camera = new Camera(calm, acts.wake);
    this.painter = new Painter("canvas", acts.wake); // a page may have only 16 contexts of WebGL
    this.painter.use(this.film, classes.of);
    this.overlay = new Overlay();
    this.card = new HoverCard();
    this.stage = make(
      "div",
      {
        class: "sv-stage",
        tabindex: 0,
        role: "application",
        "aria-label": `Map of ${name}`,
        "aria-describedby": help,
      },
      this.painter.canvas,
      this.overlay.canvas,
      this.card.element,
    );
    /** @param {number} part */
    const scrub = (part) => acts.scrub(shareAt(this.shares, part * this.film.last));
    this.curves = Object.entries(about.curves).map(
      ([curve, values]) => new Curve(curve, values, scrub),
    );
    this.element = make(
      "div",
      { class: "sv-panel", role: "group", "aria-label": name },
      make("div", { class: "sv-panel-head" }, make("b", { title: name }, name), this.#step),
      this.stage,
      ...this.curves.map(({ cells }) => make("div", { class: "sv-reading" }, ...cells)),
    );
    const pointing = { wake: acts.wake, ready: () => true, ...choosing(this) };
    this.pointer = new Pointer(this.stage, this.camera, pointing, signal);
  }

  /** The lasso that is being drawn. */
  get lasso() {
    return this.pointer.lasso;
  }

  /** The points with a ring and a trail: the marked ones, and the selected ones if they are few. */
  get followed() {
    return followedPoints(this);
  }

  /** Diameter of a point, in pixels. */
  get size() {
    return pointSize(this.film.count, this.camera);
  }

  /** Diameter of a point that is drawn on top. */
  get frontSize() {
    return frontSizeOf(this.size);
  }

  /** The values of all curves at the moment, for screen readers. */
  get words() {
    return `${this.name}: ${readingWords(this.about, Math.round(this.p))}`;
  }

  /** The point under the pointer. */
  get pointed() {
    const { place, dragging } = this.pointer;
    const point = place && !dragging ? this.pick(...place) : null;
    this.stage.classList.toggle("sv-over", point !== null);
    return point;
  }

  /** @param {number} x @param {number} y */
  pick(x, y) {
    return pointMeant(this, [x, y]);
  }

  /** @param {Place} place in the plane */
  toScreen(place) {
    return this.camera.toScreen(place);
  }

  /**
   * Go to the moment at which a share of the training is over.
   * @param {number} share
   */
  moveTo(share) {
    this.p = momentAt(this.shares, share);
    const { p, film, about } = this;
    this.element.style.setProperty("--sv-at", String(film.last ? p / film.last : 0));
    for (const curve of this.curves) curve.moveTo(p);
    const frame = Math.round(p);
    if (frame === this.#frame) return;
    this.#frame = frame;
    if (this.stepped) this.#step.textContent = momentWords(about, frame);
    for (const curve of this.curves) curve.showValue(frame);
  }

  /**
   * Show a box of the plane, or the box of all points at the moment.
   * @param {Box | null} box
   * @param {boolean} smoothly
   */
  goHome(box, smoothly) {
    const whole = box ?? this.film.boxAt(this.p);
    this.camera.setHome(boxAboveBars(whole, this.camera.height), smoothly);
  }

  /** Keep all points in sight, at every moment. */
  follow() {
    this.camera.follow(boxAboveBars(this.film.boxAt(this.p), this.camera.height));
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    this.ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.camera.resize(width, height);
    this.painter.resize(Math.round(width * this.ratio), Math.round(height * this.ratio));
    this.overlay.resize(width, height, this.ratio);
  }

  /**
   * @param {Theme} theme
   * @param {boolean} carded whether the card of the point under the pointer is here
   */
  draw(theme, carded) {
    if (!this.onScreen || this.camera.width < 2) return;
    if (!carded || this.hover === null) this.card.hide();
    else this.card.show(this.hover, this, this.toScreen(this.film.place(this.hover, this.p)));
    this.painter.draw(sceneOf(this, rgbOf(theme.ground)));
    this.overlay.draw(this, theme);
  }
}
