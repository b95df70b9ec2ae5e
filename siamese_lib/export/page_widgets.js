// @ts-check
// Small elements of the page.

/** @import { PictureSource } from "../views/js/pictures.js" */

import { make, penOf } from "../views/js/dom.js";

const PHOTO = 32; // pixels: wider images are smoothed

/**
 * Return an element of page.html.
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no ${id}`);
  return element;
}

/**
 * @param {string} words
 * @param {() => void} onclick
 */
export const button = (words, onclick) => make("button", { type: "button", onclick }, words);

/**
 * Make a button with a sign and a name.
 * @param {string} sign
 * @param {string} name
 * @param {() => void} onclick
 */
export const signButton = (sign, name, onclick) =>
  make("button", { type: "button", "aria-label": name, onclick }, sign);

/** @param {(Node | string)[]} children */
export const row = (...children) => make("div", { class: "row" }, ...children);

/**
 * Put controls next to each other without space.
 * @param {(Node | string)[]} children
 */
export const joined = (...children) => make("span", { class: "joined" }, ...children);

/**
 * @param {{ value: string | number, words: string }[]} options
 * @param {(value: string) => void} choose
 */
export function choice(options, choose) {
  const select = make("select");
  select.append(...options.map(({ value, words }) => make("option", { value }, words)));
  select.addEventListener("change", () => choose(select.value));
  return select;
}

/** Make a canvas for a picture that is named by the words next to it. */
export const pictureCanvas = () => make("canvas", { "aria-hidden": "true" });

/**
 * @param {HTMLCanvasElement} canvas
 * @param {PictureSource} pictures
 * @param {number} index
 */
export function showPicture(canvas, pictures, index) {
  const picture = pictures.canvas(index);
  canvas.width = picture.width;
  canvas.height = picture.height;
  if (picture.width > PHOTO) canvas.style.imageRendering = "auto";
  penOf(canvas).drawImage(picture, 0, 0);
}
