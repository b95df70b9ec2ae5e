// @ts-check
// A line through a training of any length, in a few hundred places.

const MOST_PLACES = 480;

/** @typedef {[step: number, value: number]} LabPlace the mean of some values, and the last step */

export class LabSeries {
  /** @type {LabPlace[]} */
  #places = [];
  #each = 1; // values in a place
  #sum = 0; // of the values that are not in a place yet
  #count = 0;
  last = 0; // step of the last value

  /**
   * Add the value of a step. One of an earlier step is left out.
   * @param {number} step
   * @param {number} value
   */
  add(step, value) {
    if (step <= this.last) return;
    this.last = step;
    this.#sum += value;
    if (++this.#count < this.#each) return;
    this.#places.push(this.#rest());
    [this.#sum, this.#count] = [0, 0];
    if (this.#places.length < MOST_PLACES) return;
    this.#each *= 2;
    this.#places = Array.from({ length: MOST_PLACES / 2 }, (_, at) => {
      const [[, one], [step, other]] = this.#places.slice(2 * at, 2 * at + 2);
      return [step, (one + other) / 2];
    });
  }

  /** The places in order, the last of fewer values than the others. */
  places() {
    return this.#count ? [...this.#places, this.#rest()] : this.#places;
  }

  /**
   * A line of the same places up to a step.
   * @param {number} step
   */
  upTo(step) {
    const copy = new LabSeries();
    for (const [at, value] of this.places()) if (at <= step) copy.add(at, value);
    return copy;
  }

  /** @returns {LabPlace} */
  #rest() {
    return [this.last, this.#sum / this.#count];
  }
}
