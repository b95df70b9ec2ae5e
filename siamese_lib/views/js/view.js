// @ts-check
// A map of embedded points, and a film of how they moved there, in any element of any page.

/** @import { Place } from "./film.js" */
/** @import { Shown } from "./shown.js" */
/** @import { Bytes, FrameMessage, Images, Payload } from "./payload.js" */
/** @import { PictureSource } from "./pictures.js" */

import { Camera } from "./camera.js";
import { choosing } from "./choosing.js";
import { HoverCard } from "./hover_card.js";
import { Classes } from "./point_classes.js";
import { Clock } from "./clock.js";
import { Film } from "./film.js";
import { FilmBar } from "./film_bar.js";
import { FullScreen } from "./full_screen.js";
import { listenToKeys } from "./keys.js";
import { Legend } from "./legend.js";
import { AnimationLoop } from "./animation_loop.js";
import { Overlay } from "./overlay.js";
import { Painter } from "./painter.js";
import { grow, isWhole } from "./payload.js";
import { pointMeant } from "./picking.js";
import { Pictures } from "./pictures.js";
import { Pointer } from "./pointer.js";
import { followedPoints, frontSizeOf, pointSize, sceneOf } from "./scene.js";
import { SelectionStrip } from "./selection_strip.js";
import { Look } from "./shown.js";
import { ViewElements } from "./view_elements.js";
import { watchPage } from "./page_changes.js";
import { rgbOf, themeOf } from "./theme.js";
import { Trust } from "./trust.js";
import { Toolbar } from "./toolbar.js";
import { readingWords, selectionWords } from "./descriptions.js";

/**
 * What the reader changes and Python may set.
 * @typedef {object} State
 * @property {number} [frame] the frame on screen, counted from the end if negative
 * @property {boolean} [playing]
 * @property {number[]} [selected] points
 * @property {number[]} [highlighted] points
 * @property {Partial<Shown>} [shown] how the reader looks at the map
 */

/**
 * @typedef {object} Settings
 * @property {(changes: State) => void} [onChange] called when the reader changes the state
 * @property {string} [renderer] "webgl2" or "canvas" to insist on one
 */

/** @typedef {State & Settings} Options */

const MANY = 30; // classes whose names would cover the map

