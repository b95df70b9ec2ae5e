// @ts-check
// The points through time: steps of gradient descent, and the way that the page shows them.

/** @import { Springiness } from "./forces.js" */

import { descended, forcesOf, largestForce, radiusOf } from "./forces.js";

/** @typedef {Springiness & { learning_rate: number }} Descent */

const FARTHEST_POINT = 1e6; // of a coordinate, as in state.py
const STEPS_PER_SECOND = 20;
const LONGEST_RUN = 2000; // steps at once, for readers who prefer less motion
const AT_REST = 2e-5; // of the radius at the start, or of the margin: a smaller step is none
const POINTS_LAG = 0.07; // seconds in which the shown points make up two thirds of their way

export class SpringsMotion {
  /** The point that the reader holds, which no force moves. @type {number | null} */
  held = null;
  /** Where the points are. @type {Float64Array} */
  places;
  /** Where the page shows them. @type {Float64Array} */
  shown;
  #due = 0; // steps
  #classes;
  #radius;
  #calm;

  /**
   * @param {Float64Array} start
   * @param {Float64Array} places
   * @param {ArrayLike<number>} classes
   * @param {boolean} calm whether the reader prefers less motion
   */
  constructor(start, places, classes, calm) {
    this.places = places;
    this.shown = places.slice();
    this.#classes = classes;
    this.#radius = radiusOf(start);
    this.#calm = calm;
  }

  /**
   * Move a point that the reader holds.
   * @param {number} point
   * @param {[x: number, y: number]} place
   */
  put(point, place) {
    this.places = this.places.slice();
    this.places.set(place, 2 * point);
    this.shown.set(place, 2 * point);
  }

  /** @param {Descent} descent */
  step(descent) {
    const { learning_rate: rate } = descent;
    this.places = descended(this.places, this.#forces(descent), rate, FARTHEST_POINT);
  }

  /**
   * Return whether a step would move no point noticeably.
   * @param {Descent} descent
   */
  atRest(descent) {
    const longest = descent.learning_rate * largestForce(this.#forces(descent));
    return longest <= AT_REST * Math.min(this.#radius || descent.margin, descent.margin);
  }

  /**
   * Take the steps that are due, until the points are at rest.
   * @param {number} seconds since the last call
   * @param {Descent} descent
   * @returns {number} how many steps were taken
   */
  run(seconds, descent) {
    this.#due = this.#calm ? LONGEST_RUN : this.#due + seconds * STEPS_PER_SECOND;
    let taken = 0;
    for (; this.#due >= 1; this.#due--) {
      if (this.atRest(descent)) this.#due = 0;
      else {
        this.step(descent);
        taken += 1;
      }
    }
    return taken;
  }

  /**
   * Let the shown points follow.
   * @param {number} seconds since the last call
   * @param {number} enough the distance at which they arrive
   * @returns {boolean} whether they are still on their way
   */
  approach(seconds, enough) {
    const share = this.#calm ? 1 : 1 - Math.exp(-seconds / POINTS_LAG);
    let farthest = 0;
    this.shown = this.shown.map((value, i) => {
      const rest = this.places[i] - value;
      farthest = Math.max(farthest, Math.abs(rest));
      return value + share * rest;
    });
    if (farthest > enough && share < 1) return true;
    this.shown = this.places.slice();
    return false;
  }

  /** @param {Descent} descent */
  #forces(descent) {
    const forces = forcesOf(this.places, this.#classes, descent);
    if (this.held !== null) {
      for (const part of [forces.pull, forces.push]) part.fill(0, 2 * this.held, 2 * this.held + 2);
    }
    return forces;
  }
}
