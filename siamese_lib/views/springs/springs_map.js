// @ts-check
// The map: points, the forces on them, and the springs of the chosen one.

/** @import { Camera } from "../js/camera.js" */
/** @import { PointForces } from "./forces.js" */
/** @import { PointClass } from "./springs_point.js" */
/** @import { Pixel } from "./springs_shapes.js" */

import { makeSvg, set } from "../js/dom.js";
import { scaleBars } from "../js/scale_bars.js";
import { IMAGE_RADIUS, POINT_RADIUS, SpringsPoint } from "./springs_point.js";
import { arrowOf, springBetween } from "./springs_shapes.js";

/**
 * @typedef {object} SpringsScene
 * @property {Float64Array} places x and y of each point (2 * count)
 * @property {string[]} trails the way of each point, as an SVG path
 * @property {PointForces} forces
 * @property {number} margin
 * @property {boolean} push
 * @property {number | null} selected
 * @property {boolean} pictures
 */

const FORCE_LONG = 0.6; // an arrow is this times the number of points times the force
export const PRESSED_SHARE = 0.999; // of the margin: a pair that is this far apart is at rest
const LARGEST_RING = 1e5; // pixels of a circle
const BAR_LEFT = 14; // pixels
const BAR_ROW = 24;

export class SpringsMap {
  #ring = makeSvg("circle", { class: "sp-ring" });
  #grip = makeSvg("circle", { class: "sp-grip" });
  #pulls = makeSvg("path", { class: "sp-spring sp-pull" });
  #pushes = makeSvg("path", { class: "sp-spring sp-push" });
  #idle = makeSvg("path", { class: "sp-idle" });
  #shafts = { pull: forcePath("sp-shaft sp-pull"), push: forcePath("sp-shaft sp-push") };
  #heads = { pull: forcePath("sp-head sp-pull"), push: forcePath("sp-head sp-push") };
  #bars = makeSvg("g", { class: "sp-bars" });
  #trails;
  #classes;

  /**
   * @param {ArrayLike<number>} classes of the points
   * @param {PointClass[]} kinds
   */
  constructor(classes, kinds) {
    this.#classes = classes;
    this.points = Array.from(classes, (number, i) => new SpringsPoint(i, kinds[number]));
    this.#trails = Array.from(classes, (number) =>
      makeSvg("path", { class: "sp-trail", stroke: kinds[number].color }),
    );
    const { pull, push } = this.#shafts;
    this.svg = makeSvg(
      "svg",
      { class: "sp-map", role: "application", "aria-label": "Map of the points" },
      this.#ring,
      this.#grip,
      ...this.#trails,
      this.#idle,
      this.#pulls,
      this.#pushes,
      pull,
      push,
      this.#heads.pull,
      this.#heads.push,
      ...this.points.map(({ element }) => element),
      this.#bars,
    );
  }

  /**
   * @param {SpringsScene} scene
   * @param {Camera} camera
   */
  draw(scene, camera) {
    const { places, pictures, selected } = scene;
    const at = this.points.map((_, i) => camera.toScreen([places[2 * i], places[2 * i + 1]]));
    at.forEach(([x, y], i) => this.points[i].moveTo(x, y));
    scene.trails.forEach((d, i) => set(this.#trails[i], { d }));
    this.svg.classList.toggle("sp-pictures", pictures);
    const edge = pictures ? IMAGE_RADIUS : POINT_RADIUS;
    this.#drawArrows(at, scene, camera.scale, edge);
    this.#drawRing(selected === null ? null : at[selected], scene, camera.scale);
    this.#drawSprings(at, scene, edge);
    this.#drawBars(scene, camera);
    for (const [i, { element }] of this.points.entries()) {
      element.classList.toggle("sp-selected", i === selected);
    }
  }

  /**
   * Draw a point above all others; not while it has the focus, which it would lose.
   * @param {number} point
   */
  raise(point) {
    const { element } = this.points[point];
    const last = this.#bars.previousElementSibling;
    if (last !== element && document.activeElement !== element) this.#bars.before(element);
  }

  /**
   * Return how many points are out of sight.
   * @param {Float64Array} places
   * @param {Camera} camera
   */
  unseen(places, camera) {
    return this.points.filter((_, i) => {
      const [x, y] = camera.toScreen([places[2 * i], places[2 * i + 1]]);
      return !(x >= 0 && y >= 0 && x <= camera.width && y <= camera.height);
    }).length;
  }

  /**
   * @param {Pixel[]} at
   * @param {SpringsScene} scene
   * @param {number} scale
   * @param {number} edge
   */
  #drawArrows(at, { forces }, scale, edge) {
    const long = FORCE_LONG * at.length * scale;
    for (const kind of /** @type {const} */ (["pull", "push"])) {
      const force = forces[kind];
      const arrows = at.map((place, i) =>
        arrowOf(place, [force[2 * i] * long, -force[2 * i + 1] * long], edge),
      );
      set(this.#shafts[kind], { d: arrows.map(({ shaft }) => shaft).join("") });
      set(this.#heads[kind], { d: arrows.map(({ head }) => head).join("") });
    }
  }

  /**
   * @param {Pixel | null} middle
   * @param {SpringsScene} scene
   * @param {number} scale
   */
  #drawRing(middle, { margin, push }, scale) {
    const hidden = middle === null || !push || margin * scale > LARGEST_RING;
    for (const circle of [this.#ring, this.#grip]) {
      circle.style.display = hidden ? "none" : "";
      if (!hidden) set(circle, { cx: middle[0], cy: middle[1], r: margin * scale });
    }
  }

  /**
   * @param {Pixel[]} at
   * @param {SpringsScene} scene
   * @param {number} edge
   */
  #drawSprings(at, { places, margin, push, selected }, edge) {
    let [pulls, pushes, idle] = ["", "", ""];
    if (selected !== null) {
      const [x, y] = [places[2 * selected], places[2 * selected + 1]];
      at.forEach((end, i) => {
        const start = at[selected];
        if (i === selected) return;
        if (this.#classes[i] === this.#classes[selected]) {
          pulls += springBetween(start, end, edge, "pull");
        } else if (
          push &&
          Math.hypot(places[2 * i] - x, places[2 * i + 1] - y) < PRESSED_SHARE * margin
        ) {
          pushes += springBetween(start, end, edge, "push");
        } else idle += `M${start}L${end}`;
      });
    }
    set(this.#pulls, { d: pulls });
    set(this.#pushes, { d: pushes });
    set(this.#idle, { d: idle });
  }

  /**
   * @param {SpringsScene} scene
   * @param {Camera} camera
   */
  #drawBars({ margin, push }, { scale, width, height }) {
    const bars = scaleBars(scale, push ? margin : null, width);
    const drawn = bars.map(({ kind, length, words }, row) => {
      const y = height - 14 - row * BAR_ROW;
      return makeSvg(
        "g",
        { class: `sp-bar sp-bar-${kind}` },
        makeSvg("path", { d: `M${BAR_LEFT} ${y - 4}v8m0-4h${length}m0-4v8` }),
        makeSvg("text", { x: BAR_LEFT + length + 8, y: y + 4 }, words),
      );
    });
    this.#bars.replaceChildren(...drawn);
  }
}

/** @param {string} name */
function forcePath(name) {
  return makeSvg("path", { class: name });
}
