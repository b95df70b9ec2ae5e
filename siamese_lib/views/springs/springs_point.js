// @ts-check
// A point on the map: a disc with the mark of its class, or its image in a frame.

import { make, makeSvg, penOf, set } from "../js/dom.js";

export const POINT_RADIUS = 11; // pixels
export const IMAGE_RADIUS = 17; // pixels: half the side of an image, with its frame
const PRESS_REACH = 15; // pixels: a press as near as this is on the point

/** @typedef {{ name: string, mark: string, color: string, ink: string }} PointClass */

export class SpringsPoint {
  #image = makeSvg("image", {
    class: "sp-image",
    x: 2 - IMAGE_RADIUS,
    y: 2 - IMAGE_RADIUS,
    width: 2 * IMAGE_RADIUS - 4,
    height: 2 * IMAGE_RADIUS - 4,
  });

  /**
   * @param {number} number
   * @param {PointClass} about
   */
  constructor(number, { mark, color, ink }) {
    this.element = makeSvg(
      "g",
      { class: "sp-point", role: "button", "data-point": number, tabindex: -1 },
      makeSvg("circle", { class: "sp-reach", r: PRESS_REACH }),
      makeSvg("circle", { class: "sp-disc", r: POINT_RADIUS, fill: color }),
      makeSvg("text", { class: "sp-mark", fill: ink, y: 4.5 }, mark),
      makeSvg("rect", {
        class: "sp-frame",
        x: -IMAGE_RADIUS,
        y: -IMAGE_RADIUS,
        width: 2 * IMAGE_RADIUS,
        height: 2 * IMAGE_RADIUS,
        fill: color,
      }),
      this.#image,
    );
  }

  /**
   * @param {number} x pixels
   * @param {number} y
   */
  moveTo(x, y) {
    set(this.element, { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})` });
  }

  /** @param {HTMLCanvasElement} canvas */
  show(canvas) {
    // A copy on white, because canvases are shared and transparent pixels have no colour.
    const copy = make("canvas", { width: canvas.width, height: canvas.height });
    penOf(copy).drawImage(canvas, 0, 0);
    set(this.#image, { href: copy.toDataURL() });
  }
}
