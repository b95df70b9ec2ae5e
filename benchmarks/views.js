// Four ways to move points, on a page of `benchmarks/views.py`, and one counter of frames for all.
//
//   await bench.prepare(way, gap)   shows the film's first frame; a gap between frames takes `gap` ms
//   await bench.measure(seconds)    frames that were drawn and finished, and the seconds they took
//   await bench.pick(batches)       ms of one pick of ours, a number for each batch

const TWEENED = 10; // moments of a gap that plotly's scattergl is given
const GAPS = 4; // of the film that it is shown, over and over

const nextFrame = () => new Promise(requestAnimationFrame);

// ---------------------------------------------------------------- the counter

// Every way draws either with WebGL or by moving marks. In each animation frame the counter looks
// for what was drawn since the last one. It reads back one pixel of each canvas that drew, which
// waits until all of its drawing is done.
const drew = new Set();

for (const kind of [WebGLRenderingContext, WebGL2RenderingContext]) {
  for (const name of ["drawArrays", "drawElements"]) {
    const plain = kind.prototype[name];
    kind.prototype[name] = function (...parts) {
      drew.add(this);
      return plain.apply(this, parts);
    };
  }
}

const pixel = new Uint8Array(4);

function finish(gl) {
  const bound = gl.getParameter(gl.FRAMEBUFFER_BINDING);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  gl.bindFramebuffer(gl.FRAMEBUFFER, bound);
}

let marks = [];
let places = "";

function drawnSinceLastTime() {
  const contexts = [...drew];
  drew.clear();
  contexts.forEach(finish);
  const before = places;
  places = marks.map((mark) => mark.getAttribute("transform")).join();
  return contexts.length > 0 || places !== before;
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

// What the view shows, for the others to show the same: size of its map, of its points, ...
async function setOut() {
  const { mount } = await import("/view.js");
  film = await load("/film.json");
  view = mount(document.getElementById("here"), film, { frame: 0 });
  while (!view.settled) await nextFrame();
  view.draw();
  const { width, height, size, camera, members } = view;
  const half = [width / 2 / camera.scale, height / 2 / camera.scale];
  stage = { width, height, size, camera, half, members, alpha: view.rgba[3] / 255 };
  stage.colors = view.about.colors;
}

function clear() {
  view.destroy();
  const here = document.createElement("div");
  here.style.cssText = `width: ${stage.width}px; height: ${stage.height}px; position: relative`;
  document.getElementById("here").replaceChildren(here);
  return here;
}

// Coordinates of each class at a moment of the film: { x: [...], y: [...] }.
function byClass(p) {
  const all = view.film.places(p);
  const along = (axis) => stage.members.map((points) => Float32Array.from(points, (i) => all[2 * i + axis]));
  return { x: along(0), y: along(1) };
}

function plotlyFigure(type, start) {
  const { width, height, camera, half, size, alpha } = stage;
  const axis = (middle, half) => ({ range: [middle - half, middle + half], visible: false });
  const data = stage.colors.map((color, k) => ({
    type, mode: "markers", x: start.x[k], y: start.y[k], marker: { color, size, opacity: alpha },
  }));
  const layout = {
    width, height, margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false,
    xaxis: axis(camera.x, half[0]), yaxis: axis(camera.y, half[1]),
  };
  return [data, layout, { plotGlPixelRatio: 1, displayModeBar: false }];
}

const WAYS = {
  async view(gap) {
    view.filmBar.setSpeed(1000 / gap / view.pace);
    return () => view.play(true);
  },

  async scattergl() {
    const moments = Array.from({ length: GAPS * TWEENED }, (_, i) => byClass(i / TWEENED));
    const here = clear();
    await Plotly.newPlot(here, ...plotlyFigure("scattergl", moments[0]));
    return async () => {
      for (let i = 1; ; i = (i + 1) % moments.length) {
        await Plotly.restyle(here, moments[i]);
        await nextFrame();
      }
    };
  },

  async scatter(gap) {
    const frames = film.film.frames.map((_, f) => byClass(f));
    const here = clear();
    await Plotly.newPlot(here, ...plotlyFigure("scatter", frames[0]));
    const named = frames.map(({ x, y }, f) => ({
      name: String(f), data: x.map((_, k) => ({ x: x[k], y: y[k] })), traces: x.map((_, k) => k),
    }));
    await Plotly.addFrames(here, named);
    marks = [...here.querySelectorAll("path.point")].filter((_, i, all) => i % Math.ceil(all.length / 20) === 0);
    const options = {
      mode: "immediate",
      frame: { duration: gap, redraw: false },
      transition: { duration: gap, easing: "linear" },
    };
    return async () => {
      for (;;) await Plotly.animate(here, null, options);
    };
  },

  async jscatter(gap) {
    const state = await load("/jscatter.json");
    const few = film.film.frames.map((_, f) => Float32Array.from(view.film.places(f)));
    const { camera, half } = stage;
    const given = new Float32Array(state.points.view);
    const wide = state.points.shape[1];
    const at = (places, i) => [
      (places[2 * i] - camera.x) / half[1], (places[2 * i + 1] - camera.y) / half[1],
      ...given.subarray(i * wide + 2, (i + 1) * wide),
    ];
    const frames = few.map((places) => Array.from({ length: state.points.shape[0] }, (_, i) => at(places, i)));
    given.set(frames[0].flat());
    state.points.view = new DataView(given.buffer);
    Object.assign(state, { width: stage.width, height: stage.height, size: stage.size, opacity: stage.alpha });
    const here = clear();
    const model = {
      get: (name) => state[name] ?? null,
      set: (name, value) => (state[name] = value),
      on() {}, off() {}, send() {}, save_changes() {},
    };
    const { default: widget } = await import("/jscatter.js");
    await widget.render({ model, el: here });
    let holder;
    while (!holder) {
      await nextFrame();
      holder = [...here.querySelectorAll("*")].find((element) => element.api);
    }
    const how = { transition: true, transitionDuration: gap, transitionEasing: "quadInOut" };
    return async () => {
      for (let f = 1; ; f = (f + 1) % frames.length) await holder.api.draw(frames[f], how);
    };
  },
};

// ---------------------------------------------------------------- what Python calls

window.bench = {
  async prepare(way, gap) {
    await setOut();
    const start = await WAYS[way](gap);
    for (let i = 0; i < 5; i++) await nextFrame();
    start();
    return stage;
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
