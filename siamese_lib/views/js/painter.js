// @ts-check
// The canvas of the points, and whichever renderer works on it.

/** @import { Film } from "./film.js" */
/** @import { Renderer, Scene } from "./scene.js" */

import { CanvasRenderer } from "./canvas.js";
import { make } from "./dom.js";
import { WebGLRenderer } from "./webgl.js";

export class Painter {
  canvas = make("canvas", { "aria-hidden": "true" });
  #ended = false;
  #changed;

  /**
   * @param {string | undefined} asked "webgl2" or "canvas" to insist on one
   * @param {() => void} changed the renderer was replaced, and has drawn nothing yet
   */
  constructor(asked, changed) {
    this.#changed = changed;
    /** @type {Renderer} */
    this.renderer = this.#start(asked);
  }

  /** @param {number} width @param {number} height in pixels of the screen */
  resize(width, height) {
    Object.assign(this.canvas, { width, height });
  }

  /**
   * @param {Film} film
   * @param {Uint16Array<ArrayBuffer>} classes
   */
  use(film, classes) {
    this.renderer.use(film, classes);
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.renderer.draw(scene);
  }

  destroy() {
    this.#ended = true;
    this.renderer.destroy();
  }

  /** @param {string | undefined} asked */
  #start(asked) {
    if (asked === "canvas") return new CanvasRenderer(this.canvas);
    try {
      const renderer = new WebGLRenderer(this.canvas, asked !== "webgl2");
      // A page may hold some 16 contexts only: the oldest is then taken away, for good.
      this.canvas.addEventListener("webglcontextlost", () => this.#replace());
      return renderer;
    } catch {
      return this.#onFreshCanvas();
    }
  }

  #replace() {
    if (this.#ended) return;
    this.renderer = this.#onFreshCanvas();
    this.#changed();
  }

  /** A canvas that was ever asked for WebGL gives no other context. */
  #onFreshCanvas() {
    const { width, height } = this.canvas;
    const fresh = make("canvas", { "aria-hidden": "true", width, height });
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
    return new CanvasRenderer(fresh);
  }
}
