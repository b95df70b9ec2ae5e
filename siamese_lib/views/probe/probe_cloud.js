// @ts-check
// The other points of a map: dots, images, and names of classes.

/** @import { Place } from "../js/film.js" */
/** @import { Classes } from "../js/point_classes.js" */
/** @import { Paper } from "../js/paper.js" */
/** @import { PictureSource } from "../js/pictures.js" */
/** @import { ProbeLens, Seen } from "./probe_lens.js" */

import { HaloText } from "../js/halo.js";

const CLOUD_DOT = 2.4; // pixels: the radius of a point, solid so that its colour keeps its contrast
const DEPTH_SIZE = 0.45; // by which share nearer points are larger, and further ones smaller
const THUMB = 28; // pixels: the longer side of an image, with its frame
const NAMED = 30; // classes: more names would cover the map

/** @typedef {{ pictures: PictureSource, shape: number[], points: number[] }} Thumbs */

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
   * @param {Thumbs | null} thumbs to show on the dots
   */
  draw(paper, lens, thumbs) {
    const count = this.#points.length / this.#dim;
    const seen = Array.from({ length: count }, (_, i) => lens.see(this.#points, i));
    const order = [...seen.keys()];
    // Points are often given class by class: on a flat map, the last class would hide the others.
    if (this.#dim === 3) order.sort((i, j) => seen[i][2] - seen[j][2]);
    else order.sort((i, j) => mixedUp(i) - mixedUp(j));
    for (const i of order) this.#dot(paper, seen[i], this.#classes.colorOf(i));
    if (thumbs) this.#thumbs(paper, seen, thumbs);
  }

  /**
   * @param {Paper} paper
   * @param {Seen} seen
   * @param {string} color
   */
  #dot({ pen }, [x, y, near], color) {
    pen.fillStyle = color;
    pen.beginPath();
    pen.arc(x, y, CLOUD_DOT * (1 + DEPTH_SIZE * near), 0, 2 * Math.PI);
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
   * Write the names of the classes in their middles, or next to these, where they cover neither
   * each other nor the path.
   * @param {Paper} paper
   * @param {ProbeLens} lens
   * @param {Place[]} path places close to each other
   */
  drawNames({ pen, ratio, theme, width, height }, lens, path) {
    const { present, names } = this.#classes;
    if (present.length > NAMED) return;
    pen.font = `${theme.text}px ${theme.font}`; // lighter than the values of the path
    pen.fillStyle = theme.quiet;
    const taken = [...path];
    for (const k of present) {
      const [x, y] = lens.see(this.#medians, k);
      const half = pen.measureText(names[k]).width / 2 + 4;
      const away = Math.hypot(x - width / 2, y - height / 2) || 1;
      const [right, down] = [(x - width / 2) / away, (y - height / 2) / away];
      /** @type {Place[]} */
      const places = [0, half + 8, -half - 8].map((far) => [x + far * right, y + far * down]);
      const inside = places.filter(
        ([a, b]) => Math.min(a, width - a) > half && Math.min(b, height - b) > theme.text / 2,
      );
      const place = freePlace(inside, half, theme.text, taken);
      if (!place) continue;
      this.#text.write(pen, { ground: theme.ground, ratio }, names[k], place);
      taken.push([place[0] - half, place[1]], place, [place[0] + half, place[1]]);
    }
  }
}

/**
 * Return a number by which points are in an order that is mixed, and always the same.
 * @param {number} i
 */
export const mixedUp = (i) => Math.imul(i + 1, 0x9e3779b1) >>> 0;

/**
 * Return the first place at which words cover none of the places that are taken, if any.
 * @param {Place[]} places
 * @param {number} half of the words' width, in pixels
 * @param {number} high the words' height
 * @param {Place[]} taken
 */
export const freePlace = (places, half, high, taken) =>
  places.find(
    ([x, y]) => !taken.some(([a, b]) => Math.abs(a - x) < half && Math.abs(b - y) < high),
  );

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
