// @ts-check
// One map: its cloud, the path, the present point, and a sentence. Maps in three dimensions turn.

/** @import { Bytes } from "../js/payload.js" */
/** @import { Classes } from "../js/point_classes.js" */
/** @import { Theme } from "../js/theme.js" */
/** @import { Paper } from "../js/paper.js" */
/** @import { Thumbs } from "./probe_cloud.js" */
/** @import { ProbeDial, ProbeGrid } from "./probe_grid.js" */
/** @import { Turn } from "./probe_lens.js" */

import { make, set } from "../js/dom.js";
import { iconButton } from "../js/icons.js";
import { floatsOf } from "../js/numbers.js";
import { paperOf } from "../js/paper.js";
import { ProbeCloud } from "./probe_cloud.js";
import { nearestOf, spreadOfPoints } from "./probe_grid.js";
import { FIRST_TURN, ProbeLens, turnedBy, turnOfKey } from "./probe_lens.js";
import { ProbePath } from "./probe_path.js";
import { probeNodes, probeSentence } from "./probe_words.js";

const DEGREES = 0.5; // of a turn, for a pixel of a drag
const FRAME_EDGES = [0, 1, 0, 2, 0, 4, 1, 3, 1, 5, 2, 3, 2, 6, 3, 7, 4, 5, 4, 6, 5, 7, 6, 7];

/**
 * @typedef {object} ProbeMapData
 * @property {string} name
 * @property {number} dim 2 or 3
 * @property {string} note
 * @property {Bytes} points float32
 * @property {Bytes | null} cloud float32
 */

/**
 * @typedef {object} MapActs
 * @property {() => Turn} turn tells how the maps are turned
 * @property {(turn: Turn) => void} turned
 * @property {() => void} end called when a drag ends
 */

/**
 * @typedef {object} ProbeMoment
 * @property {number} subject
 * @property {number} at the image that is shown
 * @property {number[]} path the images along the dial
 * @property {ProbeDial} dial
 * @property {Turn} turn
 * @property {HTMLCanvasElement | null} picture
 * @property {Thumbs | null} thumbs to show, if any
 */

export class ProbeMap {
  #about;
  #dim;
  #points;
  #cloudPoints;
  #grid;
  #spread;
  #classes;
  #cloud;
  #path = new ProbePath();
  #behind = make("canvas");
  #front = make("canvas");
  #sentence = make("p", { class: "pr-sentence" });
  #lens;
  #subject = 0;
  #behindShows = "";

