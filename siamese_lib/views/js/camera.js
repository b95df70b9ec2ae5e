// @ts-check
// The part of the plane that the map shows: the place in its middle and its pixels per unit.

/** @import { Box, Place } from "./film.js" */

import { clamp, eased } from "./numbers.js";

/** @typedef {{ x: number, y: number, scale: number }} Pose */

const ROOM = 24; // pixels between what is shown and the edge
const FLIGHT = 450; // milliseconds
const FARTHEST = 1 / 20; // of the scale at home
const NEAREST = 5000;

export class Camera {
  x = 0;
  y = 0;
  scale = 1;
  width = 1; // of the map, in pixels
  height = 1;
  /** @type {Pose} */
  home = { x: 0, y: 0, scale: 1 };
  atHome = true; // then it follows when home changes
  settled = false; // until home is first known
  /** @type {{ from: Pose, to: Pose, start: number, ms: number } | null} */
  flight = null;
  #calm;
  #wake;

  /**
   * @param {boolean} calm whether the reader prefers less motion
   * @param {() => void} wake called when the camera has moved or will move
   */
  constructor(calm, wake) {
    this.#calm = calm;
    this.#wake = wake;
  }

  /**
   * Take the size of the map. What is shown stays, larger or smaller: also what was set before the
   * page had laid out the map.
   * @param {number} width in pixels
   * @param {number} height
   */
  resize(width, height) {
    const { shown } = this;
    Object.assign(this, { width, height });
    if (shown) this.#place(this.#poseOfShown(shown));
  }

  /** The scale divided by that of home. */
  get zoom() {
    return this.scale / this.home.scale;
  }

  /**
   * @param {Place} place in the plane
   * @returns {Place} on the map, in pixels from its top left corner
   */
  toScreen([x, y]) {
    const { width, height, scale } = this;
    return [width / 2 + (x - this.x) * scale, height / 2 - (y - this.y) * scale];
  }

  /**
   * @param {Place} place on the map, in pixels
   * @returns {Place} in the plane
   */
  toPlane([x, y]) {
    const { width, height, scale } = this;
    return [this.x + (x - width / 2) / scale, this.y - (y - height / 2) / scale];
  }

  /**
   * Return the pose that shows a whole box.
   * @param {Box} box
   * @returns {Pose}
   */
  poseOf([left, bottom, right, top]) {
    const wide = Math.max(right - left, 1e-12 + 1e-6 * Math.abs(left));
    const high = Math.max(top - bottom, 1e-12 + 1e-6 * Math.abs(bottom));
    const scale = Math.min((this.width - 2 * ROOM) / wide, (this.height - 2 * ROOM) / high);
    return { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.max(scale, 1e-12) };
  }

  /**
   * Set home to the pose that shows a whole box. A camera that is at home goes there.
   * @param {Box} box
   * @param {boolean} smoothly
   */
  setHome(box, smoothly) {
    if (this.width < 2) return;
    this.home = this.poseOf(box);
    if (!this.atHome) return;
    const aim = this.flight?.to ?? this;
    if (!this.settled || !smoothly) this.#place(this.home);
    else if (!samePose(this.home, aim)) this.#fly(this.home);
    this.settled = true;
  }

  /**
   * Set home to the pose that shows a whole box, which changes with time. A camera that is at home,
   * or on its way there, goes with it.
   * @param {Box} box
   */
  follow(box) {
    if (this.width < 2) return;
    this.home = this.poseOf(box);
    this.settled = true;
    if (!this.atHome) return;
    if (this.flight) this.flight.to = { ...this.home };
    else this.#place(this.home);
  }

  /**
   * What is shown: the place in the middle and the length of the shorter side, both in the plane;
   * null for all.
   * @returns {number[] | null}
   */
  get shown() {
    if (this.atHome) return null;
    const { x, y, scale } = this.flight?.to ?? this;
    // Without the last digits, a resized map shows exactly as much as before.
    return [x, y, Number((Math.min(this.width, this.height) / scale).toPrecision(12))];
  }

