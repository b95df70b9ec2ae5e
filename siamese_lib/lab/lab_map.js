// @ts-check
// The live map: the shown images where the tower puts them, with the margin as a bar.

/** @import { LabShown } from "./lab_client.js" */
/** @import { LabState } from "./lab_state.js" */
/** @import { LabTiles } from "./lab_tiles.js" */
/** @import { Theme } from "../views/js/theme.js" */

import { make, penOf } from "../views/js/dom.js";
import { clamp } from "../views/js/numbers.js";
import { threeDigits } from "../views/js/log_slider.js";
import { paperOf } from "../views/js/paper.js";
import { labForces } from "./lab_forces.js";

const FORCED = 120; // images that have arrows
const ROOM = 14; // pixels between the outermost images and the edge
const GLIDE = 0.25; // of the way to the new scale, in each frame
const SETTLED = 0.003; // of the scale: less is not seen
const CALM = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches;
const FAINT = 0.15; // of images whose classes do not take part
const BAR_ROOM = 26; // pixels at the bottom, for the margin's bar
const OUTERMOST = 0.99; // of the images are inside
const LOOSE = 0.6; // margins from the middle to the edge, at least

/**
 * @typedef {object} LabScene
 * @property {LabShown} shown
 * @property {LabState} settings
 * @property {boolean} forces
 * @property {boolean} pictures
 * @property {[yaw: number, pitch: number]} turn of three dimensions
 * @property {Theme} theme
 * @property {string} title of the branch, or ""
 */

/** @typedef {{ x: number, y: number, reach: number }} LabFit middle, and how far the edge is */

export class LabMap {
  canvas = make("canvas", { class: "sl-canvas", role: "img", tabindex: 0 });
  #pen = penOf(this.canvas);
  #labels;
  #colors;
  #tiles;
  /** @type {LabFit | null} */
  #fit = null;

  /**
   * @param {ArrayLike<number>} labels of the shown images
   * @param {string[]} colors of the classes
   * @param {LabTiles} tiles
   */
  constructor(labels, colors, tiles) {
    this.#labels = labels;
    this.#colors = colors;
    this.#tiles = tiles;
  }

  /** Go to the next scale at once. */
  jump() {
    this.#fit = null;
  }

  /**
   * What this scene needs to be seen whole.
   * @param {LabScene} scene
   * @returns {LabFit}
   */
  needs({ shown, settings, turn }) {
    const { dim, output, margin } = settings;
    if (output === "unit") return { x: 0, y: 0, reach: 1.1 };
    if (output === "sigmoid" && dim < 3) return { x: 0.5, y: 0.5, reach: 0.58 };
    const places = placesOf(shown.points, dim, turn, this.#labels);
    const axes = [0, 1].map((axis) => middleOf(places, axis));
    if (dim === 1) axes[1] = { middle: 0, half: 0 };
    const reach = Math.max(axes[0].half, axes[1].half, LOOSE * margin);
    return { x: axes[0].middle, y: axes[1].middle, reach };
  }

  /**
   * @param {LabScene} scene
   * @param {LabFit} fit
   * @returns {boolean} whether the scale is still on its way
   */
  draw(scene, fit) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width < 2 || !Number.isFinite(fit.reach)) return false;
    paperOf(this.canvas, width, height, scene.theme);
    this.#fit = glided(this.#fit, fit);
    const { x, y, reach } = this.#fit;
    const scale = (Math.min(width, height - 2 * BAR_ROOM) / 2 - ROOM) / reach;
    const { dim, output } = scene.settings;
    const tall = height - BAR_ROOM;
    /** @type {(across: number, up: number) => [number, number]} */
    const onScreen = (across, up) => [
      width / 2 + (across - x) * scale,
      dim === 1 ? tall * (0.5 - up) : tall / 2 - (up - y) * scale,
    ];
    this.#frame(output, dim, onScreen, scale, scene.theme);
    const places = placesOf(scene.shown.points, dim, scene.turn, this.#labels);
    this.#points(places, scene, onScreen, clamp(Math.min(width, height) / 26, 11, 24));
    if (scene.forces && scene.settings.loss !== "triplet") {
      this.#arrows(places, scene, onScreen, scale);
    }
    this.#margin(scene, scale, width, height);
    this.#describe(scene);
    const away = Math.max(...[x - fit.x, y - fit.y, reach - fit.reach].map(Math.abs));
    return away > SETTLED * fit.reach;
  }

