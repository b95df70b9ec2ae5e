// @ts-check
// Mouse, finger and pen on the map: they pan, zoom, click and draw a lasso.

/** @import { Camera } from "./camera.js" */
/** @import { Place } from "./film.js" */

import { clamp } from "./numbers.js";

/**
 * @typedef {object} PointerEvents
 * @property {() => boolean} ready whether there are points
 * @property {() => void} wake called when the map must be drawn again
 * @property {(place: Place, add: boolean) => void} clicked called after a click, with whether to
 *   add to the selection
 * @property {(polygon: Place[]) => void} enclosed called after a lasso
 */

const STILL = 4; // pixels: a smaller movement is a click

export class Pointer {
  /** Where it is on the map, in pixels. @type {Place | null} */
  place = null;
  dragging = false;
  /** The lasso that is being drawn. @type {Place[] | null} */
  lasso = null;
  lassoing = false; // whether the next drag draws a lasso
  armed = false; // the wheel zooms only after the reader has moved the pointer here
  /** @type {{ from: Place, lasso: boolean, add: boolean } | null} */
  #press = null;
  #stage;
  #camera;
  #events;

  /**
   * @param {HTMLElement} stage
   * @param {Camera} camera
   * @param {PointerEvents} events
   * @param {AbortSignal} signal ends it
   */
  constructor(stage, camera, events, signal) {
    this.#stage = stage;
    this.#camera = camera;
    this.#events = events;
    stage.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    stage.addEventListener("pointermove", (event) => this.#move(event), { signal });
    stage.addEventListener("pointerup", (event) => this.#up(event), { signal });
    stage.addEventListener("pointercancel", () => this.#release(), { signal });
    stage.addEventListener("pointerleave", () => this.#leave(), { signal });
    stage.addEventListener("dblclick", () => camera.reset(), { signal });
    stage.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
  }

  /** @param {boolean} lassoing */
  setLassoing(lassoing) {
    this.lassoing = lassoing;
    this.#stage.classList.toggle("sv-lassoing", lassoing);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || !this.#events.ready()) return;
    this.#stage.focus({ preventScroll: true });
    this.#stage.setPointerCapture(event.pointerId);
    this.place = this.#placeOf(event);
    this.dragging = false;
    const add = event.shiftKey;
    this.#press = { from: this.place, lasso: this.lassoing || add, add };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.movementX || event.movementY) this.armed = true;
    const before = this.place;
    const place = this.#placeOf(event);
    this.place = place;
    if (this.#press && !this.dragging) this.#beginDrag(this.#press, place);
    else if (this.lasso) this.lasso.push(place);
    else if (this.dragging && before) this.#camera.pan(place[0] - before[0], place[1] - before[1]);
    this.#events.wake();
  }

  /**
   * @param {{ from: Place, lasso: boolean }} press
   * @param {Place} place
   */
  #beginDrag({ from, lasso }, place) {
    const right = place[0] - from[0];
    const down = place[1] - from[1];
    if (Math.hypot(right, down) <= STILL) return;
    this.dragging = true;
    if (lasso) {
      this.lasso = [from, place];
    } else {
      this.#stage.classList.add("sv-panning");
      this.#camera.pan(right, down);
    }
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const press = this.#press;
    const { lasso, dragging } = this;
    this.#release();
    if (lasso) this.#events.enclosed(lasso);
    else if (press && !dragging) this.#events.clicked(this.#placeOf(event), press.add);
  }

  #release() {
    this.#press = this.lasso = null;
    this.dragging = false;
    this.#stage.classList.remove("sv-panning");
    this.#events.wake();
  }

  #leave() {
    this.place = null;
    this.armed = false;
    this.#events.wake();
  }

  /**
   * Zoom, unless the reader scrolls the page and the map only passes under the pointer.
   * @param {WheelEvent} event
   */
  #wheel(event) {
    if (!this.armed && !event.ctrlKey && document.activeElement !== this.#stage) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE;
    const way = clamp(event.deltaY * (lines ? 16 : 1), -240, 240);
    this.#camera.zoomAt(this.#placeOf(event), Math.exp(-way * (event.ctrlKey ? 0.01 : 0.0025)));
  }

  /**
   * @param {MouseEvent} event
   * @returns {Place}
   */
  #placeOf(event) {
    const box = this.#stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
