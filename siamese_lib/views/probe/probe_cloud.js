// @ts-check
// The other points of a map, behind the path: dots, images or names of classes.

/** @import { Classes } from "../js/point_classes.js" */
/** @import { PictureSource } from "../js/pictures.js" */
/** @import { Theme } from "../js/theme.js" */
/** @import { ProbeLens, Seen } from "./probe_lens.js" */

import { HaloText } from "../js/halo.js";

const CLOUD_DOT = 2.4; // pixels: the radius of a point
const THUMB = 28; // pixels: the longer side of an image, with its frame
const NAMED = 30; // classes: more names would cover the map
const NAMES_APART = 20; // pixels between the names of two classes

/** @typedef {{ pictures: PictureSource, shape: number[], points: number[] }} Thumbs */

/**
 * @typedef {object} Paper
 * @property {CanvasRenderingContext2D} pen
 * @property {number} ratio pixels of the screen for one of the page
 * @property {number} width
 * @property {number} height
 * @property {Theme} theme
 */

export class ProbeCloud {
  #points;
  #dim;
  #classes;
  #medians;
  #text = new HaloText();

  /**
   * @param {Float32Array} points
   * @param {number} dim
   * @param {Classes} classes
   */
  constructor(points, dim, classes) {
    this.#points = points;
    this.#dim = dim;
    this.#classes = classes;
    this.#medians = Float32Array.from(
      classes.members.flatMap((members) => mediansOf(points, dim, members)),
    );
  }

  /**
   * @param {Paper} paper
   * @param {ProbeLens} lens
   * @param {Thumbs | null} thumbs to show in place of dots and names
   */
  draw(paper, lens, thumbs) {
    const count = this.#points.length / this.#dim;
    const seen = Array.from({ length: count }, (_, i) => lens.see(this.#points, i));
    const order = [...seen.keys()];
    if (this.#dim === 3) order.sort((i, j) => seen[i][2] - seen[j][2]);
    for (const i of order) this.#dot(paper, seen[i], this.#classes.colorOf(i));
    paper.pen.globalAlpha = 1;
    if (thumbs) this.#thumbs(paper, seen, thumbs);
    else this.#names(paper, lens);
  }

  /**
   * @param {Paper} paper
   * @param {Seen} seen
   * @param {string} color
   */
  #dot({ pen }, [x, y, near], color) {
    const flat = this.#dim === 2;
    pen.globalAlpha = flat ? 0.75 : 0.6 + 0.35 * near;
    pen.fillStyle = color;
    pen.beginPath();
    pen.arc(x, y, CLOUD_DOT * (flat ? 1 : 1 + 0.4 * near), 0, 2 * Math.PI);
    pen.fill();
  }

  /**
   * Draw as many images as fit without covering each other, the nearest ones first.
   * @param {Paper} paper
   * @param {Seen[]} seen
   * @param {Thumbs} thumbs
   */
  #thumbs({ pen, width, height }, seen, { pictures, shape, points }) {
    const scale = THUMB / Math.max(shape[1], shape[2]);
    const [high, wide] = [shape[1] * scale, shape[2] * scale];
    const order = [...points.keys()];
    if (this.#dim === 3) order.sort((i, j) => seen[points[j]][2] - seen[points[i]][2]);
    const places = order.map((i) => seen[points[i]]);
    for (const i of apartFrom(places, wide + 4, high + 4)) {
      const [x, y] = places[i];
      const [left, top] = [x - wide / 2, y - high / 2];
      if (left < 0 || top < 0 || left + wide > width || top + high > height) continue;
      pen.fillStyle = this.#classes.colorOf(points[order[i]]);
      pen.fillRect(left - 1.5, top - 1.5, wide + 3, high + 3);
      pen.drawImage(pictures.canvas(order[i]), left, top, wide, high);
    }
  }

  /**
   * Write the names of the classes in their middles, where they do not cover each other.
   * @param {Paper} paper
   * @param {ProbeLens} lens
   */
  #names({ pen, ratio, theme }, lens) {
    const { present, names } = this.#classes;
    if (present.length > NAMED) return;
    pen.font = `600 ${theme.text}px ${theme.font}`;
    pen.fillStyle = theme.ink;
    const at = present.map((k) => lens.see(this.#medians, k));
    present.forEach((k, i) => {
      const crowded = at.some(
        ([x, y], j) => j !== i && Math.hypot(x - at[i][0], y - at[i][1]) < NAMES_APART,
      );
      const [x, y] = at[i];
      if (!crowded) this.#text.write(pen, { ground: theme.ground, ratio }, names[k], [x, y]);
    });
  }
}

/**
 * Return which places to take, from the first on, so that rectangles around them do not overlap.
 * @param {(readonly [x: number, y: number, ...rest: number[]])[]} places
 * @param {number} wide
 * @param {number} high
 */
export function apartFrom(places, wide, high) {
  /** @type {Map<string, number[]>} */
  const cells = new Map();
  /** @type {number[]} */
  const taken = [];
  places.forEach(([x, y], i) => {
    const [column, row] = [Math.floor(x / wide), Math.floor(y / high)];
    for (let a = column - 1; a <= column + 1; a++) {
      for (let b = row - 1; b <= row + 1; b++) {
        for (const j of cells.get(`${a} ${b}`) ?? []) {
          if (Math.abs(places[j][0] - x) < wide && Math.abs(places[j][1] - y) < high) return;
        }
      }
    }
    const key = `${column} ${row}`;
    cells.set(key, [...(cells.get(key) ?? []), i]);
    taken.push(i);
  });
  return taken;
}

/**
 * Return the median of each coordinate; NaN without points.
 * @param {Float32Array} points
 * @param {number} dim
 * @param {number[]} members
 */
function mediansOf(points, dim, members) {
  return [...Array(dim).keys()].map((axis) => {
    const sorted = members.map((i) => points[i * dim + axis]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? NaN;
  });
}
