// @ts-check
// Five ways to move points on a page of `views.py`, and one counter of frames for all.
//
//   await bench.prepare(way)      shows the film's start and sets it going; returns the map's size
//   await bench.measure(seconds)  animation frames in which points were drawn, and the seconds
//   await bench.pick(batches)     ms of one pick of ours, a number for each batch

/** @import { Payload } from "../../../siamese_lib/views/js/payload.js" */

import { rgbOf, themeOf } from "../../../siamese_lib/views/js/theme.js";
import { sceneOf } from "../../../siamese_lib/views/js/scene.js";
import { View } from "../../../siamese_lib/views/js/view.js";

/** @typedef {{ x: Float32Array[], y: Float32Array[] }} Moment coordinates of each class */

/**
 * What the view shows; the others show the same.
 * @typedef {object} Stage
 * @property {View} view
 * @property {Payload} film
 * @property {number} width in pixels
 * @property {number} height
 * @property {number} size of a point, in pixels
 * @property {number} alpha opacity of a point
 * @property {[x: number, y: number]} middle of what is shown
 * @property {[x: number, y: number]} half of what is shown across and up, in units of the embedding
 * @property {number} gap ms from one frame of the film to the next
 * @property {number[][]} members points of each class
 */

const SHOWN = 12; // frames of the film that the others show, over and over
const TWEENED = 10; // moments from one frame to the next that plotly's scattergl is given

const Plotly = /** @type {any} */ (globalThis).Plotly;

const nextFrame = () => new Promise(requestAnimationFrame);

/**
 * @param {number} count
 * @param {number} [by]
 */
const range = (count, by = 1) => Array.from({ length: count }, (_, i) => i * by);

// ---------------------------------------------------------------- the counter

// Every way draws with WebGL, by putting pixels, or by moving marks. In each animation frame the
// counter looks for what was drawn since the last one.
/** @type {{ drew: boolean, marks: Element[], places: string }} */
const seen = { drew: false, marks: [], places: "" };

/**
 * @param {{ prototype: any }} kind
 * @param {string[]} names
 */
function watch(kind, ...names) {
  for (const name of names) {
    const plain = kind.prototype[name];
    /** @param {unknown[]} parts */
    kind.prototype[name] = function (...parts) {
      seen.drew = true;
      return plain.apply(this, parts);
    };
  }
}

watch(WebGLRenderingContext, "drawArrays", "drawElements");
watch(WebGL2RenderingContext, "drawArrays", "drawElements");
watch(CanvasRenderingContext2D, "putImageData");

function drawnSinceLastTime() {
  const before = seen.places;
  seen.places = seen.marks.map((mark) => mark.getAttribute("transform")).join();
  const any = seen.drew || seen.places !== before;
  seen.drew = false;
  return any;
}

// ---------------------------------------------------------------- the stage

const here = () => /** @type {HTMLElement} */ (document.getElementById("here"));

/** @param {string} name */
async function load(name) {
  return JSON.parse(await (await fetch(name)).text(), (_, value) =>
    value?.base64 === undefined
      ? value
      : Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)).buffer,
  );
}

/** @returns {Promise<Stage>} */
async function setOut() {
  const film = await load("/film.json");
  const view = new View(here(), film, { frame: 0 });
  const { camera } = view;
  while (!camera.settled) await nextFrame();
  view.draw();
  const { width, height, x, y, scale } = camera;
  return {
    view,
    film,
    width,
    height,
    size: view.size,
    alpha: sceneOf(view, rgbOf(themeOf(view.root).ground)).layers[0][3] / 255,
    middle: [x, y],
    half: [width / 2 / scale, height / 2 / scale],
    gap: 1000 / view.clock.pace,
    members: view.classes.members,
  };
}

/**
 * Replace the view by an empty element of the same size.
 * @param {Stage} stage
 */
function clear({ view, width, height }) {
  view.destroy();
  const place = document.createElement("div");
  place.style.cssText = `width: ${width}px; height: ${height}px; position: relative`;
  here().replaceChildren(place);
  return place;
}

/**
 * @param {Stage} stage
 * @param {number[]} moments
 * @returns {Moment[]}
 */
function byClass({ view, members }, moments) {
  return moments.map((p) => {
    const places = view.film.places(p);
    /** @param {0 | 1} axis */
    const along = (axis) =>
      members.map((points) => Float32Array.from(points, (i) => places[2 * i + axis]));
    return { x: along(0), y: along(1) };
  });
}

// ---------------------------------------------------------------- the ways

/**
 * Draw plotly's figure as it comes, or bare: without axes, legend, margins or a finer canvas.
 * @param {Stage} stage
 * @param {"scatter" | "scattergl"} type
 * @param {Moment} moment
 * @param {boolean} bare
 */
async function plotlyFigure(stage, type, { x, y }, bare) {
  const { width, height, middle, half, size, alpha, film } = stage;
  /** @param {0 | 1} i */
  const axis = (i) => ({ range: [middle[i] - half[i], middle[i] + half[i]], visible: !bare });
  const data = film.about.colors.map((color, k) => ({
    type,
    mode: "markers",
    name: film.about.names[k],
    x: x[k],
    y: y[k],
    marker: { color, size, opacity: alpha },
  }));
  const layout = { width, height, xaxis: axis(0), yaxis: axis(1) };
  if (!bare) return Plotly.newPlot(clear(stage), data, layout);
  Object.assign(layout, { margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false });
  return Plotly.newPlot(clear(stage), data, layout, { plotGlPixelRatio: 1, displayModeBar: false });
}

