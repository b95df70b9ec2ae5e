// @ts-check
// The point at a place, the points in a lasso, and the selection after a click.

/** @import { Camera } from "./camera.js" */
/** @import { Classes } from "./point_classes.js" */
/** @import { Film, Place } from "./film.js" */

import { same } from "./numbers.js";

const REACH = 9; // pixels from the middle of a small point

/**
 * The points on the map at a moment.
 * @typedef {{ film: Film, p: number, camera: Camera, classes: Classes }} PickSource
 */

/**
 * Find the nearest visible point within some pixels of a place on the map, or null.
 * @param {PickSource} source
 * @param {Place} place
 * @param {number} reach
 */
export function pointAt({ film, p, camera, classes }, place, reach) {
  /** @param {number} point */
  const isShown = (point) => classes.shows(point);
  return nearestPoint(film.places(p), camera.toPlane(place), reach / camera.scale, isShown);
}

/**
 * Find the point that a reader means at a place on the map, or null.
 * @param {PickSource & { size: number }} source with the diameter of a point, in pixels
 * @param {Place} place
 */
export const pointMeant = (source, place) =>
  pointAt(source, place, Math.max(REACH, source.size / 2 + 3));

/**
 * Find the visible points within a lasso on the map.
 * @param {PickSource} source
 * @param {Place[]} lasso
 */
export function pointsIn({ film, p, camera, classes }, lasso) {
  const polygon = lasso.map((place) => camera.toPlane(place));
  return pointsInside(film.places(p), polygon, (point) => classes.shows(point));
}

/**
 * Count the visible points in a rectangle on the map.
 * @param {PickSource} source
 * @param {{ left: number, top: number, right: number, bottom: number }} rectangle
 * @param {number[]} [among] these points only
 */
export function countIn({ film, p, camera, classes }, { left, top, right, bottom }, among) {
  const places = film.places(p);
  const [west, north] = camera.toPlane([left, top]);
  const [east, south] = camera.toPlane([right, bottom]);
  const count = among ? among.length : film.count;
  let found = 0;
  for (let i = 0; i < count; i++) {
    const point = among ? among[i] : i;
    const x = places[2 * point];
    const y = places[2 * point + 1];
    if (x >= west && x <= east && y >= south && y <= north && classes.shows(point)) found++;
  }
  return found;
}

/**
 * Find the visible point to go to from a place in a direction: it is near, and little to the side.
 * @param {PickSource} source
 * @param {Place} from in the plane
 * @param {Place} direction [1, 0] for right, [0, 1] for up
 * @param {number | null} own the point at that place, which does not count
 */
export function pointTowards({ film, p, classes }, from, direction, own) {
  const places = film.places(p);
  let found = null;
  let nearest = Infinity;
  for (let point = 0; point < film.count; point++) {
    if (point === own || !classes.shows(point)) continue;
    const x = places[2 * point] - from[0];
    const y = places[2 * point + 1] - from[1];
    const ahead = x * direction[0] + y * direction[1];
    const aside = Math.abs(x * direction[1] - y * direction[0]);
    const cost = ahead + 2 * aside;
    if (ahead > 0 && aside <= ahead && cost < nearest) {
      nearest = cost;
      found = point;
    }
  }
  return found;
}

/**
 * Find the nearest visible point, or null.
 * @param {Float32Array} places x and y of every point
 * @param {Place} place
 * @param {number} reach the largest distance
 * @param {(point: number) => boolean} isShown
 */
function nearestPoint(places, [x, y], reach, isShown) {
  let nearest = reach ** 2;
  let found = null;
  for (let point = 0, j = 0; j < places.length; point++, j += 2) {
    const dx = places[j] - x;
    const dy = places[j + 1] - y;
    const far = dx * dx + dy * dy;
    if (far < nearest && isShown(point)) {
      nearest = far;
      found = point;
    }
  }
  return found;
}

/**
 * Find the visible points within a polygon.
 * @param {Float32Array} places x and y of every point
 * @param {Place[]} polygon
 * @param {(point: number) => boolean} isShown
 */
function pointsInside(places, polygon, isShown) {
  const found = [];
  for (let point = 0; 2 * point < places.length; point++) {
    if (isShown(point) && isInside(polygon, places[2 * point], places[2 * point + 1])) {
      found.push(point);
    }
  }
  return found;
}

/**
 * Whether a place is inside a polygon: a ray from it crosses the outline an odd number of times.
 * @param {Place[]} polygon
 * @param {number} x
 * @param {number} y
 */
function isInside(polygon, x, y) {
  let odd = false;
  for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
    const [ax, ay] = polygon[a];
    const [bx, by] = polygon[b];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/**
 * Return the selection after a click: the point alone, or added to the others.
 * @param {number[]} selected
 * @param {number | null} point that was clicked, if any
 * @param {boolean} add
 * @returns {number[] | null} null if nothing changes
 */
export function afterClick(selected, point, add) {
  if (point === null) return selected.length ? [] : null;
  if (!add) return same(selected, [point]) ? null : [point];
  return selected.includes(point)
    ? selected.filter((other) => other !== point)
    : [...selected, point];
}
