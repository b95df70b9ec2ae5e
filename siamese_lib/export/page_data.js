// @ts-check
// The data that siamese_lib/export/page.py writes into the page.

/** @import { Metric } from "./page_search.js" */
/** @import { Payload } from "../views/js/payload.js" */
/** @import { Paper } from "./page_handwriting.js" */
/** @import { PackedFrames } from "./page_frames.js" */
/** @import { Tower } from "./page_network.js" */
/** @import { PackedImages } from "./page_pictures.js" */

/**
 * @typedef {object} Gallery
 * @property {Uint8Array} embeddings
 * @property {Uint8Array} labels
 * @property {Uint8Array | null} [rows] the numbers of its images in their data set
 * @property {PackedImages} images
 */

/**
 * @typedef {object} DrawingData what a drawing needs
 * @property {Tower} tower
 * @property {string[]} colors of ground and ink
 * @property {string} color of a drawing among the classes
 * @property {Uint8Array | null} axes float32 (dim, 2), from an embedding to a place on the map
 * @property {Uint8Array} origins float32 (frames, 2), the places of the embedding of zeros
 * @property {PackedFrames | null} frames weights at all frames but the last; null for the last only
 */

/**
 * @typedef {object} PageData described in page.py
 * @property {Payload} view
 * @property {PackedImages} images
 * @property {Gallery} gallery
 * @property {Uint8Array | null} [rows] the numbers of the queries in their data set
 * @property {Uint8Array} queries
 * @property {number} dim
 * @property {number} k
 * @property {Metric} metric
 * @property {boolean} cosine whether cosine distance can be chosen
 * @property {number} classes that the gallery knows
 * @property {boolean} playing
 * @property {string} facts
 * @property {{ queries: string[], gallery: string[] } | null} [links] to the pictures' files
 * @property {(DrawingData & Paper) | null} [drawing] null where the page has no network
 */

/**
 * @param {string} text JSON in which { base64 } stands for bytes
 * @returns {PageData}
 */
export const pageData = (text) => JSON.parse(text, (_, value) => unpacked(value));

/** @param {any} value */
const unpacked = (value) => (typeof value?.base64 === "string" ? bytesIn(value.base64) : value);

/** @param {string} base64 */
function bytesIn(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
