// @ts-check
// Which images a laboratory trains on, and with which labels.

import { Random } from "./random.js";

/**
 * @typedef {object} LabData
 * @property {number[]} shape of an image: height, width, channels
 * @property {Uint8Array} images one after the other
 * @property {ArrayLike<number>} labels
 * @property {{ images: Uint8Array, labels: ArrayLike<number> }} shown other images, whose
 *   embeddings are shown and measured
 */

/**
 * Images of the classes in turn, in an order from the seed. Wrong labels are those of the next
 * image: so each class keeps its number of images, and more wrong labels leave the others as wrong.
 * @param {LabData} data
 * @param {Pick<import("./lab_state.js").LabState, "classes" | "flipped" | "images" | "seed">} state
 */
export function labSamples({ labels }, { classes, flipped, images, seed }) {
  /** @type {Map<number, number[]>} */
  const groups = new Map();
  const random = new Random(seed);
  const order = Int32Array.from({ length: labels.length }, (_, image) => image);
  random.shuffle(order);
  for (const image of order) {
    if (classes && !classes.includes(labels[image])) continue;
    const group = groups.get(labels[image]);
    if (group) group.push(image);
    else groups.set(labels[image], [image]);
  }
  const missing = (classes ?? []).filter((each) => !groups.has(each));
  if (missing.length) {
    throw new RangeError(
      `classes is [${classes}]; expected classes of the images: not [${missing}].`,
    );
  }
  const members = [...groups].sort(([one], [other]) => one - other).map(([, each]) => each);
  /** @type {number[]} */
  const chosen = [];
  const longest = Math.max(0, ...members.map(({ length }) => length));
  for (let round = 0; round < longest; round++) {
    chosen.push(...members.filter((each) => round < each.length).map((each) => each[round]));
  }
  const kept = Int32Array.from(chosen.slice(0, images));
  const wrong = Math.round(flipped * kept.length);
  const given = Array.from(kept, (_, at) => labels[kept[at < wrong ? (at + 1) % wrong : at]]);
  return { images: kept, labels: given };
}

/**
 * The shown images of the classes that take part: those that are measured. One class alone is
 * measured among all others, as nothing can be told from it.
 * @param {Float32Array} points of all shown images
 * @param {number} dim
 * @param {ArrayLike<number>} labels
 * @param {import("./lab_state.js").LabState["classes"]} classes
 */
export function takingPart(points, dim, labels, classes) {
  if (!classes || classes.length < 2) return { points, labels };
  const numbers = Array.from(labels, (_, image) => image).filter((image) =>
    classes.includes(labels[image]),
  );
  return {
    points: Float32Array.from(
      numbers.flatMap((image) => [...points.subarray(image * dim, (image + 1) * dim)]),
    ),
    labels: numbers.map((image) => labels[image]),
  };
}
