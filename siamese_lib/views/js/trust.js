// @ts-check
// The share of each point's neighbours in the last frame that can be trusted.

/** @import { Bytes } from "./payload.js" */

import { bytesOf } from "./numbers.js";

// As in figures/trust.py; a test compares the two.
const SIZES = 5; // of sizes, from the smallest to the full one
const SMALLEST = 0.3; // of the full diameter

export class Trust {
  /** @param {Bytes | null | undefined} packed float32, one for each point */
  constructor(packed) {
    this.packed = packed;
    const bytes = packed ? bytesOf(packed).slice() : new Uint8Array(0);
    /** From 0 to 1, empty if nothing is known. */
    this.shares = new Float32Array(bytes.buffer);
    this.known = this.shares.length > 0;
    const levels = Array.from(this.shares, (share) => Math.round(SIZES * share));
    /** The share of the full diameter that each point has, in 255ths. */
    this.diameters = Uint8Array.from(levels, (level) => Math.round(255 * diameterOf(level)));
    /** The points of each size, the small ones first. */
    this.groups = Array.from({ length: SIZES + 1 }, (_, level) => ({
      diameter: diameterOf(level),
      points: Uint32Array.from(levels.keys()).filter((point) => levels[point] === level),
    }));
  }

  /**
   * @param {number} point
   * @param {boolean} several whether there are several frames
   */
  words(point, several) {
    if (!this.known) return "";
    const frame = several ? " (last frame)" : "";
    return `trust ${Math.round(100 * this.shares[point])} %${frame}`;
  }
}

/** @param {number} level */
const diameterOf = (level) => SMALLEST + ((1 - SMALLEST) * level) / SIZES;