  /** @param {number[] | null} shown as `shown` returns it */
  set shown(shown) {
    this.atHome = shown === null;
    this.#fly(shown ? this.#poseOfShown(shown) : this.home);
  }

  /** Go home. */
  reset() {
    this.atHome = true;
    this.#fly(this.home);
  }

  /**
   * Go home if a place is out of sight, or to where both home and the place are in sight.
   * @param {Place} place in the plane
   */
  reveal([x, y]) {
    const { width, height, home } = this;
    /** @param {Pose} pose */
    const seenFrom = (pose) =>
      Math.abs(x - pose.x) * pose.scale <= width / 2 &&
      Math.abs(y - pose.y) * pose.scale <= height / 2;
    if (seenFrom(this.flight?.to ?? this)) return;
    if (seenFrom(home)) return this.reset();
    const [right, up] = [width, height].map((side) => (side / 2 - ROOM) / home.scale);
    this.show([
      Math.min(x, home.x - right),
      Math.min(y, home.y - up),
      Math.max(x, home.x + right),
      Math.max(y, home.y + up),
    ]);
  }

  /**
   * Show a whole box.
   * @param {Box} box
   */
  show(box) {
    this.atHome = false;
    this.#fly(this.poseOf(box));
  }

  /**
   * Move what is shown by some pixels.
   * @param {number} right
   * @param {number} down
   */
  pan(right, down) {
    this.#place({
      x: this.x - right / this.scale,
      y: this.y + down / this.scale,
      scale: this.scale,
    });
    this.atHome = false;
    this.#wake();
  }

  /**
   * Zoom. The point at `place` stays where it is.
   * @param {Place} place on the map, in pixels
   * @param {number} factor
   */
  zoomAt([x, y], factor) {
    const scale = clamp(this.scale * factor, this.home.scale * FARTHEST, this.home.scale * NEAREST);
    const part = 1 / this.scale - 1 / scale;
    this.#place({
      x: this.x + (x - this.width / 2) * part,
      y: this.y - (y - this.height / 2) * part,
      scale,
    });
    this.atHome = false;
    this.#wake();
  }

  /**
   * Continue a flight.
   * @param {number} now milliseconds
   * @returns {boolean} whether the camera moved
   */
  advance(now) {
    if (!this.flight) return false;
    const { from, to, start, ms } = this.flight;
    const t = ms ? clamp((now - start) / ms, 0, 1) : 1;
    if (t === 1) {
      this.#place(to);
      return true;
    }
    // The scale changes by equal factors in equal times, and the middle moves in step with it.
    const part = eased(t);
    const growth = to.scale / from.scale;
    this.scale = from.scale * growth ** part;
    const still = Math.abs(growth - 1) < 1e-3;
    const way = still ? part : (1 - from.scale / this.scale) / (1 - 1 / growth);
    this.x = from.x + (to.x - from.x) * way;
    this.y = from.y + (to.y - from.y) * way;
    return true;
  }

  /**
   * @param {number[]} shown
   * @returns {Pose}
   */
  #poseOfShown([x, y, length]) {
    return { x, y, scale: Math.min(this.width, this.height) / length };
  }

  /** @param {Pose} to */
  #fly(to) {
    const { x, y, scale } = this;
    const ms = this.#calm ? 0 : FLIGHT;
    this.flight = { from: { x, y, scale }, to: { ...to }, start: performance.now(), ms };
    this.#wake();
  }

  /** @param {Pose} pose */
  #place({ x, y, scale }) {
    Object.assign(this, { x, y, scale });
    this.flight = null;
  }
}

/**
 * @param {Pose} a
 * @param {Pose} b
 */
const samePose = (a, b) => a.x === b.x && a.y === b.y && a.scale === b.scale;
