// @ts-check
// Charts of a laboratory: how far pairs are apart, and loss and precision over time.

/** @import { Paper } from "../views/js/paper.js" */
/** @import { Theme } from "../views/js/theme.js" */
/** @import { LabPlace } from "./lab_series.js" */

import { make, penOf } from "../views/js/dom.js";
import { clamp, grouped } from "../views/js/numbers.js";
import { threeDigits } from "../views/js/log_slider.js";
import { paperOf } from "../views/js/paper.js";

const BINS = 44;
const PAIRED = 300; // images whose pairs are counted
const WIDEST = 1.7; // margins that a histogram shows, at least
const TITLE = 20; // pixels for the words above a chart
const FOOT = 20; // pixels for the numbers below

/** @typedef {{ similar: Float64Array, different: Float64Array, end: number }} LabHistogram */

/**
 * Shares of the distances of similar and of different pairs, in bins of equal width from 0 to an
 * end. Distances beyond it are in the last bin.
 * @param {ArrayLike<number>} points
 * @param {number} dim
 * @param {ArrayLike<number>} labels
 * @param {number} margin
 * @returns {LabHistogram}
 */
export function labHistogram(points, dim, labels, margin) {
  const count = Math.min(labels.length, PAIRED);
  /** @type {[number[], number[]]} */
  const found = [[], []];
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < one; other++) {
      let square = 0;
      for (let axis = 0; axis < dim; axis++) {
        square += (points[one * dim + axis] - points[other * dim + axis]) ** 2;
      }
      found[Number(labels[one] === labels[other])].push(Math.sqrt(square));
    }
  }
  const farthest = Math.max(...found.map(ninetyEighth));
  const end = Number.isFinite(farthest)
    ? Math.max(WIDEST * margin, 1.1 * farthest)
    : WIDEST * margin;
  const [different, similar] = found.map((distances) => {
    const bins = new Float64Array(BINS);
    for (const distance of distances) {
      const bin = Math.min(BINS - 1, Math.floor((BINS * distance) / end));
      if (bin >= 0) bins[bin] += 1 / distances.length;
    }
    return bins;
  });
  return { similar, different, end };
}

/** @param {number[]} distances */
function ninetyEighth(distances) {
  if (!distances.length) return 0;
  const sorted = Float64Array.from(distances).sort();
  return sorted[Math.floor(0.98 * (sorted.length - 1))];
}

/** What all charts share: a canvas of the size that the page gives it, and words. */
class LabChart {
  /** @param {string} kind */
  constructor(kind) {
    this.canvas = make("canvas", { class: `sl-chart sl-${kind}`, role: "img" });
    this.pen = penOf(this.canvas);
  }

  /**
   * An empty chart.
   * @param {Theme} theme
   * @returns {Paper & { low: number, high: number }} and where the drawing ends and begins
   */
  cleared(theme) {
    const { clientWidth, clientHeight } = this.canvas;
    const paper = paperOf(this.canvas, clientWidth, clientHeight, theme);
    paper.pen.font = `${theme.small}px ${theme.font}`;
    return { ...paper, low: clientHeight - FOOT, high: TITLE };
  }

  /**
   * @param {string} words
   * @param {number} x
   * @param {number} y
   * @param {string} color
   * @param {CanvasTextAlign} align
   */
  write(words, x, y, color, align = "left") {
    this.pen.fillStyle = color;
    this.pen.textAlign = align;
    this.pen.textBaseline = "top";
    this.pen.fillText(words, x, y);
  }

  /**
   * @param {[number, number][]} places
   * @param {string} color
   * @param {number[]} [dash]
   * @param {number} [wide]
   */
  line(places, color, dash = [], wide = 1.6) {
    const { pen } = this;
    pen.strokeStyle = color;
    pen.lineWidth = wide;
    pen.setLineDash(dash);
    pen.beginPath();
    for (const [x, y] of places) pen.lineTo(x, y);
    pen.stroke();
    pen.setLineDash([]);
  }

  /** @param {string} words */
  describe(words) {
    if (this.canvas.getAttribute("aria-label") !== words) {
      this.canvas.setAttribute("aria-label", words);
    }
  }
}

/** Two histograms of distances. The line at the margin can be dragged. */
export class LabDistances extends LabChart {
  #end = 1;

