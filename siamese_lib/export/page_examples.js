// @ts-check
// Drawings that the reader adds to the gallery as examples of a class, as long as the page is open.

/** @import { PictureSource } from "../views/js/pictures.js" */
/** @import { PageSearch } from "./page_search.js" */

/**
 * @typedef {object} Drawing
 * @property {Uint8Array} pixels as the network gets them
 * @property {Float32Array} vector its embedding at the last frame
 * @property {HTMLCanvasElement} picture
 */
/** @typedef {Drawing & { label: number }} Example */

/**
 * The names of the classes and their colours. Names that the reader gives are appended.
 * @typedef {{ names: string[], colors: string[] }} Known
 */

/** @implements {PictureSource} */
export class Examples {
  /** @type {Example[]} */
  all = [];
  #search;
  #known;
  #gallery;

  /**
   * @param {PageSearch} search
   * @param {Known} known
   * @param {PictureSource} gallery
   */
  constructor(search, known, gallery) {
    this.#search = search;
    this.#known = known;
    this.#gallery = gallery;
  }

  /**
   * @param {string} name of a class that is known, or of a new one
   * @param {Drawing} drawing
   * @param {string} color of a new class
   */
  add(name, drawing, color) {
    const { names, colors } = this.#known;
    if (!names.includes(name)) {
      names.push(name);
      colors.push(color);
    }
    this.#take([...this.all, { ...drawing, label: names.indexOf(name) }]);
  }

  /** @param {Example} example */
  remove(example) {
    this.#take(this.all.filter((each) => each !== example));
  }

  /** @param {Example} example */
  nameOf({ label }) {
    return this.#known.names[label];
  }

  /**
   * Return the picture of an image of the gallery, or of an example after them.
   * @param {number} index
   */
  canvas(index) {
    const { own } = this.#search;
    return index < own ? this.#gallery.canvas(index) : this.all[index - own].picture;
  }

  /** @param {Example[]} examples */
  #take(examples) {
    this.all = examples;
    this.#search.add(examples);
  }
}
