// @ts-check
// Reports what the reader changes: some ten times a second while something moves, and at its end.

/** @import { StateValues } from "../js/stateful.js" */

const TELL_EVERY = 100; // milliseconds

export class Teller {
  /** @type {StateValues} */
  #untold = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #onChange;

  /** @param {(changes: StateValues) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * @param {StateValues} changes
   * @param {boolean} ended whether to report now
   */
  tell(changes, ended) {
    Object.assign(this.#untold, changes);
    if (ended) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), TELL_EVERY);
  }

  /**
   * Leave out of a state what the reader has changed since it was reported.
   * @param {StateValues} state
   */
  settled(state) {
    return Object.fromEntries(Object.entries(state).filter(([name]) => !(name in this.#untold)));
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#untold;
    this.#untold = {};
    this.#onChange(changes);
  }
}