  /**
   * @param {(margin: number) => void} moved
   * @param {() => void} ended
   */
  constructor(moved, ended) {
    super("distances");
    let held = false;
    /** @param {PointerEvent} event */
    const drag = (event) => {
      const box = this.canvas.getBoundingClientRect();
      moved(((event.clientX - box.left) / box.width) * this.#end);
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      held = true;
      this.canvas.setPointerCapture(event.pointerId);
      drag(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (held) drag(event);
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(kind, () => {
        if (held) ended();
        held = false;
      });
    }
    this.held = () => held;
  }

  /**
   * @param {LabHistogram} histogram
   * @param {number} margin
   * @param {Theme} theme
   */
  draw({ similar, different, end }, margin, theme) {
    if (!this.held()) this.#end = end; // the scale stays while the margin is dragged
    const { width, low, high } = this.cleared(theme);
    if (width < 2) return;
    const scale = end / this.#end;
    const top = Math.max(...similar, ...different, 1e-9);
    /** @param {Float64Array} bins @returns {[number, number][]} */
    const steps = (bins) =>
      [...bins].flatMap((share, bin) => {
        const y = low - ((low - high - 6) * share) / top;
        const [from, to] = [bin, bin + 1].map((edge) => (scale * edge * width) / BINS);
        return /** @type {[number, number][]} */ ([
          [from, y],
          [to, y],
        ]);
      });
    const { pen } = this;
    pen.fillStyle = theme.same;
    pen.globalAlpha = 0.35;
    pen.beginPath();
    pen.moveTo(0, low);
    for (const [x, y] of steps(similar)) pen.lineTo(x, y);
    pen.lineTo(scale * width, low);
    pen.fill();
    pen.globalAlpha = 1;
    this.line(steps(similar), theme.same);
    this.line(steps(different), theme.different, [5, 3]);
    this.line(
      [
        [0, low],
        [width, low],
      ],
      theme.quiet,
      [],
      1,
    );
    const at = clamp((margin / this.#end) * width, 1, width - 1);
    this.line(
      [
        [at, high - 2],
        [at, low],
      ],
      theme.ink,
      [],
      2,
    );
    pen.fillStyle = theme.ink;
    pen.beginPath();
    pen.arc(at, low, 5, 0, 2 * Math.PI);
    pen.fill();
    const wide = pen.measureText("margin").width / 2;
    this.write("margin", clamp(at, wide, width - wide), low + 5, theme.ink, "center");
    this.write("distance of pairs:", 0, 2, theme.quiet);
    const next = pen.measureText("distance of pairs: ").width;
    this.write("▬ similar", next, 2, theme.same);
    this.write("╌ different", next + pen.measureText("▬ similar  ").width, 2, theme.different);
    this.describe(
      `Distances of similar and different pairs, from 0 to ${threeDigits(this.#end)}; the margin ` +
        `is ${threeDigits(margin)}. Drag to move it, or use its slider.`,
    );
  }
}

/**
 * @typedef {object} LabLine
 * @property {LabPlace[]} values
 * @property {string} color
 * @property {number[]} dash
 */

/** Lines over the steps; a press shows that moment. */
export class LabHistory extends LabChart {
  #last = 1;
  #limit;

  /**
   * @param {string} name
   * @param {number | null} limit the top, or null for the largest value
   * @param {(step: number) => void} scrub
   */
  constructor(name, limit, scrub) {
    super("history");
    this.name = name;
    this.#limit = limit;
    /** @param {PointerEvent} event */
    const move = (event) => {
      const box = this.canvas.getBoundingClientRect();
      scrub(Math.round(clamp((event.clientX - box.left) / box.width, 0, 1) * this.#last));
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) move(event);
    });
  }

  /**
   * @param {LabLine[]} lines
   * @param {{ last: number, at: number, value: string }} where
   * @param {Theme} theme
   */
  draw(lines, { last, at, value }, theme) {
    this.#last = Math.max(last, 1);
    const { width, low, high } = this.cleared(theme);
    if (width < 2) return;
    const known = lines.flatMap(({ values }) => values.map(([, each]) => each));
    const top = this.#limit ?? Math.max(1e-9, ...known.filter(Number.isFinite));
    for (const { values, color, dash } of lines) {
      const places = values
        .filter(([, each]) => Number.isFinite(each))
        .map(([step, each]) => [
          (step / this.#last) * width,
          low - (low - high) * clamp(each / top, 0, 1),
        ]);
      this.line(/** @type {[number, number][]} */ (places), color, dash);
    }
    this.line(
      [
        [0, low],
        [width, low],
      ],
      theme.quiet,
      [],
      1,
    );
    const x = clamp((at / this.#last) * width, 0.5, width - 0.5);
    this.line(
      [
        [x, high],
        [x, low],
      ],
      theme.accent,
      [],
      1.5,
    );
    this.write(`${this.name} `, 0, 2, theme.quiet);
    const next = this.pen.measureText(`${this.name} `).width;
    this.pen.font = `600 ${theme.text}px ${theme.font}`;
    this.write(value, next, 1, theme.ink);
    this.pen.font = `${theme.small}px ${theme.font}`;
    this.write("0", 0, low + 3, theme.quiet);
    this.write(`step ${grouped(last)}`, width, low + 3, theme.quiet, "right");
    if (this.#limit === null && known.length)
      this.write(`top ${threeDigits(top)}`, width, 2, theme.quiet, "right");
    this.describe(`${this.name} over ${last} steps; ${value} at step ${at}.`);
  }
}
