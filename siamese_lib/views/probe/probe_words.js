// @ts-check
// What the probe says.

/** @import { ProbeDial } from "./probe_grid.js" */

import { make } from "../js/dom.js";

/**
 * A sentence in parts, of which each second one is a name or a value.
 * @typedef {string[]} Parts
 */

/**
 * Write names and values so that, if they are read from right to left, the words around are not.
 * @param {Parts} parts
 */
export const probeNodes = (parts) => parts.map((part, i) => (i % 2 ? make("bdi", {}, part) : part));

/**
 * Say how far a point moves; still.py says the same.
 * @param {number} travel
 */
function probeShare(travel) {
  if (!travel) return "stands still";
  if (!Number.isFinite(travel)) return "moves, and the map's other points are all in one place";
  const percent = 100 * travel;
  const number = percent >= 9.95 ? percent.toFixed(0) : percent.toFixed(1);
  return `moves over ${percent < 0.05 ? "less than 0.1" : number}\u00a0% of the map's spread`;
}

/**
 * Say over which values and how far a point moves.
 * @param {ProbeDial} dial
 * @param {number} travel
 * @returns {Parts}
 */
export function probeSentence({ name, words, periodic }, travel) {
  const [from, to] = [words[0], words[words.length - 1]];
  const said = `${periodic ? " and round" : ""}: the point ${probeShare(travel)}.`;
  return ["", probeCapital(name), ", ", from, " to ", to, said];
}

/**
 * Say what the picture shows.
 * @param {string} subject
 * @param {ProbeDial[]} dials
 * @param {number[]} places
 */
export const probePictureWords = (subject, dials, places) =>
  [subject, ...dials.map(({ name, words }, i) => `${name} ${words[places[i]]}`)].join(", ");

/**
 * Say how the picture is dragged.
 * @param {ProbeDial[]} dials
 * @returns {Parts}
 */
export function probeHint([first, second]) {
  const sideways = ["Drag the picture sideways: ", first.name];
  if (!second) return [...sideways, ". Or use the slider."];
  return [...sideways, ". Up and down: ", second.name, ". Or use the sliders."];
}

/** @param {string} text */
const probeCapital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
