// @ts-check
// The canvas of the points, and the renderer that draws on it.

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
   * @param {() => void} changed called when the renderer was replaced and must draw again
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
      // A page may have about 16 contexts. Beyond that, the browser takes away the oldest for good.
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

  /** Replace the canvas, because one that had a WebGL context can have no other. */
  #onFreshCanvas() {
    const { width, height } = this.canvas;
    const fresh = make("canvas", { "aria-hidden": "true", width, height });
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
    return new CanvasRenderer(fresh);
  }
}
