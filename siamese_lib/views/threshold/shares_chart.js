// @ts-check
// Two histograms of distances, same pairs up and different pairs down, and a line to drag.

/** @import { Chart } from "./threshold_charts.js" */

import { makeSvg, newId, set } from "../js/dom.js";
import { Plot } from "./plot.js";

/** @typedef {"same" | "different"} Kind */
/** @typedef {"near" | "far"} Side of the line */

const SHARES_FRAME = { top: 30, right: 14, bottom: 44, left: 46, height: 320 };
const TICKS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1]; // shares, on a square-root scale
const KNOB = { width: 12, height: 30 };

export class SharesChart {
  svg = makeSvg("svg", { class: "st-shares" });
  /** The line, a slider. */
  line = makeSvg("g", { class: "st-line", tabindex: 0, role: "slider", "aria-label": "threshold" });
  #near = makeSvg(
    "text",
    { class: "st-side", x: -8, y: -10, "text-anchor": "end" },
    "◂ called same",
  );
  #far = makeSvg("text", { class: "st-side", x: 8, y: -10 }, "called different ▸");
  #clips = { near: makeSvg("rect"), far: makeSvg("rect") };
  #clipNames = { near: newId("st-near"), far: newId("st-far") };
  #limit = 1;
  #width = 1;
  #zoom = 1;

  /** @param {Chart} chart */
  draw({ bars, limit }) {
    const page = /** @type {Document | ShadowRoot} */ (this.svg.getRootNode());
    const focused = page.activeElement === this.line;
    const plot = new Plot(this.svg, SHARES_FRAME);
    const { width, height } = plot;
    this.#limit = limit;
    this.#width = width;
    this.#zoom = plot.zoom;
    const middle = height / 2;
    const most = Math.max(...bars.same, ...bars.different);
    /** @param {number} share */
    const tall = (share) => (Math.sqrt(share) / Math.sqrt(most)) * (middle - 4);
    for (const share of ticksUpTo(most, tall)) {
      for (const y of [middle - tall(share), middle + tall(share)]) {
        plot.line("st-grid", { y });
        plot.text("st-tick", [-8, y + 4], "end", `${100 * share}%`);
      }
    }
    for (const distance of roundSteps(limit, Math.max(3, width / 90))) {
      const x = (distance / limit) * width;
      plot.text("st-tick", [x, height + 18], "middle", String(distance));
      plot.line("st-grid", { x });
    }
    this.#addClips(plot);
    /** @param {number} share */
    const up = (share) => -tall(share);
    this.#addBars(plot, "same", "far", barsPath(bars.same, width, middle, up));
    this.#addBars(plot, "different", "near", barsPath(bars.different, width, middle, tall));
    plot.line("st-axis", { y: middle });
    plot.text("st-kind st-same", [width - 6, 18], "end", "same pairs ↑");
    plot.text("st-kind st-different", [width - 6, height - 10], "end", "different pairs ↓");
    plot.text("st-title", [width / 2, height + 37], "middle", "distance of the pair");
    this.#addLine(plot);
    if (focused) this.line.focus({ preventScroll: true });
  }

  /**
   * Move the line, and mark the bars that are called wrongly.
   * @param {number} threshold
   */
  moveTo(threshold) {
    const x = (threshold / this.#limit) * this.#width;
    const rest = this.#width - x;
    set(this.line, { transform: `translate(${x} 0)`, "aria-valuenow": threshold });
    set(this.#clips.near, { width: Math.max(0, x) });
    set(this.#clips.far, { x, width: Math.max(0, rest) });
    this.#near.style.opacity = x > 95 ? "1" : "0";
    this.#far.style.opacity = rest > 110 ? "1" : "0";
  }

  /**
   * Return the distance at a place on the page.
   * @param {{ clientX: number }} place
   */
  distanceAt({ clientX }) {
    const { left } = this.svg.getBoundingClientRect();
    const x = (clientX - left) / this.#zoom - SHARES_FRAME.left;
    return (x / this.#width) * this.#limit;
  }

  /** @param {Plot} plot */
  #addClips(plot) {
    const { width, height } = plot;
    for (const side of /** @type {Side[]} */ (["near", "far"])) {
      const rect = makeSvg("rect", { x: 0, y: -20, width, height: height + 40 });
      this.#clips[side] = rect;
      plot.add("clipPath", { id: this.#clipNames[side] }, rect);
    }
  }

  /**
   * @param {Plot} plot
   * @param {Kind} kind
   * @param {Side} side where they are called wrongly
   * @param {string} path
   */
  #addBars(plot, kind, side, path) {
    plot.add("path", { class: `st-bars st-${kind}`, d: path });
    plot.add("path", {
      class: `st-bars st-${kind} st-wrong`,
      d: path,
      "clip-path": `url(#${this.#clipNames[side]})`,
    });
  }

  /** @param {Plot} plot */
  #addLine(plot) {
    const { height } = plot;
    set(this.line, { "aria-valuemin": 0, "aria-valuemax": this.#limit });
    this.line.replaceChildren(
      makeSvg("line", { y1: -6, y2: height }),
      makeSvg("rect", {
        class: "st-knob",
        x: -KNOB.width / 2,
        y: height / 2 - KNOB.height / 2,
        ...KNOB,
        rx: 6,
      }),
      this.#near,
      this.#far,
    );
    plot.append(this.line);
  }
}

/**
 * Write the bars of a histogram as a path.
 * @param {number[]} shares
 * @param {number} width
 * @param {number} middle where they stand
 * @param {(share: number) => number} tall how far a bar goes down
 */
function barsPath(shares, width, middle, tall) {
  const step = width / shares.length;
  const bars = shares.map((share, i) =>
    share ? `M${i * step} ${middle}v${tall(share)}h${step}V${middle}` : "",
  );
  return bars.join("");
}

/**
 * Choose the shares to mark: none too close to the next one or to the middle.
 * @param {number} most the largest share
 * @param {(share: number) => number} tall
 */
export function ticksUpTo(most, tall) {
  const marks = TICKS.filter((share) => share <= most);
  return marks.filter((share, i) => {
    const next = marks[i + 1];
    return tall(share) > 14 && (next === undefined || tall(next) - tall(share) > 15);
  });
}

/**
 * Return round steps from 0 to `limit`, about `wanted` of them.
 * @param {number} limit
 * @param {number} wanted
 */
export function roundSteps(limit, wanted) {
  const rough = limit / wanted;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * ten).find((size) => size >= rough) ?? rough;
  const count = Math.floor(limit / step + 1e-9) + 1;
  return Array.from({ length: count }, (_, i) => Number((i * step).toPrecision(6)));
}
