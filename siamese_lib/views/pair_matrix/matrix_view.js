// @ts-check
// The view: it holds what the reader sets, computes the costs, and has its parts show them.

/** @import { MountOptions, StateValues } from "../js/stateful.js" */
/** @import { PictureSource } from "../js/pictures.js" */
/** @import { PairCosts } from "./costs.js" */
/** @import { BatchPayload } from "./matrix_batch.js" */
/** @import { Cell } from "./matrix_board.js" */
/** @import { Loss } from "./matrix_controls.js" */
/** @import { Theme } from "../js/theme.js" */
/** @import { PairFacts } from "./pair_words.js" */

import { AnimationLoop } from "../js/animation_loop.js";
import { Clock } from "../js/clock.js";
import { momentWords } from "../js/descriptions.js";
import { make, newId, set } from "../js/dom.js";
import { Film } from "../js/film.js";
import { FilmBar } from "../js/film_bar.js";
import { FullScreen } from "../js/full_screen.js";
import { grouped, hexInk, shortNumber } from "../js/numbers.js";
import { watchPage } from "../js/page_changes.js";
import { Pictures } from "../js/pictures.js";
import { Reporter } from "../js/reporter.js";
import { rgbOf, themeOf } from "../js/theme.js";
import { costliestCells, pairCosts } from "./costs.js";
import { CostliestList, LISTED } from "./costliest_list.js";
import { PairBatch } from "./matrix_batch.js";
import { MatrixBoard } from "./matrix_board.js";
import { MatrixControls } from "./matrix_controls.js";
import { BOARD_HELP, listenOnBar, listenOnBoard } from "./matrix_hands.js";
import { MatrixMap } from "./matrix_map.js";
import { unitCost } from "./matrix_shades.js";
import { PairCard } from "./pair_card.js";
import { countWords, PairCounts } from "./pair_counts.js";
import { doingInk, pairWords } from "./pair_words.js";

const SILENT_TINT = 0.09; // of the ink, in a cell that costs nothing

/** @typedef {Loss & { selected: [low: number, high: number] | null }} Looking */

export class PairMatrixView {
  /** @type {Looking} */
  #looking;
  /** @type {PictureSource | null} */
  #pictures = null;
  /** The cell under the pointer or the cursor. @type {Cell | null} */
  #cell = null;
  /** @type {PairCosts | null} */
  #costs = null; // null while they have to be computed again
  #frame = -1; // that the costs are of
  /** What is on screen. @type {PairCosts | null} */
  #shown = null;
  /** The place of each image in the order of the rows. */
  #rows;
  #live = make("div", { class: "sv-unseen", "aria-live": "polite" });
  #counts = new PairCounts();
  #card = new PairCard();
  #ending = new AbortController();

