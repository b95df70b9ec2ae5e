// @ts-check
// Places for the pictures of several points on one map: none over another one.

/** @import { Place } from "./film.js" */
/** @import { Rectangle } from "./card_place.js" */

import { freestCorner } from "./card_place.js";

const ASIDES = [16, 72, 128, 184]; // pixels from a point to its picture: the least that is free
const OVER_OTHERS = 1e6; // points: what it counts if a picture covers another one
const STAYS = 0.6; // of what a picture hides where it was: it does not change sides for little

export class PicturePlaces {
  /** @type {Rectangle[]} */
  #taken = [];
  /** From points to the sides at which their pictures were. @type {Map<number, string>} */
  #sides = new Map();

  /** Begin with an empty map. */
  clear() {
    this.#taken = [];
  }

  /**
   * Take a place for a picture.
   * @param {number} point
   * @param {Place} at where the point is on the map, in pixels
   * @param {Place} size of the picture
   * @param {{ width: number, height: number }} map
   * @param {(rectangle: Rectangle) => number} hides says how many points a rectangle would hide
   * @returns {{ left: number, top: number, far: boolean }}
   */
  take(point, at, size, map, hides) {
    /** @param {Rectangle} place */
    const covers = (place) => this.#taken.filter((other) => overlap(place, other)).length;
    /** @param {Rectangle} place */
    const sideOf = ({ left, top }) => `${Math.sign(left - at[0])} ${Math.sign(top - at[1])}`;
    const before = this.#sides.get(point);
    /** @param {Rectangle} place */
    const cost = (place) =>
      OVER_OTHERS * covers(place) + (hides(place) + 0.5) * (sideOf(place) === before ? STAYS : 1);
    let place = { left: 0, top: 0, right: 0, bottom: 0 };
    let far = false;
    for (const aside of ASIDES) {
      const [left, top] = freestCorner(at, aside, size, map, cost);
      place = { left, top, right: left + size[0], bottom: top + size[1] };
      far = aside !== ASIDES[0];
      if (!covers(place)) break;
    }
    this.#sides.set(point, sideOf(place));
    this.#taken.push(place);
    return { left: place.left, top: place.top, far };
  }
}

/**
 * @param {Rectangle} one
 * @param {Rectangle} other
 */
const overlap = (one, other) =>
  one.left < other.right &&
  other.left < one.right &&
  one.top < other.bottom &&
  other.top < one.bottom;
