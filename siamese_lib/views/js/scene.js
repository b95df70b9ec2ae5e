// @ts-check
// What the two renderers draw, and the size and opacity of points.

/** @import { Camera, Pose } from "./camera.js" */
/** @import { Classes } from "./point_classes.js" */
/** @import { Film } from "./film.js" */
/** @import { About } from "./payload.js" */
/** @import { Trust } from "./trust.js" */

import { clamp } from "./numbers.js";

/**
 * @typedef {object} Scene
 * @property {Film} film
 * @property {number} p the moment
 * @property {Uint16Array<ArrayBuffer>} classes of every point
 * @property {Uint8Array[]} layers rgba of each class, from the bottom up; 0 where it has no points
 * @property {Pose} camera
 * @property {number} width of the map, in pixels of the page
 * @property {number} height
 * @property {number} ratio pixels of the screen for one of the page
 * @property {number} size of a point, in pixels of the page
 * @property {Trust | null} trust by which points are smaller, or null for points of one size
 * @property {Uint32Array<ArrayBuffer>} front points that are drawn on top
 * @property {number} frontSize
 * @property {number} frontRim around them, in the colour of the ground
 * @property {number[]} ground red, green and blue from 0 to 255
 */

/**
 * @typedef {object} Renderer
 * @property {string} name
 * @property {(film: Film, classes: Uint16Array<ArrayBuffer>) => void} use before drawing them
 * @property {(scene: Scene) => void} draw
 * @property {() => void} destroy
 */

/**
 * @typedef {object} SceneSource what a scene is made from
 * @property {Film} film
 * @property {number} p
 * @property {Camera} camera
 * @property {Classes} classes
 * @property {Pick<About, "marked">} about
 * @property {number[]} selected
 * @property {number[]} highlighted
 * @property {number} ratio
 * @property {Trust} trust
 * @property {{ trust: boolean }} shows
 */

export const FEW = 8; // selected points that are marked one by one

/**
 * @param {SceneSource} source
 * @param {number[]} ground red, green and blue from 0 to 255
 * @returns {Scene}
 */
export function sceneOf(source, ground) {
  const { film, p, camera, classes, about, selected, highlighted, ratio } = source;
  const { width, height } = camera;
  const size = pointSize(film.count, camera);
  const many = selected.length > FEW;
  const chosen = [...(many ? [] : highlighted), ...selected];
  const opacity = pointOpacity(film.count, camera.zoom) * (!chosen.length ? 1 : many ? 0.3 : 0.7);
  return {
    film,
    p,
    classes: classes.of,
    layers: [classes.veil(opacity), classes.rgba(opacity)].filter((layer) => layer !== null),
    camera,
    width,
    height,
    ratio,
    size,
    trust: source.shows.trust && source.trust.known ? source.trust : null,
    front: Uint32Array.from([...chosen, ...about.marked]),
    frontSize: many ? size + 1 : frontSizeOf(size),
    frontRim: many ? 0 : 1.5,
    ground,
  };
}

/**
 * Return the points with a ring and a trail: the marked ones, and the selected ones if they are few.
 * @param {Pick<SceneSource, "selected" | "about" | "classes">} source
 */
export function followedPoints({ selected, about, classes }) {
  const few = selected.length <= FEW ? selected : [];
  const points = new Set([...about.marked.slice(0, FEW), ...few]);
  return [...points].filter((point) => classes.shows(point));
}

/**
 * Return the diameter of a point in pixels: smaller among many points, larger after zooming in.
 * @param {number} count of points
 * @param {{ width: number, height: number, zoom: number }} camera
 */
export function pointSize(count, { width, height, zoom }) {
  const roomy = clamp(0.55 * Math.sqrt((width * height) / count), 2.4, 8);
  return clamp(zoom ** 0.4, 0.7, 5) * roomy;
}

/**
 * Return the diameter of a point that is drawn on top.
 * @param {number} size of the others
 */
export const frontSizeOf = (size) => Math.max(size * 1.35, size + 4);

/**
 * Return the opacity of a point: lower among many points, higher after zooming in.
 * @param {number} count of points
 * @param {number} zoom
 */
export function pointOpacity(count, zoom) {
  const crowd = Math.log10(Math.max(count, 10));
  return clamp(1.24 - 0.125 * crowd + 0.1 * Math.log2(clamp(zoom, 1, 20)), 0.4, 0.95);
}
