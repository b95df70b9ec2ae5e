// @ts-check
// Random numbers from a seed: the same in every browser and in Node.

/** The generator "mulberry32" by Tommy Ettinger: a state of 32 bits, enough to draw batches. */
export class Random {
  #state;

  /** @param {number} seed a whole number from 0 to 2**32 - 1 */
  constructor(seed) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new RangeError(`seed is ${seed}; expected a whole number from 0 to 4294967295.`);
    }
    this.#state = seed | 0;
  }

  /** Where the generator is, for `restore`. */
  kept() {
    return this.#state;
  }

  /** @param {number} state */
  restore(state) {
    this.#state = state;
  }

  /** A number from 0 to 1, without 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /**
   * A whole number from 0 to `count` - 1.
   * @param {number} count
   */
  below(count) {
    return Math.floor(this.next() * count);
  }

  /**
   * Put numbers in random order, in place.
   * @param {Int32Array} numbers
   */
  shuffle(numbers) {
    for (let last = numbers.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [numbers[last], numbers[other]] = [numbers[other], numbers[last]];
    }
  }
}

/**
 * Draw a kernel as Keras' GlorotUniform does: uniform, with a variance of 2 / (inputs + outputs).
 * @param {Random} random
 * @param {number[]} shape of the kernel; its last two numbers are channels in and out
 */
export function glorotUniform(random, shape) {
  const [channels, outs] = shape.slice(-2);
  const places = shape.slice(0, -2).reduce((product, side) => product * side, 1);
  const limit = Math.sqrt(6 / (places * (channels + outs)));
  const draw = () => limit * (2 * random.next() - 1);
  return Float32Array.from({ length: places * channels * outs }, draw);
}
