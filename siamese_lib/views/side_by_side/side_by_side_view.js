// @ts-check
// Films of the same points in panels, on one clock, one legend and one selection.

/** @import { Box } from "../js/film.js" */
/** @import { Images } from "../js/payload.js" */
/** @import { PictureSource } from "../js/pictures.js" */
/** @import { MountOptions, StateValues } from "../js/stateful.js" */
/** @import { PanelData } from "./film_panel.js" */

import { AnimationLoop } from "../js/animation_loop.js";
import { choosing } from "../js/choosing.js";
import { Clock } from "../js/clock.js";
import { selectionWords } from "../js/descriptions.js";
import { make } from "../js/dom.js";
import { FilmBar } from "../js/film_bar.js";
import { FullScreen } from "../js/full_screen.js";
import { KEYS_HELP, listenToKeys } from "../js/keys.js";
import { Legend } from "../js/legend.js";
import { same } from "../js/numbers.js";
import { watchPage } from "../js/page_changes.js";
import { Pictures } from "../js/pictures.js";
import { Classes } from "../js/point_classes.js";
import { Reporter } from "../js/reporter.js";
import { themeOf } from "../js/theme.js";
import { FilmPanel } from "./film_panel.js";
import { columnsFor, sharedRanges } from "./panel_grid.js";
import { ScaleSwitch } from "./scale_switch.js";
import { barOf, momentAt, shareAt } from "./shared_moment.js";

/** @typedef {{ films: PanelData[], images: Images | null }} SideBySideData */

export class SideBySideView {
  /** @type {number[]} */
  selected = [];
  /** @type {PictureSource | null} */
  pictures = null;
  #ending = new AbortController();
  #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #live = make("div", { class: "sv-unseen", "aria-live": "polite" });
  #onChange;
  #reporter;
  #cameras = ""; // as they were last set or reported
  #bar;

