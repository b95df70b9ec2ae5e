// @ts-check
// The classes of the points: their members, names and colours, and which are hidden.

/** @import { About } from "./payload.js" */

import { clamp, hexInk, wordsOf } from "./numbers.js";

const ONE_COLOR = "#3C48FF"; // of points without classes
const FADE = 0.18; // seconds
const VEIL = [122, 127, 135]; // of hidden classes: grey on light and on dark pages
const THIN = 0.3; // of the opacity of a class that is shown

/**
 * A text without accents, in small letters.
 * @param {string} text
 */
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export class Classes {
  /**
   * @param {Pick<About, "labels" | "names" | "colors">} about
   * @param {number} count of points
   * @param {Iterable<number>} hidden
   */
  constructor({ labels, names, colors }, count, hidden) {
    this.known = labels !== null;
    this.of = labels ? wordsOf(labels) : new Uint16Array(count);
    this.names = labels ? names : ["point"];
    this.colors = labels ? colors : [ONE_COLOR];
    /** Red, green and blue of each class, from 0 to 255. */
    this.rgb = this.colors.map(hexInk);
    /** The points of each class, empty where there are no classes. @type {number[][]} */
    this.members = labels ? names.map(() => []) : [];
    if (labels) this.of.forEach((k, point) => this.members[k].push(point));
    this.hidden = new Set([...hidden].filter((k) => k < this.names.length));
    /** How much of each class is shown, from 0 to 1. */
    this.shown = Float32Array.from(this.names, (_, k) => (this.hidden.has(k) ? 0 : 1));
  }

  /** The classes that have points. */
  get present() {
    return [...this.members.keys()].filter((k) => this.members[k].length);
  }

  /** @param {number} point */
  shows(point) {
    return !this.hidden.has(this.of[point]);
  }

  /** @param {number} point */
  colorOf(point) {
    return this.colors[this.of[point]] ?? ONE_COLOR;
  }

  /**
   * Hide a class, or show it again.
   * @param {number} k
   */
  toggle(k) {
    if (!this.hidden.delete(k)) this.hidden.add(k);
  }

  /** Show every class. */
  showAll() {
    this.hidden.clear();
  }

  /**
   * Show a class alone, or every class if it was alone.
   * @param {number} k
   */
  showOnly(k) {
    const others = this.present.filter((j) => j !== k);
    // Whether k is hidden does not matter: the first click of a double click has toggled it.
    const alone = others.every((j) => this.hidden.has(j));
    this.hidden = new Set(alone ? [] : others);
  }

  /**
   * Show some classes, and no others.
   * @param {Iterable<number>} shown
   */
  showThese(shown) {
    const kept = new Set(shown);
    this.hidden = new Set(this.present.filter((k) => !kept.has(k)));
  }

  /**
   * Return the present classes whose names contain a text. Case and accents do not matter.
   * @param {string} text
   */
  named(text) {
    const sought = folded(text.trim());
    return this.present.filter((k) => folded(this.names[k]).includes(sought));
  }

  /**
   * Fade classes in and out.
   * @param {number} seconds since the last time
   * @returns {boolean} whether one changed
   */
  fade(seconds) {
    let going = false;
    const step = seconds / FADE;
    this.shown.forEach((value, k) => {
      const aim = this.hidden.has(k) ? 0 : 1;
      if (value === aim) return;
      this.shown[k] = value + clamp(aim - value, -step, step);
      going = true;
    });
    return going;
  }

  /** Hide the classes with these names, and show all others. @param {string[]} names */
  hideNamed(names) {
    this.hidden = new Set(this.present.filter((k) => names.includes(this.names[k])));
  }

  /** The names of the hidden classes. */
  get hiddenNames() {
    return this.present.filter((k) => this.hidden.has(k)).map((k) => this.names[k]);
  }

  /**
   * Return four bytes for each class, as hidden classes are drawn: grey, below the others. Null if
   * all are shown.
   * @param {number} opacity of a class that is shown, from 0 to 1
   */
  veil(opacity) {
    if (this.shown.every((value) => value === 1)) return null;
    const rgba = new Uint8Array(4 * this.names.length);
    this.shown.forEach((value, k) =>
      rgba.set([...VEIL, 255 * THIN * opacity * (1 - value)], 4 * k),
    );
    return rgba;
  }

  /**
   * Return four bytes for each class: red, green, blue and opacity.
   * @param {number} opacity of a class that is shown, from 0 to 1
   */
  rgba(opacity) {
    const rgba = new Uint8Array(4 * this.names.length);
    this.rgb.forEach((color, k) => rgba.set([...color, 255 * opacity * this.shown[k]], 4 * k));
    return rgba;
  }
}
