// @ts-check
// What the map of the springs shows: always the same part of the plane, or what follows the points.

/** @import { Camera } from "../js/camera.js" */
/** @import { Box } from "../js/film.js" */

const ROOM_AROUND = 1.25; // times the points at the start
const ROOM_FOR_MARGIN = 1.25; // times the margin at the start, to either side
const NEAREST_LOOK = 1e-4; // of the radius at the start: half of the smallest side
const CAMERA_LAG = 0.12; // seconds in which the camera makes up two thirds of its way
const CAMERA_NEAR = 1e-3; // of the scale, and of a pixel

/**
 * Return a box with room for the points at the start, and for a margin around their middle.
 * @param {Float64Array} start
 * @param {number} margin
 * @returns {Box}
 */
export function fixedBox(start, margin) {
  const [left, bottom, right, top] = boxAroundPlaces(start);
  const [x, y] = [(left + right) / 2, (bottom + top) / 2];
  const points = (ROOM_AROUND * Math.max(right - left, top - bottom)) / 2;
  const half = Math.max(points, ROOM_FOR_MARGIN * margin);
  return [x - half, y - half, x + half, y + half];
}

/**
 * Return a box around the points, and around the circle of the chosen one.
 * @param {Float64Array} places
 * @param {number | null} chosen null for no circle
 * @param {number} margin
 * @param {number} start radius of the points at the start
 * @returns {Box}
 */
export function followingBox(places, chosen, margin, start) {
  const [left, bottom, right, top] = boxAroundPlaces(places);
  const [x, y] = chosen === null ? [] : [places[2 * chosen], places[2 * chosen + 1]];
  const middle = [(left + right) / 2, (bottom + top) / 2];
  const least = NEAREST_LOOK * start;
  return [
    Math.min(left, middle[0] - least, x === undefined ? left : x - margin),
    Math.min(bottom, middle[1] - least, y === undefined ? bottom : y - margin),
    Math.max(right, middle[0] + least, x === undefined ? right : x + margin),
    Math.max(top, middle[1] + least, y === undefined ? top : y + margin),
  ];
}

/**
 * Move a camera towards a box, by equal factors in equal times.
 * @param {Camera} camera
 * @param {Box} box
 * @param {number} seconds since the last call; Infinity arrives at once
 * @returns {boolean} whether it is still on its way
 */
export function glide(camera, box, seconds) {
  const pose = camera.poseOf(box);
  const share = 1 - Math.exp(-seconds / CAMERA_LAG);
  const growth = pose.scale / camera.scale;
  const apart = Math.hypot(pose.x - camera.x, pose.y - camera.y) * pose.scale;
  if (share === 1 || (Math.abs(growth - 1) < CAMERA_NEAR && apart < CAMERA_NEAR)) {
    Object.assign(camera, pose);
    return false;
  }
  camera.scale *= growth ** share;
  camera.x += share * (pose.x - camera.x);
  camera.y += share * (pose.y - camera.y);
  return true;
}

/**
 * @param {Float64Array} places
 * @returns {Box}
 */
function boxAroundPlaces(places) {
  /** @type {Box} */
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < places.length; i += 2) {
    box[0] = Math.min(box[0], places[i]);
    box[1] = Math.min(box[1], places[i + 1]);
    box[2] = Math.max(box[2], places[i]);
    box[3] = Math.max(box[3], places[i + 1]);
  }
  return box;
}
