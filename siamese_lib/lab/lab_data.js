// @ts-check
// What laboratory.py sends to the page.

/** @import { Bytes, Images } from "../views/js/payload.js" */
/** @import { LabData } from "./lab_samples.js" */

import { wordsOf } from "../views/js/numbers.js";
import { Pictures } from "../views/js/pictures.js";

/**
 * @typedef {object} LabPayload
 * @property {string} worker its script
 * @property {Images} images to train on
 * @property {Bytes} labels uint16: their classes
 * @property {Images} shown other images, which are embedded, shown and measured
 * @property {Bytes} shown_labels
 * @property {string[]} names of the classes
 * @property {string[]} colors of the classes
 */

/**
 * @param {LabPayload} payload
 * @returns {Promise<LabData>}
 */
export async function labDataOf({ images, labels, shown, shown_labels: shownLabels }) {
  const [given, others] = await Promise.all([images, shown].map((each) => Pictures.unpack(each)));
  return {
    shape: shown.shape.slice(1),
    images: given.pixels,
    labels: wordsOf(labels),
    shown: { images: others.pixels, labels: wordsOf(shownLabels) },
  };
}
