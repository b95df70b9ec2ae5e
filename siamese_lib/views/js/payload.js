// @ts-check
// What Python's `Film.payload` sends to a map, and how a frame is added to it.

import { bytesOf } from "./numbers.js";

/** @typedef {ArrayBuffer | ArrayBufferView} Bytes little-endian numbers */

/**
 * Bounds of a frame: x and y of a corner, the size of one level, x and y of the opposite corner.
 * @typedef {[x: number, y: number, size: number, right: number, top: number]} Bounds
 */

/**
 * @typedef {object} FilmData
 * @property {number} count of points
 * @property {Bounds[]} bounds of each frame
 * @property {Bytes[]} frames uint16 (count, 2) each: coordinate = corner + size * level
 */

/** @typedef {Record<string, (number | null)[]>} Curves a number for each frame, or a gap */

/**
 * @typedef {object} About
 * @property {Bytes | null} labels uint16 (count,): the class of each point
 * @property {Bytes | null} [trust] float32 (count,): how far each point can be trusted, 0 to 1
 * @property {string[]} names of the classes
 * @property {string[]} colors of the classes, "#rrggbb"
 * @property {number[]} marked points to keep in sight
 * @property {number[] | null} steps of training, one for each frame
 * @property {string[] | null} [moments] names of the frames, instead of their steps
 * @property {Curves} curves
 * @property {number | null} margin of the loss, in units of the embedding
 * @property {string} note small print
 * @property {number | null} height of the map, in pixels; null for one that suits the window
 * @property {string} [noun] what a point stands for, such as "test image"
 * @property {Bytes | null} [numbers] uint32 (count,): the number of each point in its data set
 */

/**
 * @typedef {object} Images
 * @property {number[]} shape count, height, width, channels (1 or 3)
 * @property {Bytes} data uint8 of that shape, deflated
 */

/** @typedef {{ film: FilmData, about: About, images?: Images | null }} Payload */

/**
 * @typedef {object} FrameMessage one more frame; its points come separately
 * @property {number} index
 * @property {Bounds} bounds
 * @property {number | null} step
 * @property {Record<string, number | null>} curves
 */

/**
 * Whether the classes and the trust are of as many points as the film has.
 * @param {Payload} payload
 */
export function isWhole({ film, about }) {
  const labels = about.labels ? bytesOf(about.labels).length / 2 : film.count;
  const trust = about.trust ? bytesOf(about.trust).length / 4 : film.count;
  return !film.frames.length || (labels === film.count && trust === film.count);
}

/**
 * Add a frame to a payload, unless it is there already. A frame that was lost arrives later, with
 * the whole film; until then the next one takes its place.
 * @param {Payload} payload
 * @param {FrameMessage} message
 * @param {Bytes} data
 */
export function grow({ film, about }, { index, bounds, step, curves }, data) {
  for (let i = film.frames.length; i <= index; i++) {
    film.frames.push(data);
    film.bounds.push(bounds);
    about.trust = null; // it was of another last frame
    if (step !== null) (about.steps ??= []).push(step);
    for (const [name, value] of Object.entries(curves)) {
      const curve = (about.curves[name] ??= Array(i).fill(null));
      curve.push(i === index ? value : null);
    }
  }
}
