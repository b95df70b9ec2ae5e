// @ts-check
// Reports what changes, at most ten times a second.

/** @import { StateValues } from "./stateful.js" */

const REPORT_PAUSE = 100; // milliseconds

export class Reporter {
  /** @type {StateValues} */
  #waiting = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #reportedAt = -Infinity;
  #onChange;

  /** @param {(changes: StateValues) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * Report changes, now or a little later, together with those that come until then.
   * @param {StateValues} changes
   */
  note(changes) {
    Object.assign(this.#waiting, changes);
    if (this.#timer !== undefined) return;
    const wait = this.#reportedAt + REPORT_PAUSE - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), wait);
  }

  /**
   * Leave out of a state what the reader has changed since it was reported.
   * @param {StateValues} state
   */
  settled(state) {
    return Object.fromEntries(Object.entries(state).filter(([name]) => !(name in this.#waiting)));
  }

  /** Report what waits, now. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!Object.keys(this.#waiting).length) return;
    const changes = this.#waiting;
    this.#waiting = {};
    this.#reportedAt = performance.now();
    this.#onChange(changes);
  }
}