  /**
   * @param {number[][]} places
   * @param {LabScene} scene
   * @param {(across: number, up: number) => [number, number]} onScreen
   * @param {number} size
   */
  #points(places, { settings, pictures }, onScreen, size) {
    const pen = this.#pen;
    places.forEach(([across, up], image) => {
      const label = this.#labels[image];
      const [left, top] = onScreen(across, up);
      pen.globalAlpha = !settings.classes || settings.classes.includes(label) ? 1 : FAINT;
      if (pictures) return this.#tiles.draw(pen, image, left, top, size);
      pen.fillStyle = this.#colors[label];
      pen.beginPath();
      pen.arc(left, top, size / 5, 0, 2 * Math.PI);
      pen.fill();
    });
    pen.globalAlpha = 1;
  }

  /**
   * Pull and push of the first images: whole lines and dashed ones.
   * @param {number[][]} places
   * @param {LabScene} scene
   * @param {(across: number, up: number) => [number, number]} onScreen
   * @param {number} scale
   */
  #arrows(places, { shown, settings, turn, theme }, onScreen, scale) {
    const { dim, classes } = settings;
    const part = Array.from(this.#labels, (_, image) => image).filter(
      (image) => !classes || classes.includes(this.#labels[image]),
    );
    const some = part.slice(0, FORCED);
    const points = Float32Array.from(
      some.flatMap((image) => [...shown.points.subarray(image * dim, (image + 1) * dim)]),
    );
    const labels = some.map((image) => this.#labels[image]);
    const { pull, push } = labForces(points, dim, labels, settings);
    for (const [forces, color, dash] of /** @type {const} */ ([
      [pull, theme.same, []],
      [push, theme.different, [4, 2.5]],
    ])) {
      const ways = placesOf(forces, dim, turn, null);
      this.#pen.setLineDash([...dash]);
      some.forEach((image, at) => {
        const from = onScreen(places[image][0], places[image][1]);
        this.#arrow(from, ways[at][0] * scale, dim === 1 ? 0 : -ways[at][1] * scale, color);
      });
    }
    this.#pen.setLineDash([]);
  }

  /**
   * @param {[number, number]} from
   * @param {number} right
   * @param {number} down
   * @param {string} color
   */
  #arrow([x, y], right, down, color) {
    const length = Math.hypot(right, down);
    if (length < 2) return;
    const pen = this.#pen;
    const [along, across] = [right / length, down / length];
    const [tipX, tipY] = [x + right, y + down];
    pen.strokeStyle = color;
    pen.fillStyle = color;
    pen.lineWidth = 1.6;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(tipX, tipY);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(tipX + 3 * along, tipY + 3 * across);
    pen.lineTo(tipX - 4 * along - 3 * across, tipY - 4 * across + 3 * along);
    pen.lineTo(tipX - 4 * along + 3 * across, tipY - 4 * across - 3 * along);
    pen.fill();
  }

  /**
   * The circle or the square that the output cannot leave.
   * @param {string} output
   * @param {number} dim
   * @param {(across: number, up: number) => [number, number]} onScreen
   * @param {number} scale
   * @param {Theme} theme
   */
  #frame(output, dim, onScreen, scale, theme) {
    const pen = this.#pen;
    pen.strokeStyle = theme.quiet;
    pen.lineWidth = 1;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    if (output === "unit") pen.arc(...onScreen(0, 0), scale, 0, 2 * Math.PI);
    if (output === "sigmoid" && dim === 2) pen.rect(...onScreen(0, 1), scale, scale);
    pen.stroke();
    pen.setLineDash([]);
  }

  /**
   * A bar as long as the margin; one that is wider than the map ends in an arrow.
   * @param {LabScene} scene
   * @param {number} scale
   * @param {number} width
   * @param {number} height
   */
  #margin({ settings: { margin }, theme, title }, scale, width, height) {
    const pen = this.#pen;
    const [left, bottom] = [12, height - 12];
    const room = width - 24;
    const long = Math.min(margin * scale, room);
    const more = margin * scale > room;
    pen.strokeStyle = theme.ink;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(left, bottom - 4);
    pen.lineTo(left, bottom);
    pen.lineTo(left + long, bottom);
    if (!more) pen.lineTo(left + long, bottom - 4);
    pen.stroke();
    pen.fillStyle = theme.ink;
    pen.font = `${theme.small}px ${theme.font}`;
    pen.textAlign = "left";
    pen.textBaseline = "bottom";
    pen.fillText(
      `margin ${threeDigits(margin)}${more ? ", beyond the map →" : ""}`,
      left + 4,
      bottom - 3,
    );
    pen.textBaseline = "top";
    pen.font = `600 ${theme.text}px ${theme.font}`;
    pen.fillText(title, left, 10);
  }

  /** @param {LabScene} scene */
  #describe({ shown, settings, title }) {
    const words =
      `${title ? `${title}: m` : "M"}ap of ${this.#labels.length} images in ${settings.dim} ` +
      `dimension${settings.dim === 1 ? "" : "s"} at step ${shown.step}. ${shown.verdict.text}`;
    if (this.canvas.getAttribute("aria-label") !== words) {
      this.canvas.setAttribute("aria-label", words);
    }
  }
}

/**
 * Points in the plane: those of one dimension in rows by class, those of three seen from a side.
 * @param {Float32Array} points
 * @param {number} dim
 * @param {[yaw: number, pitch: number]} turn
 * @param {ArrayLike<number> | null} labels null for forces, which have no row
 */
function placesOf(points, dim, [yaw, pitch], labels) {
  const most = labels ? Math.max(1, ...Array.from(labels)) : 1;
  const [sinYaw, cosYaw, sinPitch, cosPitch] = [
    Math.sin(yaw),
    Math.cos(yaw),
    Math.sin(pitch),
    Math.cos(pitch),
  ];
  return Array.from({ length: points.length / dim }, (_, at) => {
    const x = points[at * dim];
    if (dim === 1) return [x, labels ? 0.8 * (0.5 - labels[at] / most) : 0];
    const y = points[at * dim + 1];
    if (dim === 2) return [x, y];
    const z = points[at * dim + 2];
    const deep = z * cosYaw - x * sinYaw;
    return [x * cosYaw + z * sinYaw, y * cosPitch - deep * sinPitch];
  });
}

/**
 * @param {number[][]} places
 * @param {number} axis
 */
function middleOf(places, axis) {
  const values = Float64Array.from(places, (place) => place[axis]).sort();
  const cut = Math.floor((1 - OUTERMOST) * values.length);
  const [low, high] = [values[cut], values[values.length - 1 - cut]];
  return { middle: (low + high) / 2, half: (high - low) / 2 };
}

/**
 * @param {LabFit | null} from
 * @param {LabFit} to
 * @returns {LabFit}
 */
function glided(from, to) {
  if (!from || CALM || !Number.isFinite(from.reach)) return to;
  const part = (/** @type {"x" | "y" | "reach"} */ name) =>
    from[name] + GLIDE * (to[name] - from[name]);
  return { x: part("x"), y: part("y"), reach: part("reach") };
}