  /**
   * @param {HTMLElement} element
   * @param {BatchPayload} payload
   * @param {MountOptions} options
   */
  constructor(element, payload, { state, onChange }) {
    const { which, means, margin, selected, frame, playing } = state;
    this.#looking = { which, means, margin, selected };
    this.film = new Film(payload.film);
    this.batch = new PairBatch(payload);
    this.#rows = new Map(this.batch.order.map((image, row) => [image, row]));
    this.reporter = new Reporter(onChange);
    this.animation = new AnimationLoop((now, seconds) => this.#step(now, seconds));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const about = { steps: payload.steps, curves: {} };
    this.clock = new Clock(calm, {
      wake: () => this.animation.wake(),
      moved: () => this.bar.update(),
      played: () => this.bar.updatePlaying(),
      rested: () => this.#say(`${momentWords(about, this.clock.nearest)}: ${this.#countWords()}`),
      report: (changes) => this.#report(changes),
    });
    this.bar = new FilmBar(this.clock, () => {});
    this.board = new MatrixBoard(this.batch);
    this.map = new MatrixMap(this.film, this.batch, payload);
    this.controls = new MatrixControls(
      { every: this.batch.same.length, random: payload.drawn && payload.drawn[0].length },
      (change) => this.#change(change),
      () => this.#ended(),
    );
    this.fullScreen = new FullScreen(() => this.root, this.#ending.signal);
    this.controls.element.append(this.fullScreen.button);
    this.list = new CostliestList((pair) => this.#select(pair));
    this.root = this.#built();
    Object.assign(this.root, { view: this });
    element.append(this.root);
    this.clock.last = this.film.last;
    this.bar.build(this.film.frames.length, about);
    this.#listen();
    this.#resize();
    this.clock.start(frame, Boolean(playing));
    if (payload.images) Pictures.unpack(payload.images).then((all) => this.#illustrate(all));
    this.animation.wake();
  }

  /**
   * Show a state, and report nothing.
   * @param {StateValues} state
   */
  set(state) {
    const { frame, playing, ...looking } = this.reporter.settled(state);
    const changed = Object.keys(this.#looking).filter((key) => {
      const name = /** @type {keyof Looking} */ (key);
      return key in looking && String(looking[name]) !== String(this.#looking[name]);
    });
    if (changed.length) this.#take(Object.fromEntries(changed.map((key) => [key, looking[key]])));
    if (playing !== undefined && playing !== this.clock.playing) {
      this.clock.seen ||= playing;
      this.clock.play(playing, false);
    }
    if (frame !== undefined) this.clock.hear(frame);
  }

  destroy() {
    this.#ending.abort();
    this.animation.end();
    this.clock.destroy();
    this.reporter.flush();
    this.root.remove();
  }

  /** What the costs are of the present moment and the present loss. */
  get costs() {
    const frame = this.clock.nearest;
    if (this.#costs && this.#frame === frame) return this.#costs;
    const { which, means, margin } = this.#looking;
    const times = this.batch.times(which);
    const distances = this.batch.distances(frame);
    this.#frame = frame;
    this.#costs = pairCosts(distances, this.batch.same, times, margin, means, this.#positiveMargin);
    return this.#costs;
  }

  /** It moves with the margin. */
  get #positiveMargin() {
    return this.batch.resting * this.#looking.margin;
  }

  #built() {
    const { count } = this.batch;
    const id = newId("pm-help");
    const words = `Matrix of the pairs of ${count} images`;
    set(this.board.element, { "aria-label": words, "aria-describedby": id });
    const panel = make(
      "div",
      { class: "pm-panel" },
      this.#counts.element,
      this.#card.element,
      this.list.element,
    );
    return make(
      "div",
      {
        class: "siamese siamese-pair-matrix",
        role: "group",
        "aria-label": "Pairs that still teach",
      },
      this.controls.element,
      make("div", { class: "pm-main" }, this.board.element, this.map.element, panel),
      this.bar.element,
      make("span", { class: "sv-unseen", id }, BOARD_HELP),
      this.#live,
    );
  }

  #listen() {
    const { board, batch, root } = this;
    listenOnBar(this.bar.element, this.clock);
    listenOnBoard(board, {
      count: batch.count,
      start: () => this.#kept() ?? [0, 1],
      look: (cell, byKey) => this.#look(cell, byKey),
      keep: (cell) => this.#keep(cell),
    });
    const acts = {
      resized: () => this.#resize(),
      restyled: () => this.#redraw(),
      sighted: (/** @type {boolean} */ _, /** @type {boolean} */ enough) => {
        this.clock.seen ||= enough;
        this.animation.wake();
      },
    };
    watchPage(root, acts, this.#ending.signal);
  }

  #resize() {
    if (!this.root.clientWidth) return;
    this.board.resize(themeOf(this.root));
    this.map.resize(this.board.height);
    this.#redraw();
  }

  /** Draw all again, as colours or sizes have changed. */
  #redraw() {
    this.#costs = null;
    this.animation.wake();
  }

  /** @param {PictureSource} pictures */
  #illustrate(pictures) {
    this.#pictures = pictures;
    this.#redraw();
  }

