// @ts-check
// The moment p of a film, and how it changes: the film plays, glides to a frame, or is dragged.

import { clamp, eased } from "./numbers.js";

/** @typedef {{ from: number, to: number, start: number, ms: number }} Glide in a given time */
/** @typedef {{ towards: number, quiet: boolean }} Pull ever nearer; reported unless quiet */

/**
 * @typedef {object} ClockEvents
 * @property {() => void} wake the moment will change: call `advance` in the next animation frame
 * @property {() => void} moved the moment has changed
 * @property {() => void} played playing has begun or ended
 * @property {() => void} rested the moment has come to rest; a screen reader may say it
 * @property {(changes: { frame?: number, playing?: boolean }) => void} report to Python
 */

const CLOSE = 1e-6;
const REWIND = 700; // milliseconds
const REST = 900; // milliseconds at the end before a film repeats
const SOON = 200; // milliseconds between reports of a moment that changes

export class Clock {
  p = 0;
  last = 0; // frame of the film
  playing = false;
  seen = false; // a film that starts by itself waits until it is seen
  speed = 1;
  loop = false;
  reported = 0; // the frame that Python knows of
  /** @type {Glide | Pull | null} */
  motion = null;
  #calm;
  #events;
  #restedAt = 0;
  #grewAt = NaN;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {boolean} calm whether the reader prefers less motion
   * @param {ClockEvents} events
   */
  constructor(calm, events) {
    this.#calm = calm;
    this.#events = events;
  }

  /** The frame nearest to the moment. */
  get nearest() {
    return clamp(Math.round(this.p), 0, this.last);
  }

  /** Where the moment is going. */
  get goal() {
    const { motion } = this;
    if (!motion) return this.p;
    return "to" in motion ? motion.to : motion.towards;
  }

  /** Frames per second. At speed 1 a film takes ten seconds, a short one less. */
  get pace() {
    return this.speed * clamp(this.last / 10, 3, 12);
  }

  /**
   * Begin at a frame. If the film should play and the reader prefers less motion, show its end.
   * @param {number} frame
   * @param {boolean} playing
   */
  start(frame, playing) {
    const calm = this.#calm && playing;
    this.p = this.reported = calm ? this.last : clamp(frame, 0, this.last);
    this.#events.moved();
    if (calm) this.#events.report({ playing: false, frame: this.p });
    else if (playing) this.play(true, false);
  }

