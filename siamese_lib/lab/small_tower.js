// @ts-check
// A small tower that trains where it is: in a web page, in a worker of one, or in Node. It is
// sl.small_tower, and a step is one of Keras with the library's losses.
//
//   const tower = new SmallTower([28, 28, 1], 2, { output: "linear", seed: 0 });
//   const loss = tower.step(images, labels, settings);  // settings may change at every step
//   const embeddings = tower.embed(images);             // Float32Array, a row for each image
//   const weights = tower.weights();                    // Float32Arrays in Keras' order
//
// A page trains in a worker, so that it answers the pointer meanwhile. Opened from disk it can make
// one of a blob of the joined modules, without { type: "module" } and so without exports.

import { firstWeights, layersOf, packed, SMALL_TOWER, unpacked } from "./layers.js";
import { lossOf } from "./lab_losses.js";
import { LabOptimizer } from "./lab_optimizers.js";
import { outputNamed } from "./lab_outputs.js";
import { LANES, Passes } from "./passes.js";

/**
 * @typedef {import("./lab_losses.js").LossSettings &
 *   import("./lab_optimizers.js").OptimizerSettings} Settings of a step
 * @typedef {object} Options
 * @property {string} [output] "linear", "sigmoid" (each number from 0 to 1) or "unit" (length 1)
 * @property {number} [seed] of the first weights, from 0 to 2**32 - 1
 * @property {Float32Array[]} [weights] in Keras' order, instead of first weights
 * @property {import("./layers.js").Architecture} [architecture] another than sl.small_tower's
 */

export class SmallTower {
  #optimizer = new LabOptimizer();
  #dim;
  #layers;
  #output;
  #passes;
  #size;

  /**
   * @param {number[]} shape of an image: height, width, channels
   * @param {number} dim length of an embedding
   * @param {Options} [options]
   */
  constructor(shape, dim, options = {}) {
    const { output = "linear", seed = 0, weights, architecture = SMALL_TOWER } = options;
    if (
      shape.length !== 3 ||
      ![...shape, dim].every((side) => Number.isInteger(side) && side > 0)
    ) {
      throw new RangeError(
        `shape is [${shape}] and dim is ${dim}; expected [height, width, channels] and a length, ` +
          "all of them whole numbers above 0.",
      );
    }
    this.#dim = dim;
    this.#size = shape[0] * shape[1] * shape[2];
    this.#output = outputNamed(output, dim);
    this.#layers = layersOf(shape, dim, architecture);
    this.#passes = new Passes(shape, this.#layers);
    packed(this.#layers, weights ?? firstWeights(this.#layers, seed), this.#passes.parameters);
  }

  /**
   * @param {Uint8Array} images height × width × channels numbers each, from 0 to 255
   * @returns {Float32Array} an embedding for each image
   */
  embed(images) {
    const raw = new Float32Array(this.#countOf(images) * this.#dim);
    for (let first = 0; first * this.#dim < raw.length; first += LANES) {
      this.#passes.forward(images, first, 0, raw);
    }
    return this.#output.apply(raw, this.#dim);
  }

  /**
   * Train one step.
   * @param {Uint8Array} images as for `embed`; for the loss "pairs" all left ones, then all right
   *   ones in the same order
   * @param {ArrayLike<number>} targets the class of each image; for "pairs" whether each pair is
   *   similar, 1 or 0
   * @param {Settings} settings
   * @returns {number} the loss before the step
   */
  step(images, targets, settings) {
    const loss = this.#differentiate(images, targets, settings);
    this.#optimizer.step(this.#passes.parameters, this.#passes.gradients, settings);
    return loss;
  }

  /**
   * The loss of a batch and its gradients, in the order of the weights, without a step.
   * @param {Uint8Array} images as for `step`
   * @param {ArrayLike<number>} targets
   * @param {import("./lab_losses.js").LossSettings} settings
   */
  gradients(images, targets, settings) {
    const loss = this.#differentiate(images, targets, settings);
    return { loss, gradients: unpacked(this.#layers, this.#passes.gradients) };
  }

  /**
   * What the tower would return with other weights. It keeps its own.
   * @param {Float32Array[]} weights in Keras' order
   * @param {Uint8Array} images
   */
  embedWith(weights, images) {
    const own = this.weights();
    packed(this.#layers, weights, this.#passes.parameters);
    try {
      return this.embed(images);
    } finally {
      packed(this.#layers, own, this.#passes.parameters);
    }
  }

  /** The weights in Keras' order: of each layer the kernel, then the biases. */
  weights() {
    return unpacked(this.#layers, this.#passes.parameters);
  }

  /** All that the next step depends on, for `restore`: weights, and those of the optimizer. */
  kept() {
    return { weights: this.weights(), optimizer: this.#optimizer.kept() };
  }

  /** @param {ReturnType<SmallTower["kept"]>} kept */
  restore({ weights, optimizer }) {
    packed(this.#layers, weights, this.#passes.parameters);
    this.#optimizer.restore(optimizer);
  }

  /**
   * Return the loss, and leave its gradients in the memory.
   * @param {Uint8Array} images
   * @param {ArrayLike<number>} targets
   * @param {import("./lab_losses.js").LossSettings} settings
   */
  #differentiate(images, targets, settings) {
    const count = this.#countOf(images);
    const raw = new Float32Array(count * this.#dim);
    this.#passes.reserve(Math.ceil(count / LANES));
    for (let chunk = 0; chunk * LANES < count; chunk++) {
      this.#passes.forward(images, chunk * LANES, chunk, raw);
    }
    const embeddings = this.#output.apply(raw, this.#dim);
    const { loss, slopes } = lossOf(embeddings, this.#dim, targets, settings);
    const back = this.#output.back(slopes, raw, embeddings, this.#dim);
    this.#passes.gradients.fill(0);
    for (let chunk = 0; chunk * LANES < count; chunk++) {
      this.#passes.backward(back, chunk * LANES, chunk);
    }
    return loss;
  }

  /** @param {Uint8Array} images */
  #countOf(images) {
    const count = images.length / this.#size;
    if (count > 0 && Number.isInteger(count)) return count;
    throw new RangeError(
      `images holds ${images.length} numbers; expected ${this.#size} for each image, and at ` +
        "least one image.",
    );
  }
}
