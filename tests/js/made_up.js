// @ts-check
// Small films, classes and listeners for the tests.

/** @import { Bounds, FilmData } from "../../siamese_lib/views/js/payload.js" */

const LEVELS = 65535;

/**
 * A film as `siamese_lib/views/wire.py` packs it.
 * @param {[x: number, y: number][][]} frames
 * @returns {FilmData}
 */
export function filmOf(frames) {
  const packed = frames.map((points) => {
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const low = [Math.min(...xs), Math.min(...ys)];
    const high = [Math.max(...xs), Math.max(...ys)];
    const size = Math.max(high[0] - low[0], high[1] - low[1]) / LEVELS;
    const levels = points.flatMap((place) =>
      place.map((value, axis) => (size ? Math.round((value - low[axis]) / size) : 0)),
    );
    /** @type {Bounds} */
    const bounds = [low[0], low[1], size, high[0], high[1]];
    return { bounds, data: Uint16Array.from(levels) };
  });
  return {
    count: frames[0]?.length ?? 0,
    bounds: packed.map(({ bounds }) => bounds),
    frames: packed.map(({ data }) => data),
  };
}

/**
 * The same numbers in each run: Park and Miller's generator.
 * @param {number} seed
 * @returns {() => number} from 0 to 1
 */
export function numbersFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/**
 * Listeners that note what they hear, in order.
 * @template {string} Name
 * @param {Name[]} names
 */
export function listeners(...names) {
  /** @type {unknown[][]} */
  const heard = [];
  const acts = /** @type {Record<Name, (...parts: unknown[]) => void>} */ ({});
  for (const name of names) acts[name] = (...parts) => void heard.push([name, ...parts]);
  return { heard, acts };
}
