// Five ways to move points, on a page of `benchmarks/views.py`, and one counter of frames for all.
//
//   await bench.prepare(way)      shows the film's start and sets it going; returns the map's size
//   await bench.measure(seconds)  animation frames in which points were drawn, and the seconds
//   await bench.pick(batches)     ms of one pick of ours, a number for each batch

const SHOWN = 12; // frames of the film that the others show, over and over
const TWEENED = 10; // moments from one frame to the next that plotly's scattergl is given

const nextFrame = () => new Promise(requestAnimationFrame);

// ---------------------------------------------------------------- the counter

// Every way draws with WebGL, by putting pixels, or by moving marks. In each animation frame the
// counter looks for what was drawn since the last one.
let drew = false;

function watch(kind, ...names) {
  for (const name of names) {
    const plain = kind.prototype[name];
    kind.prototype[name] = function (...parts) {
      drew = true;
      return plain.apply(this, parts);
    };
  }
}

watch(WebGLRenderingContext, "drawArrays", "drawElements");
watch(WebGL2RenderingContext, "drawArrays", "drawElements");
watch(CanvasRenderingContext2D, "putImageData");

let marks = [];
let places = "";

function drawnSinceLastTime() {
  const before = places;
  places = marks.map((mark) => mark.getAttribute("transform")).join();
  const drawn = drew || places !== before;
  drew = false;
  return drawn;
}

// ---------------------------------------------------------------- the ways

let film, view, stage;

const revive = (key, value) =>
  value?.base64 === undefined
    ? value
    : Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)).buffer;

async function load(name) {
  return JSON.parse(await (await fetch(name)).text(), revive);
}

// What the view shows, for the others to show the same.
async function setOut() {
  const { mount } = await import("/view.js");
  film = await load("/film.json");
  view = mount(document.getElementById("here"), film, { frame: 0 });
  while (!view.settled) await nextFrame();
  view.draw();
  const { width, height, size, camera, members } = view;
  const half = [width / 2 / camera.scale, height / 2 / camera.scale];
  const gap = 1000 / view.pace; // ms from one frame of the film to the next
  stage = { width, height, size, camera, half, gap, members, alpha: view.rgba[3] / 255 };
}

// An empty place of the same size where the view was.
function clear() {
  view.destroy();
  const here = document.createElement("div");
  here.style.cssText = `width: ${stage.width}px; height: ${stage.height}px; position: relative`;
  document.getElementById("here").replaceChildren(here);
  return here;
}

// Coordinates of each class at some moments of the film: { x: [...], y: [...] } each.
function byClass(moments) {
  return moments.map((p) => {
    const places = view.film.places(p);
    const along = (axis) => stage.members.map((points) => Float32Array.from(points, (i) => places[2 * i + axis]));
    return { x: along(0), y: along(1) };
  });
}

const range = (count, by = 1) => Array.from({ length: count }, (_, i) => i * by);

// As it comes, or bare: without axes, legend, margins or a canvas finer than the screen's.
async function plotlyFigure(type, { x, y }, bare) {
  const { width, height, camera, half, size, alpha } = stage;
  const axis = (middle, reach) => ({ range: [middle - reach, middle + reach], visible: !bare });
  const data = film.about.colors.map((color, k) => ({
    type, mode: "markers", name: film.about.names[k], x: x[k], y: y[k],
    marker: { color, size, opacity: alpha },
  }));
  const layout = { width, height, xaxis: axis(camera.x, half[0]), yaxis: axis(camera.y, half[1]) };
  if (!bare) return Plotly.newPlot(clear(), data, layout);
  Object.assign(layout, { margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false });
  return Plotly.newPlot(clear(), data, layout, { plotGlPixelRatio: 1, displayModeBar: false });
}

async function restyled(bare) {
  const moments = byClass(range(SHOWN * TWEENED - TWEENED, 1 / TWEENED));
  const figure = await plotlyFigure("scattergl", moments[0], bare);
  return async () => {
    for (let i = 1; ; i = (i + 1) % moments.length) {
      await Plotly.restyle(figure, moments[i]);
      await nextFrame();
    }
  };
}

// Each prepares, and returns what sets it going.
const WAYS = {
  async view() {
    return () => view.play(true);
  },

  scattergl: () => restyled(false),

  bare: () => restyled(true),

  async scatter() {
    const moments = byClass(range(SHOWN));
    const figure = await plotlyFigure("scatter", moments[0], true);
    const frames = moments.map(({ x, y }, f) => ({
      name: String(f), data: x.map((_, k) => ({ x: x[k], y: y[k] })), traces: range(x.length),
    }));
    await Plotly.addFrames(figure, frames);
    const all = figure.querySelectorAll("path.point");
    marks = range(20).map((i) => all[Math.floor((i * all.length) / 20)]);
    const { gap: duration } = stage;
    const how = { frame: { duration, redraw: false }, transition: { duration, easing: "linear" } };
    return async () => {
      for (;;) await Plotly.animate(figure, null, { mode: "immediate", ...how });
    };
  },

  // The widget draws what its model, here a stand-in, says; later points go the way on which the
  // widget itself hands them on, but as soon as it has come to rest.
  async jscatter() {
    const { width, height, size, alpha: opacity, camera, half, gap } = stage;
    const state = { ...(await load("/jscatter.json")), width, height, size, opacity };
    const [count, columns] = state.points.shape;
    const given = new Float32Array(state.points.view);
    const scale = (value, middle) => (value - middle) / half[1];
    const frames = range(SHOWN).map((p) => {
      const places = view.film.places(p);
      return range(count).map((i) => [
        scale(places[2 * i], camera.x), scale(places[2 * i + 1], camera.y),
        ...given.subarray(i * columns + 2, i * columns + columns),
      ]);
    });
    given.set(frames[0].flat());
    state.points.view = new DataView(given.buffer);
    const here = clear();
    const idle = () => {};
    const get = (name) => state[name] ?? null;
    const set = (name, value) => (state[name] = value);
    const { default: widget } = await import("/jscatter.js");
    await widget.render({ el: here, model: { get, set, on: idle, send: idle, save_changes: idle } });
    const api = () => [...here.querySelectorAll("*")].find((element) => element.api)?.api;
    while (!api()) await nextFrame();
    const how = { transition: true, transitionDuration: gap, transitionEasing: "quadInOut" };
    return async () => {
      for (let f = 1; ; f = (f + 1) % SHOWN) await api().draw(frames[f], how);
    };
  },
};

// ---------------------------------------------------------------- what Python calls

window.bench = {
  async prepare(way) {
    await setOut();
    const start = await WAYS[way]();
    for (let i = 0; i < 5; i++) await nextFrame();
    start();
    return [stage.width, stage.height];
  },

  async measure(seconds) {
    await nextFrame();
    drawnSinceLastTime();
    const start = performance.now();
    let frames = 0;
    let now = start;
    while (now - start < 1000 * seconds) {
      await nextFrame();
      frames += drawnSinceLastTime();
      now = performance.now();
    }
    return { frames, seconds: (now - start) / 1000 };
  },

  // As while the film plays: where the points are is computed anew for each pick.
  async pick(batches, each = 10) {
    const times = [];
    for (let batch = 0; batch < batches; batch++) {
      await nextFrame();
      const start = performance.now();
      for (let i = 0; i < each; i++) {
        view.film.cache.p = NaN;
        view.pick(stage.width * Math.random(), stage.height * Math.random());
      }
      times.push((performance.now() - start) / each);
    }
    return times;
  },
};