  /**
   * Take a film of another length. If the newest frame was on screen, glide to the new one,
   * unless `stay`.
   * @param {number} last
   * @param {{ stay?: boolean }} [options]
   */
  setLast(last, { stay = false } = {}) {
    const watched = !stay && this.goal >= this.last - CLOSE;
    this.last = last;
    this.p = clamp(this.p, 0, last);
    if (!watched || this.playing || last <= this.p) return;
    // Glide for as long as the frame took to arrive, so that a live map hardly stops.
    const now = performance.now();
    const gap = Number.isNaN(this.#grewAt) ? 0 : now - this.#grewAt;
    this.moveTo(last, clamp(0.9 * gap, 600, 2500));
    this.#grewAt = now;
    this.reported = last;
    this.#events.report({ frame: -1 }); // the last, whatever its number when Python reads this
  }

  /**
   * Show the frame that Python has set.
   * @param {number} frame counted from the end if negative
   */
  hear(frame) {
    if (frame < 0) frame += this.last + 1;
    if (frame === this.reported) return;
    this.reported = frame;
    // A linked view that plays too may be a little ahead or behind; then do not jump.
    const far = Math.abs(frame - this.p);
    if (!this.playing && far <= 3) this.#move({ towards: frame, quiet: true });
    else if (!this.playing || far > 2) this.moveTo(frame);
  }

  /**
   * @param {boolean} playing
   * @param {boolean} [report] whether to report it to Python
   */
  play(playing, report = true) {
    if (this.last < 1) playing = false;
    if (playing && this.p >= this.last - CLOSE) this.moveTo(0, REWIND);
    else if (isDragged(this.motion)) this.motion = null;
    this.playing = playing;
    this.#events.played();
    if (report) {
      this.seen = true;
      this.#events.report({ playing });
      if (!playing) this.#report(this.nearest);
    }
    if (!playing) this.#events.rested();
    this.#events.wake();
  }

  /**
   * Glide to a frame.
   * @param {number} frame
   * @param {number} [ms]
   */
  moveTo(frame, ms = 450) {
    const to = clamp(frame, 0, this.last);
    this.#move({ from: this.p, to, start: performance.now(), ms: this.#calm ? 0 : ms });
  }

  /**
   * Go to a frame, as the reader asks.
   * @param {number} frame
   * @param {number} [ms]
   */
  jumpTo(frame, ms) {
    if (this.playing) this.play(false);
    frame = clamp(frame, 0, this.last);
    this.moveTo(frame, ms);
    this.#report(frame);
  }

  /**
   * Go to the next frame or the previous one.
   * @param {1 | -1} by
   */
  stepBy(by) {
    const from = this.goal;
    this.jumpTo(by > 0 ? Math.floor(from + CLOSE) + 1 : Math.ceil(from - CLOSE) - 1, 300);
  }

  /**
   * Follow the reader's hand.
   * @param {number} p
   */
  scrubTo(p) {
    if (this.playing) this.play(false);
    this.#move({ towards: p, quiet: false });
  }

  /**
   * Move on.
   * @param {number} now milliseconds
   * @param {number} seconds since the last time
   * @returns {boolean} whether there is more to come
   */
  advance(now, seconds) {
    const before = this.p;
    const { motion } = this;
    if (!motion) this.#playOn(now, seconds);
    else if ("to" in motion) this.#glide(motion, now);
    else this.#pull(motion, seconds);
    if (this.p !== before) this.#events.moved();
    return Boolean(this.motion || (this.playing && this.seen));
  }

  destroy() {
    clearTimeout(this.#timer);
  }

  /** @param {Glide | Pull} motion */
  #move(motion) {
    this.motion = motion;
    this.#events.wake();
  }

  /**
   * @param {Glide} glide
   * @param {number} now
   */
  #glide({ from, to, start, ms }, now) {
    const t = ms ? clamp((now - start) / ms, 0, 1) : 1;
    this.p = t === 1 ? to : from + (to - from) * eased(t);
    if (t < 1) return;
    this.motion = null;
    if (!this.playing) this.#events.rested();
  }

  /**
   * @param {Pull} pull
   * @param {number} seconds
   */
  #pull({ towards, quiet }, seconds) {
    this.p +=
      (towards - this.p) * (this.#calm ? 1 : 1 - Math.exp(-seconds / (quiet ? 0.12 : 0.05)));
    if (Math.abs(towards - this.p) < 0.002) {
      this.p = towards;
      this.motion = null;
    }
    if (!quiet) this.#reportSoon();
  }

  /**
   * @param {number} now
   * @param {number} seconds
   */
  #playOn(now, seconds) {
    if (!this.playing || !this.seen) return;
    this.p = Math.min(this.p + seconds * this.pace, this.last);
    this.#reportSoon();
    if (this.p < this.last) return;
    if (!this.loop) this.play(false);
    else if (!this.#restedAt) this.#restedAt = now;
    else if (now - this.#restedAt > REST) {
      this.#restedAt = 0;
      this.moveTo(0, REWIND);
    }
  }

  /** @param {number} frame */
  #report(frame) {
    if (frame === this.reported) return;
    this.reported = frame;
    this.#events.report({ frame });
  }

  /** Report a few times a second while the film plays or is dragged. */
  #reportSoon() {
    if (this.#timer || this.nearest === this.reported) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.motion || isDragged(this.motion)) this.#report(this.nearest);
    }, SOON);
  }
}

/** @param {Glide | Pull | null} motion */
const isDragged = (motion) => motion !== null && "towards" in motion && !motion.quiet;