  /**
   * @param {HTMLElement} element
   * @param {SideBySideData} payload
   * @param {MountOptions} options
   */
  constructor(element, { films, images }, { state, onChange }) {
    this.#onChange = onChange;
    this.#reporter = new Reporter(onChange);
    const { signal } = this.#ending;
    this.animation = new AnimationLoop((now, seconds) => this.#step(now, seconds));
    const wake = () => this.animation.wake();
    this.classes = new Classes(films[0].about, films[0].film.count, []);
    const help = `sv-help-${Math.random().toString(36).slice(2)}`;
    const acts = {
      wake,
      /** @param {number[]} points */
      select: (points) => this.select(points),
      /** @param {number} share */
      scrub: (share) => this.clock.scrubTo(momentAt(this.#bar.shares, share)),
    };
    this.panels = films.map(
      (data) => new FilmPanel(data, this.classes, this.#calm, help, acts, signal),
    );
    /** The panel whose map was used last: it shows the picture of what is selected. */
    this.leader = this.panels[0];
    this.#bar = barOf(this.panels.map(({ shares, about }) => ({ shares, steps: about.steps })));
    for (const panel of this.panels) panel.stepped = Boolean(this.#bar.about.moments);
    this.clock = new Clock(this.#calm, {
      wake,
      moved: () => this.#moved(),
      played: () => this.filmBar.updatePlaying(),
      rested: () => this.#say(this.panels.map(({ words }) => words).join(". ")),
      report: (changes) => onChange(changes),
    });
    this.filmBar = new FilmBar(this.clock, wake);
    this.legend = new Legend(() => this.#hidden());
    this.scale = new ScaleSwitch((scale) => this.#rescale(scale));
    this.fullScreen = new FullScreen(() => this.root, signal);
    this.grid = make("div", { class: "sv-panels" }, ...this.panels.map((panel) => panel.element));
    this.root = make(
      "div",
      {
        class: "siamese siamese-view siamese-side-by-side",
        role: "group",
        "aria-label": "Films side by side",
      },
      make("div", { class: "sv-head" }, ...this.scale.elements, this.fullScreen.button),
      make("div", { class: "sv-main" }, this.grid, this.legend.element),
      this.filmBar.element,
      make("span", { class: "sv-unseen", id: help }, KEYS_HELP),
      this.#live,
    );
    Object.assign(this.root, { view: this });
    element.append(this.root);
    this.legend.build(this.classes);
    this.#listen();
    this.clock.setLast(this.#bar.shares.length - 1, { stay: true });
    this.filmBar.build(this.#bar.shares.length, this.#bar.about);
    this.set({ ...state, frame: undefined, playing: undefined });
    this.clock.start(state.frame, state.playing);
    if (images) this.#unpack(images);
  }

  destroy() {
    this.#ending.abort();
    this.animation.end();
    this.clock.destroy();
    this.#reporter.flush();
    for (const { painter } of this.panels) painter.destroy();
    this.root.remove();
  }

  get playing() {
    return this.clock.playing;
  }

  /**
   * Show a state. It is not reported.
   * @param {StateValues} state
   */
  set(state) {
    const { frame, playing, selected, scale, hidden, cameras } = this.#reporter.settled(state);
    if (frame !== undefined) this.clock.hear(frame);
    if (playing !== undefined && playing !== this.playing) this.clock.play(playing, false);
    if (selected) this.#mark(selected);
    if (hidden) this.classes.hideNamed(hidden);
    if (hidden) this.legend.update();
    if (scale && scale !== this.scale.value) this.#show(scale);
    if (cameras && JSON.stringify(cameras) !== this.#cameras) this.#aim(cameras);
    this.animation.wake();
  }

  /** @param {number[]} points */
  select(points) {
    if (same(points, this.selected)) return;
    this.#mark(points);
    this.#onChange({ selected: points });
    this.#say(selectionWords(this.classes, points, this.leader.about));
  }

  /** @param {number[]} points */
  #mark(points) {
    // The address of a page may hold any number.
    this.selected = points.filter((point) => point in this.classes.of);
    for (const panel of this.panels) panel.selected = this.selected;
    this.animation.wake();
  }

  /** @param {Images} images */
  async #unpack(images) {
    this.pictures = await Pictures.unpack(images);
    this.animation.wake();
  }

  // ---------------------------------------------------------------- what the reader does

  #listen() {
    const { clock, animation } = this;
    const { signal } = this.#ending;
    const escape = () => this.select([]);
    const full = () => this.fullScreen.toggle();
    /** @param {HTMLElement} element @param {FilmPanel} panel */
    const listen = (element, panel) =>
      listenToKeys(
        element,
        { clock, camera: panel.camera, escape, full, ...choosing(panel) },
        signal,
      );
    for (const part of [this.filmBar.element, this.legend.element]) listen(part, this.panels[0]);
    for (const panel of this.panels) {
      listen(panel.element, panel);
      const lead = () => (this.leader = panel);
      panel.stage.addEventListener("pointerenter", lead, { signal });
      panel.stage.addEventListener("focus", lead, { signal });
      const acts = {
        resized: () => this.#resize(panel),
        restyled: () => animation.wake(),
        /** @param {boolean} some @param {boolean} enough */
        sighted: (some, enough) => {
          panel.onScreen = some;
          clock.seen ||= enough;
          if (some) animation.wake();
        },
      };
      watchPage(panel.stage, acts, signal);
    }
    const size = new ResizeObserver(() => this.#arrange());
    size.observe(this.grid);
    signal.addEventListener("abort", () => size.disconnect());
  }

  #hidden() {
    this.#onChange({ hidden: this.classes.hiddenNames });
    this.animation.wake();
  }

  /** @param {string} scale */
  #rescale(scale) {
    this.#show(scale);
    this.#reporter.note({ scale, cameras: this.cameras }); // in place of a zoom that waits
    this.#reporter.flush();
  }

  /** @param {string} scale "same" or "own" */
  #show(scale) {
    this.scale.show(scale);
    const ranges = sharedRanges(this.panels.flatMap(({ curves }) => curves));
    for (const panel of this.panels) {
      for (const curve of panel.curves) {
        curve.within((scale === "same" && ranges.get(curve.name)) || curve.range);
      }
      panel.goHome(this.#box, true);
      panel.camera.reset();
    }
  }

  /** What each map shows; at the same scale, all show what the leader's does. */
  get cameras() {
    const alike = this.scale.value === "same";
    return this.panels.map(({ camera }) => (alike ? this.leader.camera : camera).shown);
  }

  /** @param {(number[] | null)[]} cameras */
  #aim(cameras) {
    this.panels.forEach(({ camera }, i) => (camera.shown = cameras[i] ?? null));
    this.#cameras = JSON.stringify(this.cameras);
  }

  #reportCameras() {
    const { cameras } = this;
    const text = JSON.stringify(cameras);
    if (text === this.#cameras) return;
    this.#cameras = text;
    this.#reporter.note({ cameras });
  }

  /** @param {string} words */
  #say(words) {
    this.#live.textContent = words;
  }

  // ---------------------------------------------------------------- drawing

  /** What every panel shows at the same scale, or null at its own. @returns {Box | null} */
  get #box() {
    if (this.scale.value === "own") return null;
    const boxes = this.panels.map(({ film }) => film.box());
    /** @param {number} side */
    const sides = (side) => boxes.map((box) => box[side]);
    return [
      Math.min(...sides(0)),
      Math.min(...sides(1)),
      Math.max(...sides(2)),
      Math.max(...sides(3)),
    ];
  }

  #moved() {
    this.filmBar.update();
    const share = shareAt(this.#bar.shares, this.clock.p);
    for (const panel of this.panels) panel.moveTo(share);
  }

  #arrange() {
    const { style, clientWidth } = this.grid;
    const columns = columnsFor(this.panels.length, clientWidth);
    style.setProperty("--sv-columns", String(columns));
    style.setProperty("--sv-rows", String(Math.ceil(this.panels.length / columns)));
  }

  /** @param {FilmPanel} panel */
  #resize(panel) {
    panel.resize();
    panel.goHome(this.#box, false);
    // Resizing clears a canvas, so draw before the browser paints the page.
    panel.draw(themeOf(this.root), false);
    this.animation.wake();
  }

  /**
   * @param {number} now
   * @param {number} seconds
   */
  #step(now, seconds) {
    const played = this.clock.advance(now, seconds);
    const flew = this.panels.map((panel) => this.#look(panel, now)).some(Boolean);
    const faded = this.classes.fade(this.#calm ? Infinity : seconds);
    this.#draw();
    this.#reportCameras();
    return played || flew || faded;
  }

  /**
   * Move a panel's camera: with its points at its own scale, with the others at the same scale.
   * @param {FilmPanel} panel
   * @param {number} now
   */
  #look(panel, now) {
    const { camera } = panel;
    if (this.scale.value === "own") panel.follow();
    else {
      const { x, y, scale, atHome, flight } = this.leader.camera;
      Object.assign(camera, { x, y, scale, atHome, flight });
    }
    return camera.advance(now);
  }

  #draw() {
    const theme = themeOf(this.root);
    const pointing = this.panels.find(({ pointer }) => pointer.place);
    const hover = pointing?.pointed ?? null;
    const shower = pointing ?? this.leader;
    for (const panel of this.panels) {
      panel.hover = hover;
      panel.pictures = panel === shower ? this.pictures : null;
      panel.draw(theme, panel === shower);
    }
  }
}