/**
 * @param {Stage} stage
 * @param {boolean} bare
 */
async function restyled(stage, bare) {
  const moments = byClass(stage, range(SHOWN * TWEENED - TWEENED, 1 / TWEENED));
  const figure = await plotlyFigure(stage, "scattergl", moments[0], bare);
  return async () => {
    for (let i = 1; ; i = (i + 1) % moments.length) {
      await Plotly.restyle(figure, moments[i]);
      await nextFrame();
    }
  };
}

/** @param {Stage} stage */
async function animated(stage) {
  const moments = byClass(stage, range(SHOWN));
  const figure = await plotlyFigure(stage, "scatter", moments[0], true);
  const frames = moments.map(({ x, y }, f) => ({
    name: String(f),
    data: x.map((_, k) => ({ x: x[k], y: y[k] })),
    traces: range(x.length),
  }));
  await Plotly.addFrames(figure, frames);
  const all = figure.querySelectorAll("path.point");
  seen.marks = range(20).map((i) => all[Math.floor((i * all.length) / 20)]);
  const { gap: duration } = stage;
  const how = { frame: { duration, redraw: false }, transition: { duration, easing: "linear" } };
  return async () => {
    for (;;) await Plotly.animate(figure, null, { mode: "immediate", ...how });
  };
}

/**
 * The widget draws the state of its model, which is replaced here. Later points take the widget's
 * own path, as soon as the last transition has ended.
 * @param {Stage} stage
 */
async function jscatter(stage) {
  const { view, width, height, size, alpha: opacity, middle, half, gap } = stage;
  const state = { ...(await load("/jscatter.json")), width, height, size, opacity };
  const [count, columns] = state.points.shape;
  const given = new Float32Array(state.points.view);
  const frames = range(SHOWN).map((p) => {
    const places = view.film.places(p);
    return range(count).map((i) => [
      (places[2 * i] - middle[0]) / half[1],
      (places[2 * i + 1] - middle[1]) / half[1],
      ...given.subarray(i * columns + 2, i * columns + columns),
    ]);
  });
  given.set(frames[0].flat());
  state.points.view = new DataView(given.buffer);
  const place = clear(stage);
  const idle = () => {};
  const model = {
    /** @param {string} name */
    get: (name) => state[name] ?? null,
    /** @param {string} name @param {unknown} value */
    set: (name, value) => (state[name] = value),
    on: idle,
    send: idle,
    save_changes: idle,
  };
  const path = "/jscatter.js"; // not typed
  const { default: widget } = await import(path);
  await widget.render({ el: place, model });
  /** @returns {any} */
  const api = () => {
    const elements = /** @type {(Element & { api?: any })[]} */ ([...place.querySelectorAll("*")]);
    return elements.find((element) => element.api)?.api;
  };
  while (!api()) await nextFrame();
  const how = { transition: true, transitionDuration: gap, transitionEasing: "quadInOut" };
  return async () => {
    for (let f = 1; ; f = (f + 1) % SHOWN) await api().draw(frames[f], how);
  };
}

/**
 * Each prepares its film, and returns a function that starts it.
 * @type {Record<string, (stage: Stage) => Promise<() => void>>}
 */
const WAYS = {
  view: async (stage) => () => stage.view.play(true),
  scattergl: (stage) => restyled(stage, false),
  bare: (stage) => restyled(stage, true),
  scatter: animated,
  jscatter,
};

// ---------------------------------------------------------------- what Python calls

class Bench {
  /** @type {Stage | null} */
  #stage = null;

  /** @param {string} way */
  async prepare(way) {
    const stage = await setOut();
    this.#stage = stage;
    const start = await WAYS[way](stage);
    for (let i = 0; i < 5; i++) await nextFrame();
    start();
    return [stage.width, stage.height];
  }

  /** @param {number} seconds */
  async measure(seconds) {
    await nextFrame();
    drawnSinceLastTime();
    const start = performance.now();
    let frames = 0;
    let now = start;
    while (now - start < 1000 * seconds) {
      await nextFrame();
      if (drawnSinceLastTime()) frames++;
      now = performance.now();
    }
    return { frames, seconds: (now - start) / 1000 };
  }

  /**
   * Pick as while the film plays: the places of all points are computed again for each pick.
   * @param {number} batches
   * @param {number} [each]
   */
  async pick(batches, each = 10) {
    if (!this.#stage) throw new Error("prepare first");
    const { view, width, height } = this.#stage;
    const times = [];
    for (let batch = 0; batch < batches; batch++) {
      await nextFrame();
      const start = performance.now();
      for (let i = 0; i < each; i++) {
        view.film.cache.p = NaN;
        view.pick(width * Math.random(), height * Math.random());
      }
      times.push((performance.now() - start) / each);
    }
    return times;
  }
}

Object.assign(window, { bench: new Bench() });
