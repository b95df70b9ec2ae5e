// @ts-check
// The ROC curve on square-root scales, and a point on it to drag.

/** @import { Chart, Counts, Roc } from "./threshold_charts.js" */

import { makeSvg, set } from "../js/dom.js";
import { Plot } from "./plot.js";

const ROC_FRAME = { top: 30, right: 20, bottom: 44, left: 62, height: 320 };
const CORNERS = [0, 0.01, 0.05, 0.2, 0.5, 1]; // shares

export class RocChart {
  svg = makeSvg("svg", { class: "st-roc" });
  #point = makeSvg("circle", { class: "st-point", r: 7 });
  #width = 1;
  #zoom = 1;
  #height = 1;
  /** @type {Roc} */
  #roc = { fpr: [], tpr: [], thresholds: [] };

  /** @param {Chart} chart */
  draw({ roc }) {
    const plot = new Plot(this.svg, ROC_FRAME);
    const { width, height } = plot;
    this.#roc = roc;
    this.#width = width;
    this.#zoom = plot.zoom;
    this.#height = height;
    for (const share of CORNERS) {
      const { x, y } = this.#placeOf(share, 1 - share);
      plot.line("st-grid", { x });
      plot.line("st-grid", { y });
      plot.text("st-tick", [x, height + 18], "middle", `${100 * share}%`);
      plot.text("st-tick", [-8, y + 4], "end", `${100 - 100 * share}%`);
    }
    const chance = `M0 ${height}A${width} ${height} 0 0 0 ${width} 0`;
    const places = roc.fpr.map((fpr, i) => this.#placeOf(fpr, roc.tpr[i]));
    plot.add("path", { class: "st-chance", d: chance });
    plot.add("path", { class: "st-equal", d: `M0 0L${width} ${height}` });
    plot.add("path", {
      class: "st-curve",
      d: `M${places.map(({ x, y }) => `${x} ${y}`).join("L")}`,
    });
    plot.text("st-title", [width / 2, height + 37], "middle", "different pairs called same");
    const turned = `translate(${12 - ROC_FRAME.left} ${height / 2}) rotate(-90)`;
    const title = { class: "st-title", transform: turned, "text-anchor": "middle" };
    plot.add("text", title, "same pairs called same");
    plot.append(this.#point);
  }

  /**
   * Move the point.
   * @param {Counts} counts
   */
  moveTo({ fpr, tpr }) {
    const { x, y } = this.#placeOf(fpr, tpr);
    set(this.#point, { cx: x, cy: y });
  }

  /**
   * Find the threshold whose corner of the curve is nearest to a place on the page.
   * @param {{ clientX: number, clientY: number }} place
   */
  thresholdAt({ clientX, clientY }) {
    const box = this.svg.getBoundingClientRect();
    const x = ((clientX - box.left) / this.#zoom - ROC_FRAME.left) / this.#width;
    const y = 1 - ((clientY - box.top) / this.#zoom - ROC_FRAME.top) / this.#height;
    return this.#roc.thresholds[nearestCorner(this.#roc, x, y)];
  }

  /**
   * @param {number} fpr
   * @param {number} tpr
   */
  #placeOf(fpr, tpr) {
    return { x: Math.sqrt(fpr) * this.#width, y: Math.sqrt(1 - tpr) * this.#height };
  }
}

/**
 * Find the corner of the curve that is nearest to a place on the plot, both axes from 0 to 1.
 * @param {{ fpr: number[], tpr: number[] }} roc
 * @param {number} x
 * @param {number} y
 */
export function nearestCorner({ fpr, tpr }, x, y) {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < fpr.length; i++) {
    const away = Math.hypot(Math.sqrt(fpr[i]) - x, 1 - Math.sqrt(1 - tpr[i]) - y);
    if (away < least) {
      best = i;
      least = away;
    }
  }
  return best;
}
