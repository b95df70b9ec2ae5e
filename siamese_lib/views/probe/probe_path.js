// @ts-check
// The path of the point along a dial, and the point itself with its picture.

/** @import { Place } from "../js/film.js" */
/** @import { Paper } from "../js/paper.js" */
/** @import { Seen } from "./probe_lens.js" */
/** @import { ProbeDial } from "./probe_grid.js" */

import { HaloText } from "../js/halo.js";
import { clamp } from "../js/numbers.js";
import { PicturePlaces } from "../js/picture_places.js";
import { freePlace } from "./probe_cloud.js";

const PATH_DOT = 3; // pixels: the radius of a value
const PATH_END = 5; // pixels: of the first and of the last value
const OWN_DOT = 8; // pixels: of the present point
const OWN_PICTURE = 56; // pixels: the longer side of its picture
const WORDS_AWAY = 18; // pixels from an end of the path to its value

export class ProbePath {
  #text = new HaloText();
  #places = new PicturePlaces();
  /** Where values are written. @type {Place[]} */
  #words = [];

  /**
   * @param {Paper} paper
   * @param {Seen[]} path
   * @param {ProbeDial} dial
   */
  draw(paper, path, dial) {
    const { pen, theme } = paper;
    const line = dial.periodic ? [...path, path[0]] : path;
    pen.lineCap = "round";
    /** @type {[color: string, width: number][]} */
    const strokes = [
      [theme.ground, 5],
      [theme.ink, 2],
    ];
    for (const [color, thick] of strokes) {
      pen.strokeStyle = color;
      for (let i = 1; i < line.length; i++) {
        const [from, to] = [line[i - 1], line[i]];
        pen.lineWidth = thick * (1 + 0.3 * to[2]);
        pen.beginPath();
        pen.moveTo(from[0], from[1]);
        pen.lineTo(to[0], to[1]);
        pen.stroke();
      }
    }
    path.forEach(([x, y, near]) => {
      pathDisc(pen, [x, y], PATH_DOT * (1 + 0.3 * near), theme.ink, theme.ground);
    });
    this.#ends(paper, path, dial);
  }

  /**
   * Mark where the path begins and where it ends, with the values.
   * @param {Paper} paper
   * @param {Seen[]} path
   * @param {ProbeDial} dial
   */
  #ends({ pen, theme, ratio, width, height }, path, { words, periodic }) {
    const ends = periodic ? [0] : [0, path.length - 1];
    pen.font = `600 ${theme.text}px ${theme.font}`;
    this.#words = [];
    for (const end of ends) {
      const [x, y] = path[end];
      pathDisc(pen, [x, y], PATH_END, theme.ground, theme.ink, 2);
      const half = pen.measureText(words[end]).width / 2 + 4;
      const [right, down] = awayFrom(path, end);
      const inside = [1, -1].map(
        (way) =>
          /** @type {Place} */ ([
            clamp(x + way * right * (WORDS_AWAY + half / 2), half, width - half),
            clamp(y + way * down * WORDS_AWAY, theme.text, height - theme.text),
          ]),
      );
      const place = freePlace(inside, 2 * half, theme.text, this.#words);
      if (!place) continue;
      pen.fillStyle = theme.ink;
      this.#text.write(pen, { ground: theme.ground, ratio }, words[end], place);
      this.#words.push([place[0] - half, place[1]], place, [place[0] + half, place[1]]);
    }
  }

  /**
   * Return places that names should not cover: those of the values' words, and along the path.
   * @param {Seen[]} path
   * @param {ProbeDial} dial
   * @returns {Place[]}
   */
  covers(path, { periodic }) {
    /** @type {Place[]} */
    const places = path.flatMap(([x, y], i) => {
      const [a, b] = path[i + 1] ?? (periodic ? path[0] : path[i]);
      return [0, 0.25, 0.5, 0.75].map(
        (share) => /** @type {Place} */ ([x + share * (a - x), y + share * (b - y)]),
      );
    });
    return [...places, ...this.#words];
  }

  /**
   * @param {Paper} paper
   * @param {Seen} seen
   * @param {Seen[]} path which the picture should not hide
   * @param {HTMLCanvasElement | null} picture
   */
  drawPoint({ pen, theme, width, height }, [x, y], path, picture) {
    if (picture) {
      const scale = OWN_PICTURE / Math.max(picture.width, picture.height);
      const [wide, high] = [picture.width * scale, picture.height * scale];
      this.#places.clear();
      /** @type {Place} */
      const size = [wide, high];
      const { left, top } = this.#places.take(0, [x, y], size, { width, height }, (box) => {
        const inside = [...path, ...this.#words].filter(
          ([a, b]) =>
            a > box.left - 4 && a < box.right + 4 && b > box.top - 4 && b < box.bottom + 4,
        );
        return inside.length;
      });
      pen.strokeStyle = theme.accent;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(clamp(x, left, left + wide), clamp(y, top, top + high));
      pen.stroke();
      pen.fillStyle = theme.accent;
      pen.fillRect(left - 2, top - 2, wide + 4, high + 4);
      pen.imageSmoothingEnabled = scale < 1;
      pen.drawImage(picture, left, top, wide, high);
    }
    pathDisc(pen, [x, y], OWN_DOT + 2, theme.ground, theme.ink, 1);
    pathDisc(pen, [x, y], OWN_DOT - 1, theme.accent, theme.accent);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Place} place
 * @param {number} radius
 * @param {string} inside
 * @param {string} rim
 * @param {number} [wide]
 */
function pathDisc(pen, [x, y], radius, inside, rim, wide = 1) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = inside;
  pen.fill();
  pen.strokeStyle = rim;
  pen.lineWidth = wide;
  pen.stroke();
}

/**
 * Return the direction in which a path leaves its end, of length 1.
 * @param {Seen[]} path
 * @param {number} end
 * @returns {Place}
 */
function awayFrom(path, end) {
  const [x, y] = path[end];
  const [a, b] = path[end ? end - 1 : 1];
  const length = Math.hypot(x - a, y - b);
  return length > 1 ? [(x - a) / length, (y - b) / length] : [0, end ? 1 : -1];
}