  /**
   * @param {ProbeMapData} about
   * @param {ProbeGrid} grid
   * @param {Classes} classes
   * @param {MapActs} acts
   */
  constructor(about, grid, classes, acts) {
    this.#about = about;
    this.#dim = about.dim;
    this.#grid = grid;
    this.#classes = classes;
    this.#points = floatsOf(about.points);
    this.#cloudPoints = about.cloud ? floatsOf(about.cloud) : new Float32Array();
    this.#spread = spreadOfPoints(about.cloud ? this.#cloudPoints : this.#points, about.dim);
    this.#cloud = new ProbeCloud(this.#cloudPoints, about.dim, classes);
    this.#lens = this.#lensOf(0);
    this.stage = make("div", { class: "pr-stage" }, this.#behind, this.#front);
    const head = make(
      "div",
      { class: "pr-map-head" },
      make("bdi", { class: "pr-name" }, about.name),
    );
    if (about.note) this.stage.append(make("bdi", { class: "pr-note" }, about.note));
    this.element = make("div", { class: "pr-map" }, head, this.stage, this.#sentence);
    if (about.dim === 3) {
      head.append(turnButtons(about.name, acts));
      this.#listen(acts);
    } else set(this.stage, { role: "img" });
  }

  /** What stands before the name where it does not say what this is. */
  get #kind() {
    return /\bmap\b/i.test(this.#about.name) ? "" : "Map ";
  }

  /** The spread of the path as a share of the map's. @param {number[]} path */
  travel(path) {
    const own = spreadOfPoints(this.#points, this.#dim, path);
    return own ? own / this.#spread : 0;
  }

  /**
   * Say where the point of an image is.
   * @param {number} image
   */
  wordsOf(image) {
    const own = this.#points.subarray(image * this.#dim, (image + 1) * this.#dim);
    const place = [...own].map((value) => String(+value.toPrecision(3)).replace("-", "−"));
    const at = `${this.#about.name}: the point is at ${place.join(", ")}`;
    if (!this.#classes.known) return at;
    const nearest = nearestOf(this.#cloudPoints, own);
    return `${at}, nearest to class ${this.#classes.names[this.#classes.of[nearest]]}`;
  }

  /**
   * @param {ProbeMoment} moment
   * @param {Theme} theme
   */
  draw(moment, theme) {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (width < 2 || height < 2) return;
    if (moment.subject !== this.#subject) {
      this.#subject = moment.subject;
      this.#lens = this.#lensOf(moment.subject);
    }
    this.#lens.look(width, height, moment.turn);
    const shows = JSON.stringify([
      width, height, devicePixelRatio, theme.ground, theme.ink, moment.subject,
      this.#dim === 3 && moment.turn, Boolean(moment.thumbs),
    ]); // prettier-ignore
    if (shows !== this.#behindShows) {
      this.#behindShows = shows;
      const paper = paperOf(this.#behind, width, height, theme);
      if (this.#dim === 3) this.#drawBox(paper);
      this.#cloud.draw(paper, this.#lens, moment.thumbs);
    }
    const paper = paperOf(this.#front, width, height, theme);
    const path = moment.path.map((image) => this.#lens.see(this.#points, image));
    this.#path.draw(paper, path, moment.dial);
    const covered = this.#path.covers(path, moment.dial);
    if (!moment.thumbs) this.#cloud.drawNames(paper, this.#lens, covered);
    this.#path.drawPoint(paper, this.#lens.see(this.#points, moment.at), path, moment.picture);
    this.#say(moment);
  }

  /** @param {ProbeMoment} moment */
  #say({ path, dial, at }) {
    const sentence = probeSentence(dial, this.travel(path));
    if (this.#sentence.textContent !== sentence.join("")) {
      this.#sentence.replaceChildren(...probeNodes(sentence));
    }
    const help = this.#dim === 3 ? ". Arrow keys turn it." : "";
    set(this.stage, { "aria-label": `${this.#kind}${this.wordsOf(at)}${help}` });
  }

  /** @param {number} subject */
  #lensOf(subject) {
    const size = this.#grid.size * this.#dim;
    const own = this.#points.subarray(subject * size, (subject + 1) * size);
    return new ProbeLens([own, this.#cloudPoints], this.#dim);
  }

  /** @param {Paper} paper */
  #drawBox({ pen, theme }) {
    const corners = this.#lens.corners;
    pen.strokeStyle = theme.quiet;
    for (let i = 0; i < FRAME_EDGES.length; i += 2) {
      const [from, to] = [FRAME_EDGES[i], FRAME_EDGES[i + 1]].map((c) =>
        this.#lens.see(corners, c),
      );
      pen.globalAlpha = 0.45 + 0.15 * (from[2] + to[2]);
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(from[0], from[1]);
      pen.lineTo(to[0], to[1]);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  /** @param {MapActs} acts */
  #listen({ turn, turned, end }) {
    const { stage } = this;
    set(stage, { role: "application", tabindex: 0, class: "pr-stage pr-turns" });
    /** @type {{ x: number, y: number, turn: Turn } | null} */
    let start = null;
    stage.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      stage.setPointerCapture(event.pointerId);
      start = { x: event.clientX, y: event.clientY, turn: turn() };
    });
    stage.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [right, down] = [event.clientX - start.x, event.clientY - start.y];
      turned(turnedBy(start.turn, [-DEGREES * right, DEGREES * down]));
    });
    for (const name of ["pointerup", "pointercancel"]) {
      stage.addEventListener(name, () => {
        if (start) end();
        start = null;
      });
    }
    stage.addEventListener("keydown", (event) => {
      const by = turnOfKey(event.key);
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      turned(turnedBy(turn(), by));
    });
  }
}

/**
 * @param {string} name of the map
 * @param {MapActs} acts
 */
function turnButtons(name, { turn, turned }) {
  /** @type {[words: string, sign: string, by: Turn][]} */
  const ways = [
    ["left", "←", [-15, 0]],
    ["right", "→", [15, 0]],
    ["up", "↑", [0, 15]],
    ["down", "↓", [0, -15]],
  ];
  const buttons = ways.map(([words, sign, by]) => {
    const label = `Turn ${name} ${words}`;
    const attributes = {
      type: "button",
      "aria-label": label,
      title: label,
      onclick: () => turned(turnedBy(turn(), by)),
    };
    return make("button", attributes, sign);
  });
  const again = iconButton("reset", `Turn ${name} back`, () => turned(FIRST_TURN));
  return make("span", { class: "pr-turn" }, ...buttons, again);
}
