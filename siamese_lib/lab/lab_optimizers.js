// @ts-check
// Keras' SGD with momentum, and Adam. State is kept in float32, as in Keras.

/**
 * @typedef {object} OptimizerSettings
 * @property {string} optimizer "sgd" or "adam"
 * @property {number} learningRate
 * @property {number} [momentum] of SGD, from 0 to below 1
 */

// Keras' defaults for Adam.
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-7;

export class LabOptimizer {
  #name = "";
  #steps = 0;
  #first = new Float32Array(0); // SGD's velocity; Adam's mean of the gradients
  #second = new Float32Array(0); // Adam's mean of their squares

  /** All that the next step depends on, for `restore`. */
  kept() {
    const [first, second] = [this.#first.slice(), this.#second.slice()];
    return { name: this.#name, steps: this.#steps, first, second };
  }

  /** @param {ReturnType<LabOptimizer["kept"]>} kept */
  restore({ name, steps, first, second }) {
    [this.#name, this.#steps] = [name, steps];
    [this.#first, this.#second] = [first.slice(), second.slice()];
  }

  /**
   * Move weights by their gradients. Another optimizer than in the step before begins anew.
   * @param {Float32Array} weights
   * @param {Float32Array} gradients
   * @param {OptimizerSettings} settings
   */
  step(weights, gradients, { optimizer, learningRate, momentum = 0 }) {
    if (!(learningRate >= 0 && learningRate < Infinity)) {
      throw new RangeError(`learningRate is ${learningRate}; expected a number, 0 or more.`);
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new RangeError(`momentum is ${momentum}; expected a number from 0 to below 1.`);
    }
    if (optimizer !== "sgd" && optimizer !== "adam") {
      throw new RangeError(`optimizer is ${optimizer}; expected sgd or adam.`);
    }
    if (optimizer !== this.#name) {
      [this.#name, this.#steps] = [optimizer, 0];
      this.#first = new Float32Array(weights.length);
      this.#second = new Float32Array(optimizer === "adam" ? weights.length : 0);
    }
    this.#steps++;
    if (optimizer === "sgd") this.#sgd(weights, gradients, learningRate, momentum);
    else this.#adam(weights, gradients, learningRate);
  }

  /**
   * @param {Float32Array} weights
   * @param {Float32Array} gradients
   * @param {number} rate
   * @param {number} momentum
   */
  #sgd(weights, gradients, rate, momentum) {
    const velocity = this.#first;
    for (let i = 0; i < weights.length; i++) {
      velocity[i] = momentum * velocity[i] - rate * gradients[i];
      weights[i] += velocity[i];
    }
  }

  /**
   * @param {Float32Array} weights
   * @param {Float32Array} gradients
   * @param {number} rate
   */
  #adam(weights, gradients, rate) {
    const [means, squares] = [this.#first, this.#second];
    const corrected = (rate * Math.sqrt(1 - BETA2 ** this.#steps)) / (1 - BETA1 ** this.#steps);
    for (let i = 0; i < weights.length; i++) {
      const slope = gradients[i];
      means[i] += (slope - means[i]) * (1 - BETA1);
      squares[i] += (slope * slope - squares[i]) * (1 - BETA2);
      weights[i] -= (corrected * means[i]) / (Math.sqrt(squares[i]) + EPSILON);
    }
  }
}
