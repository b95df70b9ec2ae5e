// @ts-check
// A place for a card next to a point, where it hides little.

/** @import { Place } from "./film.js" */

const EDGE = 6; // pixels from the edge of the map
/** @type {Place[]} */
const SIDES = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
];

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Rectangle in pixels */

/**
 * Return the corner of a card at the side of a point where it hides least.
 * @param {Place} point on the map, in pixels
 * @param {number} aside pixels between the point and the card
 * @param {Place} size of the card
 * @param {{ width: number, height: number }} map
 * @param {(rectangle: Rectangle) => number} hides says how much a rectangle would hide
 * @returns {Place}
 */
export function freestCorner([x, y], aside, [wide, high], map, hides) {
  /** @type {Place} */
  let best = [EDGE, EDGE];
  let least = Infinity;
  for (const [right, down] of SIDES) {
    const wanted = [
      x - wide / 2 + right * (aside + wide / 2),
      y - high / 2 + down * (aside + high / 2),
    ];
    const left = inside(wanted[0], map.width - wide - EDGE);
    const top = inside(wanted[1], map.height - high - EDGE);
    const outside = Math.abs(left - wanted[0]) + Math.abs(top - wanted[1]);
    const rectangle = { left, top, right: left + wide, bottom: top + high };
    const cost = 1000 * outside + hides(rectangle);
    if (cost < least) {
      least = cost;
      best = [left, top];
    }
  }
  return best;
}

/**
 * Move a number to between the edge and an end.
 * @param {number} at
 * @param {number} end
 */
const inside = (at, end) => Math.max(EDGE, Math.min(at, end));
