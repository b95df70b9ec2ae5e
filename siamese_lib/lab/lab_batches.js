// @ts-check
// Which images a step sees, drawn from class labels: as PairSampler and BalancedBatchSampler do.

import { Random } from "./random.js";

export class LabBatches {
  #random;
  #groups; // the images of each class, and how many of them were drawn in this order
  #drawn = 0; // images in all

  /**
   * @param {ArrayLike<number>} labels the class of each image: classes of two images or more. One
   *   class alone has similar pairs only.
   * @param {number} seed
   */
  constructor(labels, seed) {
    this.#random = new Random(seed);
    /** @type {Map<number, number[]>} */
    const classes = new Map();
    for (let image = 0; image < labels.length; image++) {
      const members = classes.get(labels[image]);
      if (members) members.push(image);
      else classes.set(labels[image], [image]);
    }
    const sizes = [...classes.values()].map(({ length }) => length);
    if (sizes.length < 1 || Math.min(...sizes) < 2) {
      throw new RangeError(
        `labels has classes of [${sizes}] images; expected a class or more, of two images or more.`,
      );
    }
    this.#groups = [...classes.values()].map((members) => ({
      members: Int32Array.from(members),
      next: members.length,
    }));
  }

  /** All that the next draw depends on, for `restore`. */
  kept() {
    const groups = this.#groups.map(({ members, next }) => ({ members: members.slice(), next }));
    return { random: this.#random.kept(), groups, drawn: this.#drawn };
  }

  /** @param {ReturnType<LabBatches["kept"]>} kept */
  restore({ random, groups, drawn }) {
    this.#random.restore(random);
    this.#groups = groups.map(({ members, next }) => ({ members: members.slice(), next }));
    this.#drawn = drawn;
  }

  /**
   * Images of all classes in turn; all images of a class come before any comes again. Of more
   * classes than have room twice, as many take part as have: a similar pair needs two images.
   * @param {number} size
   */
  balanced(size) {
    const fitting = Math.max(2, Math.floor(size / 2));
    if (fitting >= this.#groups.length) {
      return Int32Array.from({ length: size }, () => this.#inTurn().image);
    }
    const first = this.#drawn;
    const batch = Int32Array.from({ length: size }, (_, at) => {
      this.#drawn = first + (at % fitting);
      return this.#inTurn().image;
    });
    this.#drawn = first + fitting;
    return batch;
  }

  /**
   * Pairs, each similar with this probability. All classes are equally likely on both sides.
   * @param {number} count
   * @param {number} [sameFraction]
   * @returns {{ images: Int32Array, same: Uint8Array }} all left images, then all right ones; and
   *   1 for each similar pair, 0 for each different one
   */
  pairs(count, sameFraction = 0.5) {
    const images = new Int32Array(2 * count);
    const same = new Uint8Array(count);
    for (let pair = 0; pair < count; pair++) {
      const { image, group } = this.#inTurn();
      same[pair] = Number(this.#random.next() < sameFraction || this.#groups.length === 1);
      images[pair] = image;
      images[pair + count] = same[pair] ? this.#another(image, group) : this.#elsewhere(group);
    }
    return { images, same };
  }

  /** The next image of the class whose turn it is. */
  #inTurn() {
    const group = this.#drawn++ % this.#groups.length;
    const order = this.#groups[group];
    if (order.next === order.members.length) {
      this.#random.shuffle(order.members);
      order.next = 0;
    }
    return { image: order.members[order.next++], group };
  }

  /**
   * Any other image of a class.
   * @param {number} image
   * @param {number} group
   */
  #another(image, group) {
    const { members } = this.#groups[group];
    const found = members[this.#random.below(members.length - 1)];
    return found === image ? members[members.length - 1] : found;
  }

  /**
   * Any image of any other class.
   * @param {number} group
   */
  #elsewhere(group) {
    const step = 1 + this.#random.below(this.#groups.length - 1);
    const { members } = this.#groups[(group + step) % this.#groups.length];
    return members[this.#random.below(members.length)];
  }
}

/**
 * Images next to each other, as a step takes them.
 * @param {Uint8Array} images
 * @param {number} size numbers of an image
 * @param {Int32Array} wanted
 */
export function gathered(images, size, wanted) {
  const batch = new Uint8Array(size * wanted.length);
  wanted.forEach((image, at) => {
    batch.set(images.subarray(size * image, size * (image + 1)), size * at);
  });
  return batch;
}
