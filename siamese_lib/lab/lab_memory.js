// @ts-check
// Things remembered at steps, thinned out as there become too many.

/** @template Kept */
export class LabMemory {
  /** @type {Map<number, Kept>} */
  #kept = new Map();
  #most;
  #every = 1;

  /** @param {number} most things that are kept */
  constructor(most) {
    if (!(Number.isInteger(most) && most > 1)) {
      throw new RangeError(`most is ${most}; expected a whole number, 2 or more.`);
    }
    this.#most = most;
  }

  /**
   * Keep what `make` returns, unless this step is left out by now.
   * @param {number} step
   * @param {() => Kept} make
   */
  note(step, make) {
    if (step % this.#every) return;
    this.#kept.set(step, make());
    while (this.#kept.size > this.#most) {
      this.#every *= 2;
      for (const each of this.#kept.keys()) if (each % this.#every) this.#kept.delete(each);
    }
  }

  /** The steps that are remembered, in order. */
  steps() {
    return [...this.#kept.keys()].sort((one, other) => one - other);
  }

  /**
   * What was kept last, up to a step.
   * @param {number} step
   * @returns {{ step: number, kept: Kept }}
   */
  upTo(step) {
    const found = this.steps().findLast((each) => each <= step);
    if (found === undefined)
      throw new RangeError(`step is ${step}; nothing is remembered so early.`);
    return { step: found, kept: /** @type {Kept} */ (this.#kept.get(found)) };
  }

  /**
   * The last step, up to this one, that both memories hold.
   * @param {LabMemory<Kept>} other
   * @param {number} step
   */
  stepBoth(other, step) {
    const found = this.steps().findLast((each) => each <= step && other.#kept.has(each));
    if (found === undefined)
      throw new RangeError(`step is ${step}; nothing is remembered so early.`);
    return found;
  }

  /**
   * A memory of the same things up to a step.
   * @param {number} step
   */
  copyUpTo(step) {
    /** @type {LabMemory<Kept>} */
    const copy = new LabMemory(this.#most);
    copy.#every = this.#every;
    for (const [at, kept] of this.#kept) if (at <= step) copy.#kept.set(at, kept);
    return copy;
  }
}