  /** @param {Partial<Loss>} change */
  #change(change) {
    this.#take(change);
    this.reporter.note(change);
  }

  #ended() {
    this.reporter.flush();
    this.#say(this.#countWords());
  }

  /** @param {StateValues} changes */
  #report(changes) {
    this.reporter.note(changes);
    this.reporter.flush();
  }

  /** @param {Partial<Looking>} change */
  #take(change) {
    Object.assign(this.#looking, change);
    this.#redraw();
  }

  /**
   * @param {Cell | null} cell
   * @param {boolean} byKey
   */
  #look(cell, byKey) {
    if (String(cell) === String(this.#cell)) return;
    this.#cell = cell;
    if (byKey && cell) this.#say(pairWords(this.#facts(this.#imagesAt(cell))));
    this.animation.wake();
  }

  /** @param {Cell | null} cell */
  #keep(cell) {
    this.#select(cell && this.#imagesAt(cell));
  }

  /**
   * Choose a pair; a second time lets it go.
   * @param {[low: number, high: number] | null} pair
   */
  #select(pair) {
    const again = pair !== null && String(pair) === String(this.#looking.selected);
    const selected = again ? null : pair;
    if (selected === null && this.#looking.selected === null) return;
    this.#take({ selected });
    this.#report({ selected });
    this.#say(selected ? `kept: ${pairWords(this.#facts(selected))}` : "no pair is kept");
  }

  /**
   * @param {Cell} cell
   * @returns {[low: number, high: number]}
   */
  #imagesAt(cell) {
    const [one, other] = cell.map((row) => this.batch.order[row]);
    return one < other ? [one, other] : [other, one];
  }

  /** @returns {Cell | null} */
  #kept() {
    const { selected } = this.#looking;
    if (!selected) return null;
    const [row, column] = selected.map((image) => this.#rows.get(image) ?? 0);
    return [row, column];
  }

  /**
   * @param {[low: number, high: number]} images
   * @returns {PairFacts}
   */
  #facts(images) {
    const { batch, costs } = this;
    const { which, margin } = this.#looking;
    const pair = batch.pair(...images);
    return {
      images,
      names: [batch.nameOf(images[0]), batch.nameOf(images[1])],
      same: batch.same[pair] === 1,
      times: batch.times(which)[pair],
      distance: batch.distances(this.#frame)[pair],
      share: costs.shares[pair],
      loss: costs.pull + costs.push,
      margin,
      positiveMargin: this.#positiveMargin,
    };
  }

  /**
   * @param {number} now
   * @param {number} seconds
   */
  #step(now, seconds) {
    const more = this.clock.advance(now, seconds);
    if (!this.root.isConnected) return more;
    // The colours are read before anything is written, so that the page lays out once in a frame.
    const theme = themeOf(this.root);
    if (this.costs !== this.#shown) this.#show(this.costs, theme);
    const images = this.#cell ? this.#imagesAt(this.#cell) : this.#looking.selected;
    const facts = images && this.#facts(images);
    this.#card.show(facts, this.#pictures);
    this.board.draw(theme, this.#kept(), this.#cell);
    this.map.draw(
      theme,
      this.clock.p,
      this.#looking.margin,
      facts && {
        images: facts.images,
        color: doingInk(facts, theme),
        words: shortNumber(facts.distance),
      },
    );
    return more;
  }

  /**
   * @param {PairCosts} costs
   * @param {Theme} theme
   */
  #show(costs, theme) {
    this.#shown = costs;
    const { which, margin, selected } = this.#looking;
    const [ground, ink] = [rgbOf(theme.ground), rgbOf(theme.ink)];
    const inks = {
      ground,
      silent: ground.map((part, i) => part + SILENT_TINT * (ink[i] - part)),
      same: hexInk(theme.same),
      different: hexInk(theme.different),
    };
    const unit = unitCost(costs.silent + costs.pulling + costs.pushing, margin);
    this.board.shade(costs, this.batch.times(which), unit, inks);
    this.controls.show(this.#looking);
    this.#counts.show(costs);
    const cells = costliestCells(costs.shares, this.batch.count, LISTED);
    const listed = cells.map((images) => this.#facts(images));
    this.list.show(listed, selected, this.#pictures);
  }

  #countWords() {
    return `${countWords(this.costs)}; ${grouped(this.batch.count)} images`;
  }

  /** @param {string} words */
  #say(words) {
    this.#live.textContent = words;
  }
}
