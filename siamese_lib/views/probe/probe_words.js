// @ts-check
// What the probe says.

/** @import { ProbeDial } from "./probe_grid.js" */

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
 * @param {ProbeDial} dial
 * @param {number} travel
 */
export function probeSentence({ name, words, periodic }, travel) {
  const ends = `${words[0]} to ${words[words.length - 1]}${periodic ? " and round" : ""}`;
  return `${probeCapital(name)}, ${ends}: the point ${probeShare(travel)}.`;
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
 */
export function probeHint([first, second]) {
  const sideways = `Drag the picture sideways: ${first.name}.`;
  return second ? `${sideways} Up and down: ${second.name}.` : sideways;
}

/** @param {string} text */
const probeCapital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
