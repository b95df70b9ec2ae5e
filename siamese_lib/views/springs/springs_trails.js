// @ts-check
// The ways that the points have come.

/** @import { Camera } from "../js/camera.js" */

const TRAIL_STEP = 4; // pixels between two places
const TRAIL_LENGTH = 100; // places

export class SpringsTrails {
  /** Places of each point in the plane, oldest first. @type {[x: number, y: number][][]} */
  trails;

  /** @param {number} count of points */
  constructor(count) {
    this.trails = Array.from({ length: count }, () => []);
  }

  clear() {
    for (const trail of this.trails) trail.length = 0;
  }

  /**
   * Note where the points are, if they have gone far enough.
   * @param {Float64Array} places
   * @param {number} scale pixels per unit
   */
  note(places, scale) {
    this.trails.forEach((trail, i) => {
      const [x, y] = [places[2 * i], places[2 * i + 1]];
      const last = trail.at(-1);
      if (last && Math.hypot(x - last[0], y - last[1]) * scale < TRAIL_STEP) return;
      trail.push([x, y]);
      if (trail.length > TRAIL_LENGTH) trail.shift();
    });
  }

  /**
   * Draw each way as an SVG path, up to where its point is now.
   * @param {Float64Array} places
   * @param {Camera} camera
   */
  paths(places, camera) {
    return this.trails.map((trail, i) => {
      if (!trail.length) return "";
      const way = [...trail, /** @type {const} */ ([places[2 * i], places[2 * i + 1]])];
      const corners = way.map(([x, y]) => camera.toScreen([x, y]).map((v) => v.toFixed(1)));
      return `M${corners.join("L")}`;
    });
  }
}
