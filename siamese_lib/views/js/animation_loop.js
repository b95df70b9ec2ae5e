// @ts-check
// Animation frames, requested only while something moves.

const LONGEST_STEP = 0.1; // seconds: a page that was hidden does not jump ahead

export class AnimationLoop {
  /** The animation frame that was requested. @type {number | null} */
  request = null;
  #steppedAt = NaN;
  #ended = false;
  #step;

  /**
   * @param {(now: number, seconds: number) => boolean} step gets the time in milliseconds, and
   *   the seconds since the last step; returns whether to go on
   */
  constructor(step) {
    this.#step = step;
  }

  /** Take a step in the next animation frame. */
  wake() {
    if (this.request !== null || this.#ended) return;
    this.request = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Stop for good. */
  end() {
    this.#ended = true;
    if (this.request !== null) cancelAnimationFrame(this.request);
  }

  /** @param {number} now */
  #tick(now) {
    this.request = null;
    const since = Number.isNaN(this.#steppedAt) ? 0 : (now - this.#steppedAt) / 1000;
    this.#steppedAt = now;
    if (this.#step(now, Math.min(since, LONGEST_STEP))) this.wake();
    else this.#steppedAt = NaN;
  }
}