export class View {
  /** @type {number[]} */
  selected = [];
  /** @type {number[]} */
  highlighted = [];
  /** The point under the pointer. @type {number | null} */
  hover = null;
  /** @type {PictureSource | null} */
  pictures = null;
  /** The point whose picture is pointed at. @type {number | null} */
  pointed = null;
  trust = new Trust(null);
  look = new Look(this, (changes) => this.#onChange(changes));
  onScreen = true;
  ratio = 1; // pixels of the screen for one of the page
  #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #ending = new AbortController();
  #onChange;

  /**
   * @param {HTMLElement} element
   * @param {Payload} payload
   * @param {Options} [options]
   */
  constructor(element, payload, options = {}) {
    this.#onChange = options.onChange ?? (() => {});
    this.payload = payload;
    this.about = payload.about;
    this.film = new Film(payload.film);
    this.classes = new Classes(this.about, this.film.count, []);
    this.animation = new AnimationLoop((now, seconds) => this.#step(now, seconds));
    const wake = () => this.animation.wake();
    this.camera = new Camera(this.#calm, wake);
    this.clock = new Clock(this.#calm, {
      wake,
      moved: () => this.filmBar.update(),
      played: () => this.filmBar.updatePlaying(),
      rested: () => this.elements.say(readingWords(this.about, this.clock.nearest)),
      report: (changes) => this.#onChange(changes),
    });
    this.painter = new Painter(options.renderer, () => this.#nameRenderer());
    this.overlay = new Overlay();
    this.card = new HoverCard();
    this.legend = new Legend(() => this.#afterHiding());
    this.filmBar = new FilmBar(this.clock, wake);
    this.strip = new SelectionStrip(this);
    this.fullScreen = new FullScreen(() => this.root, this.#ending.signal);
    this.toolbar = new Toolbar(
      {
        names: () => this.look.toggle("names"),
        trust: () => this.look.toggle("trust"),
        follow: () => this.look.toggle("follow"),
        lasso: () => this.#setLassoing(!this.pointer.lassoing),
        fit: () => this.fit(),
        reset: () => this.camera.reset(),
      },
      this.fullScreen.button,
    );
    this.elements = new ViewElements({
      layers: [this.painter.canvas, this.overlay.canvas],
      floating: [this.card.element, this.toolbar.element],
      legend: this.legend.element,
      filmBar: this.filmBar.element,
      selection: this.strip.element,
    });
    this.stage = this.elements.stage;
    this.root = this.elements.root;
    Object.assign(this.root, { view: this });
    element.append(this.root);
    const acts = { wake, ready: () => this.ready, ...choosing(this) };
    this.pointer = new Pointer(this.stage, this.camera, acts, this.#ending.signal);
    this.#listen();
    this.#nameRenderer();
    this.#take(null);
    this.clock.start(options.frame ?? this.film.last, Boolean(options.playing));
    const { selected, highlighted, shown = {} } = options;
    this.set({ selected, highlighted, shown });
  }

  destroy() {
    this.#ending.abort();
    this.animation.end();
    this.clock.destroy();
    this.painter.destroy();
    this.root.remove();
  }

  // ---------------------------------------------------------------- data in

  /**
   * Take another payload. The moment, the camera and hidden classes stay if they can.
   * @param {Payload} payload
   */
  update(payload) {
    if (!isWhole(payload)) return; // the other half is to come
    const { film, about } = payload;
    const old = this.payload;
    this.payload = payload;
    this.about = about;
    if (old.film !== film) this.film = new Film(film);
    this.classes = new Classes(about, this.film.count, this.classes.hidden);
    this.#take(old);
  }

  /**
   * Take one more frame. If the newest was on screen, the points move on to it.
   * @param {FrameMessage} message
   * @param {Bytes} data
   */
  append(message, data) {
    grow(this.payload, message, data);
    if (message.index < this.film.frames.length) return; // came with the whole film already
    this.film.append(message.index, message.bounds, data);
    this.#refresh();
  }

  /**
   * Set what Python or a script may set. It is not reported back.
   * @param {State} state
   */
  set({ frame, playing, selected, highlighted, shown }) {
    if (frame !== undefined) this.clock.hear(frame);
    if (playing !== undefined && playing !== this.playing) this.clock.play(playing, false);
    if (selected !== undefined) this.selected = [...selected];
    if (highlighted !== undefined) this.highlighted = [...highlighted];
    if (shown !== undefined) this.look.set(shown);
    this.animation.wake();
  }

  /** @param {Payload | null} old what was shown before */
  #take(old) {
    const { names, known } = this.classes;
    /** @param {number} point */
    const exists = (point) => point < this.film.count;
    this.selected = this.selected.filter(exists);
    this.highlighted = this.highlighted.filter(exists);
    this.hover = null;
    if (old?.images !== this.payload.images) this.#unpack(this.payload.images);
    this.toolbar.names.hidden = !known || names.length > MANY;
    if (names.length > MANY) this.shows.names = false;
    this.painter.use(this.film, this.classes.of);
    this.legend.build(this.classes);
    this.#refresh(old === null);
  }

  /** @param {boolean} [first] whether nothing was shown before */
  #refresh(first = false) {
    const { film, about } = this;
    const count = film.frames.length;
    if (about.trust !== this.trust.packed) this.trust = new Trust(about.trust);
    this.toolbar.trust.hidden = !this.trust.known;
    if (!this.trust.known && this.shows.trust) this.look.toggle("trust");
    this.clock.setLast(film.last, { stay: first });
    this.filmBar.build(count, about);
    this.goHome(true);
    this.elements.describe(film.count, count, about.height);
    this.animation.wake();
  }

  /** @param {Images | null | undefined} images */
  async #unpack(images) {
    this.pictures = null;
    if (!images) return;
    const pictures = await Pictures.unpack(images);
    if (this.payload.images !== images) return;
    this.pictures = pictures;
    this.animation.wake();
  }

  // ---------------------------------------------------------------- what it shows

  /** What the reader has switched on. */
  get shows() {
    return this.look.shows;
  }

  /** Whether there are points to show. */
  get ready() {
    return this.film.frames.length > 0 && this.film.count > 0;
  }

  /** The moment: 0 is the first frame, 1.5 halfway from the second to the third. */
  get p() {
    return this.clock.p;
  }

  get playing() {
    return this.clock.playing;
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

  /**
   * @param {Place} place in the plane of the embedding
   * @returns {Place} on the map, in pixels
   */
  toScreen(place) {
    return this.camera.toScreen(place);
  }

  // ---------------------------------------------------------------- what the reader does

  #listen() {
    const { clock, camera } = this;
    const { signal } = this.#ending;
    const escape = () => (this.selected.length ? this.select([]) : this.#setLassoing(false));
    const full = () => this.fullScreen.toggle();
    listenToKeys(this.root, { clock, camera, escape, full, ...choosing(this) }, signal);
    const acts = {
      resized: () => this.#resize(),
      restyled: () => this.animation.wake(),
      /** @param {boolean} some @param {boolean} enough */
      sighted: (some, enough) => {
        this.onScreen = some;
        clock.seen ||= enough;
        if (some) this.animation.wake();
      },
    };
    watchPage(this.stage, acts, signal);
  }

  /** @param {boolean} playing */
  play(playing) {
    this.clock.play(playing);
  }

  /** @param {number[]} points */
  select(points) {
    this.selected = points;
    this.highlighted = [];
    this.#onChange({ selected: points, highlighted: [] });
    this.elements.say(selectionWords(this.classes, points, this.about));
    this.animation.wake();
  }

  /** Zoom to the visible points, or to the selected ones. */
  fit() {
    const chosen = this.selected.length > 1 ? this.selected : [...Array(this.film.count).keys()];
    const shown = chosen.filter((point) => this.classes.shows(point));
    if (shown.length) this.camera.show(this.film.boxOf(shown, this.clock.goal));
  }

  /**
   * Find the nearest visible point within some pixels of a place on the map, or null.
   * @param {number} x
   * @param {number} y
   */
  pick(x, y) {
    return pointMeant(this, [x, y]);
  }

  #afterHiding() {
    this.hover = null;
    this.animation.wake();
  }

  /** @param {boolean} lassoing */
  #setLassoing(lassoing) {
    this.pointer.setLassoing(lassoing);
    this.toolbar.press("lasso", lassoing);
  }

  // ---------------------------------------------------------------- drawing

  /**
   * @param {number} now
   * @param {number} seconds
   */
  #step(now, seconds) {
    const played = this.clock.advance(now, seconds);
    if (this.shows.follow && this.ready) this.camera.follow(this.film.boxAt(this.p));
    const flew = this.camera.advance(now);
    const faded = this.classes.fade(this.#calm ? Infinity : seconds);
    if (this.onScreen) this.draw();
    const goesOn = played || flew || faded;
    this.look.report(now, goesOn);
    return goesOn;
  }

  draw() {
    if (!this.ready || this.camera.width < 2) return this.overlay.clear();
    const theme = themeOf(this.root);
    this.#updateHover();
    this.strip.show(this);
    this.painter.draw(sceneOf(this, rgbOf(theme.ground)));
    this.overlay.draw(this, theme);
  }

  #updateHover() {
    const { place, dragging, lassoing } = this.pointer;
    this.hover = place && !dragging ? this.pick(...place) : null;
    this.stage.classList.toggle("sv-over", this.hover !== null && !lassoing);
    this.hover ??= this.pointed;
    if (this.hover === null) return this.card.hide();
    const at = this.toScreen(this.film.place(this.hover, this.p));
    this.card.show(this.hover, this, at);
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    this.ratio = Math.min(window.devicePixelRatio || 1, 3);
    this.camera.resize(width, height);
    this.painter.resize(Math.round(width * this.ratio), Math.round(height * this.ratio));
    this.overlay.resize(width, height, this.ratio);
    this.goHome(false);
    // Resizing clears a canvas, so draw before the browser paints the page.
    this.draw();
  }

  /**
   * Give all frames of the film one frame of reference.
   * @param {boolean} smoothly
   */
  goHome(smoothly) {
    const { film, p } = this;
    if (this.ready) this.camera.setHome(this.shows.follow ? film.boxAt(p) : film.box(), smoothly);
  }

  #nameRenderer() {
    this.root.dataset.renderer = this.painter.renderer.name;
    this.animation.wake();
  }
}
