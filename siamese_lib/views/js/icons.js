// @ts-check
// Buttons with an icon and a name.

/** @import { Attributes } from "./dom.js" */

import { drawn, make } from "./dom.js";

const ICONS = {
  play: ["M4 2.5v11l9.5-5.5z"],
  pause: ["M4 3h3v10H4z M9 3h3v10H9z"],
  back: ["M11 3 5 8l6 5", "M3 3v10"],
  next: ["M5 3l6 5-6 5", "M13 3v10"],
  loop: [
    "M3 8a4 4 0 0 1 4-4h5M10 1.5 12.5 4 10 6.500",
    "M13 8a4 4 0 0 1-4 4H4M6 9.500 3.500 12 6 14.500",
  ],
  lasso: [
    "M8 10.500C4.500 10.500 2 8.800 2 6.500S4.500 2.500 8 2.500s6 1.700 6 4-2.500 4-6 4z",
    "M5.500 10.300c-.8 2 1 2 .5 4",
  ],
  fit: ["M2 5.500V2h3.500M10.500 2H14v3.500M14 10.500V14h-3.500M5.500 14H2v-3.500", "M6 8h4M8 6v4"],
  reset: ["M3 8a5 5 0 1 0 1.800-3.800", "M2.500 2v3.200h3.200"],
  trust: ["M4 9a2 2 0 1 0 .01 0z", "M10.500 3a3.500 3.500 0 1 0 .01 0z"],
  follow: [
    "M5 5 2 2M2 4.500V2h2.500M11 5l3-3M11.500 2H14v2.500M11 11l3 3M14 11.500V14h-2.500",
    "M5 11l-3 3M4.500 14H2v-2.500",
    "M8 7a1 1 0 1 0 .01 0z",
  ],
  full: ["M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"],
  small: ["M6 2v4H2M14 6h-4V2M10 14v-4h4M2 10h4v4"],
  names: ["M3 13 8 3l5 10M4.900 9.500h6.200"],
};

/** @typedef {keyof typeof ICONS} Icon */

/** @param {Icon} name */
export const icon = (name) => drawn("0 0 16 16", ...ICONS[name]);

/**
 * @param {Icon} name
 * @param {string} label
 * @param {() => void} onclick
 * @param {Attributes} [extra]
 */
export function iconButton(name, label, onclick, extra = {}) {
  const attributes = { type: "button", "aria-label": label, title: label, onclick, ...extra };
  return make("button", attributes, icon(name));
}
