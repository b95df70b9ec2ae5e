// A map of embedded images, and a film of how they came to lie there.
//
//   mount(element, payload, options)   draws into any element of any page and returns a View
//   export default () => ({ initialize, render })   is the same as an anywidget
//
// `payload` is what Python's EmbeddingView.payload() returns: { film, about, images }, bytes given
// as ArrayBuffer, DataView or typed array. `options`: frame, playing, selected, highlighted,
// onChange(changes) called when the reader changes one of these, and renderer: "webgl2" or "canvas"
// to insist on one. The element's child ".siamese-view" carries the View as its property `view`.
//
// Sections: numbers - the film - two renderers - drawing over the points - controls - the view -
// the anywidget.

// ---------------------------------------------------------------- numbers

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const eased = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
const grouped = (number) => number.toLocaleString("en");
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

function bytesOf(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

// Copied, as a message's bytes may begin at an odd address, where no Uint16Array can.
const wordsOf = (data) => new Uint16Array(bytesOf(data).slice().buffer);

function shortNumber(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(1);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 3 : 4);
}

// The largest of 1, 2, 5, 10, 20, ... (and 0.5, 0.2, ...) that is at most `most`.
function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1);
}

// ---------------------------------------------------------------- the film

// All frames, and where the points are at any moment p from 0 to frames - 1. Between frames they
// follow Catmull-Rom curves: they pass through each frame as recorded, without a jolt. At a
// moment, then, a place is a weighted sum of four frames: `mix` gives the weights, and a shader or
// a loop takes the sum.
class Film {
  constructor(film) {
    this.count = film.count;
    this.frames = film.frames.map(wordsOf);
    this.bounds = film.bounds.map((bounds) => [...bounds]);
    this.cache = { p: NaN, places: new Float32Array(0) };
    this.medianCache = new Map();
  }

  get last() {
    return Math.max(this.frames.length - 1, 0);
  }

  append(index, bounds, data) {
    const frame = wordsOf(data);
    while (this.frames.length <= index) {
      this.frames.push(frame);
      this.bounds.push([...bounds]);
    }
    this.cache.p = NaN;
  }

  mix(p) {
    const start = clamp(Math.floor(p), 0, this.last);
    const t = p - start;
    const at = [-1, 0, 1, 2].map((offset) => clamp(start + offset, 0, this.last));
    const weights = [
      (-t + 2 * t * t - t ** 3) / 2,
      (2 - 5 * t * t + 3 * t ** 3) / 2,
      (t + 4 * t * t - 3 * t ** 3) / 2,
      (-t * t + t ** 3) / 2,
    ];
    const gain = weights.map((weight, i) => weight * this.bounds[at[i]][2]);
    const sum = (axis) => weights.reduce((s, w, i) => s + w * this.bounds[at[i]][axis], 0);
    return { at, weights, gain, x: sum(0), y: sum(1) };
  }

  // x and y of every point, Float32Array (2 * count), good until the next call.
  places(p) {
    if (this.cache.p === p) return this.cache.places;
    const { at, gain, x, y } = this.mix(p);
    const [a, b, c, d] = at.map((index) => this.frames[index]);
    const [ga, gb, gc, gd] = gain;
    let places = this.cache.places;
    if (places.length !== 2 * this.count) places = new Float32Array(2 * this.count);
    for (let i = 0; i < places.length; i += 2) {
      places[i] = a[i] * ga + b[i] * gb + c[i] * gc + d[i] * gd + x;
      const j = i + 1;
      places[j] = a[j] * ga + b[j] * gb + c[j] * gc + d[j] * gd + y;
    }
    this.cache = { p, places };
    return places;
  }

  place(point, p) {
    const { at, gain, x, y } = this.mix(p);
    const sum = (axis) => at.reduce((s, f, i) => s + gain[i] * this.frames[f][2 * point + axis], 0);
    return [x + sum(0), y + sum(1)];
  }

  // The middle of each class, weighted like the points; of large classes some hundred points tell.
  medians(p, members) {
    const { at, weights } = this.mix(p);
    const parts = at.map((index) => this.mediansOf(index, members));
    return members.map((_, k) =>
      [0, 1].map((axis) => parts.reduce((s, part, i) => s + weights[i] * part[k][axis], 0)),
    );
  }

  mediansOf(index, members) {
    const frame = this.frames[index];
    if (!this.medianCache.has(frame)) {
      const [x, y, size] = this.bounds[index];
      this.medianCache.set(
        frame,
        members.map((points) => {
          const stride = Math.ceil(points.length / 400);
          const few = points.filter((_, i) => i % stride === 0);
          const middle = (axis) =>
            Uint16Array.from(few, (i) => frame[2 * i + axis]).sort()[few.length >> 1] ?? 0;
          return [x + size * middle(0), y + size * middle(1)];
        }),
      );
    }
    return this.medianCache.get(frame);
  }

  // A box around every frame: [left, bottom, right, top].
  box() {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [x, y, , right, top] of this.bounds) {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], right);
      box[3] = Math.max(box[3], top);
    }
    return box;
  }
}

// ---------------------------------------------------------------- two renderers

// Both draw a scene: { film, p, classes, rgba (of each class), camera: {x, y, scale}, width, height,
// ratio, size, front: Uint32Array of points drawn on top, frontSize, frontRim, ground: [r, g, b] }.

const VERTEX = `#version 300 es
in vec2 a, b, c, d;
in uint number;
uniform vec4 gain;
uniform vec2 offset, stretch;
uniform float size;
uniform sampler2D palette;
out vec4 color;
void main() {
  color = texelFetch(palette, ivec2(number & 255u, number >> 8), 0);
  vec2 place = a * gain.x + b * gain.y + c * gain.z + d * gain.w + offset;
  gl_Position = color.a > 0.002 ? vec4(place * stretch, 0, 1) : vec4(2, 2, 2, 1);
  gl_PointSize = size;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 color;
uniform float size, rim;
uniform vec3 ground;
uniform bool front;
out vec4 pixel;
void main() {
  float inside = size / 2.0 - length(gl_PointCoord - 0.5) * size;
  float cover = clamp(inside, 0.0, 1.0);
  vec3 ink = mix(ground, color.rgb, rim > 0.0 ? clamp(inside - rim, 0.0, 1.0) : 1.0);
  float alpha = front ? 1.0 : color.a;
  pixel = vec4(ink, 1) * alpha * cover;
}`;

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let emulated = false; // whether WebGL was found to be acted out by the processor

function nameOfCard(gl) {
  const name = gl.getParameter(gl.RENDERER);
  const info = name === "WebKit WebGL" && gl.getExtension("WEBGL_debug_renderer_info"); // Chromium
  return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : name;
}

class WebGLRenderer {
  name = "webgl2";

  // `fast`: only where the drawing is done by graphics hardware.
  constructor(canvas, fast) {
    if (fast && emulated) throw new Error("no graphics hardware");
    const gl = canvas.getContext("webgl2", { antialias: false, failIfMajorPerformanceCaveat: fast });
    if (!gl) throw new Error("no WebGL2");
    this.gl = gl;
    emulated = SOFTWARE.test(nameOfCard(gl));
    if (fast && emulated) {
      this.destroy();
      throw new Error("no graphics hardware");
    }
    this.program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
    }
    ["a", "b", "c", "d", "number"].forEach((name, i) => gl.bindAttribLocation(this.program, i, name));
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS)) throw new Error("no WebGL2 program");
    const names = ["gain", "offset", "stretch", "size", "rim", "ground", "front"];
    this.at = Object.fromEntries(names.map((n) => [n, gl.getUniformLocation(this.program, n)]));
    gl.useProgram(this.program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (let i = 0; i < 5; i++) gl.enableVertexAttribArray(i);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
    }
    this.buffers = new Map();
    this.numbers = gl.createBuffer();
    this.chosen = gl.createBuffer();
  }

  // A frame goes to the graphics memory when it is first drawn.
  bufferOf(frame) {
    const gl = this.gl;
    let buffer = this.buffers.get(frame);
    if (!buffer) {
      buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, frame, gl.STATIC_DRAW);
      this.buffers.set(frame, buffer);
    }
    return buffer;
  }

  use(film, classes) {
    const gl = this.gl;
    for (const [frame, buffer] of this.buffers) {
      if (film.frames.includes(frame)) continue;
      gl.deleteBuffer(buffer);
      this.buffers.delete(frame);
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.numbers);
    gl.bufferData(gl.ARRAY_BUFFER, classes, gl.STATIC_DRAW);
    gl.vertexAttribIPointer(4, 1, gl.UNSIGNED_SHORT, 0, 0);
  }

  draw(scene) {
    const { gl, at } = this;
    const { film, camera, ratio } = scene;
    const mix = film.mix(scene.p);
    mix.at.forEach((index, i) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.bufferOf(film.frames[index]));
      gl.vertexAttribPointer(i, 2, gl.UNSIGNED_SHORT, false, 0, 0);
    });
    const rows = Math.ceil(scene.rgba.length / 1024);
    const texels = new Uint8Array(rows * 1024);
    texels.set(scene.rgba);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4fv(at.gain, mix.gain);
    gl.uniform2f(at.offset, mix.x - camera.x, mix.y - camera.y);
    const zoom = 2 * camera.scale;
    gl.uniform2f(at.stretch, zoom / scene.width, zoom / scene.height);
    gl.uniform3fv(at.ground, scene.ground.map((part) => part / 255));
    gl.uniform1f(at.size, scene.size * ratio);
    gl.uniform1f(at.rim, 0);
    gl.uniform1i(at.front, 0);
    gl.drawArrays(gl.POINTS, 0, film.count);
    if (!scene.front.length) return;
    gl.uniform1f(at.size, scene.frontSize * ratio);
    gl.uniform1i(at.front, 1);
    gl.uniform1f(at.rim, scene.frontRim * ratio);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.chosen);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, scene.front, gl.DYNAMIC_DRAW);
    gl.drawElements(gl.POINTS, scene.front.length, gl.UNSIGNED_INT, 0);
  }

  destroy() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

// Without graphics hardware the points are stamped into the pixels one by one: many times faster
// than asking the canvas to draw each, and than WebGL that a processor only acts out.
const FINE = 4;

class CanvasRenderer {
  name = "canvas";

  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { alpha: false });
    this.stamps = new Map();
  }

  use() {}

  // Which pixels a disc covers, and how much of each in 256ths, when its middle lies at one of
  // FINE x FINE places within a pixel.
  stamp(size) {
    const { width } = this.image;
    const key = `${size.toFixed(1)} ${width}`;
    if (this.stamps.has(key)) return this.stamps.get(key);
    const reach = Math.ceil(size / 2) + 1;
    const discs = Array.from({ length: FINE * FINE }, (_, place) => {
      const left = ((place % FINE) + 0.5) / FINE;
      const top = (Math.floor(place / FINE) + 0.5) / FINE;
      const [offsets, covers] = [[], []];
      for (let y = -reach; y <= reach; y++) {
        for (let x = -reach; x <= reach; x++) {
          const cover = Math.round(256 * clamp(size / 2 + 0.5 - Math.hypot(x + 0.5 - left, y + 0.5 - top), 0, 1));
          if (cover) offsets.push(y * width + x) && covers.push(cover);
        }
      }
      return { offsets: Int32Array.from(offsets), covers: Int32Array.from(covers) };
    });
    if (this.stamps.size > 20) this.stamps.clear();
    this.stamps.set(key, { reach, discs });
    return this.stamps.get(key);
  }

  // Stamp a disc at each of the points: red and blue are blended in one multiplication, green in
  // another. `colors` and `alphas` (of 256) are the classes'.
  put(points, { reach, discs }, { places, scale, left, top }, classes, colors, alphas) {
    const { pixels } = this;
    const { width, height } = this.image;
    for (let n = 0; n < points.length; n++) {
      const i = points[n];
      const alpha = alphas[classes[i]];
      const x = left + places[2 * i] * scale;
      const y = top - places[2 * i + 1] * scale;
      if (!(alpha && x >= reach && y >= reach && x < width - reach && y < height - reach)) continue;
      const [column, row] = [x | 0, y | 0];
      const disc = discs[FINE * (((y - row) * FINE) | 0) + (((x - column) * FINE) | 0)];
      const { offsets, covers } = disc;
      const middle = row * width + column;
      const color = colors[classes[i]];
      const [ends, green] = [color & 0xff00ff, color & 0x00ff00];
      for (let j = 0; j < offsets.length; j++) {
        const at = middle + offsets[j];
        const part = (alpha * covers[j]) >> 8;
        const rest = 256 - part;
        const under = pixels[at];
        pixels[at] =
          0xff000000 |
          (((ends * part + (under & 0xff00ff) * rest) >>> 8) & 0xff00ff) |
          (((green * part + (under & 0x00ff00) * rest) >>> 8) & 0x00ff00);
      }
    }
  }

  draw(scene) {
    const { camera, ratio, rgba, classes, film } = scene;
    const { width, height } = this.canvas;
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = this.pen.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    if (this.every?.length !== film.count) this.every = Uint32Array.from({ length: film.count }, (_, i) => i);
    const packed = ([r, g, b]) => (b << 16) | (g << 8) | r;
    const ground = packed(scene.ground);
    this.pixels.fill(0xff000000 | ground);
    const scale = camera.scale * ratio;
    const left = width / 2 - camera.x * scale;
    const top = height / 2 + camera.y * scale;
    const at = { places: film.places(scene.p), scale, left, top };
    const each = (part) =>
      Int32Array.from({ length: rgba.length / 4 }, (_, k) => part(rgba.subarray(4 * k, 4 * k + 4)));
    const colors = each(packed);
    const alphas = each((color) => Math.round((256 * color[3]) / 255));
    this.put(this.every, this.stamp(scene.size * ratio), at, classes, colors, alphas);
    const full = alphas.map((alpha) => alpha && 256);
    const around = this.stamp(scene.frontSize * ratio);
    const inside = this.stamp((scene.frontSize - 2 * scene.frontRim) * ratio);
    for (const i of scene.front) {
      this.put([i], around, at, classes, colors.map(() => ground), full);
      this.put([i], inside, at, classes, colors, full);
    }
    this.pen.putImageData(this.image, 0, 0);
  }

  destroy() {}
}

// ---------------------------------------------------------------- drawing over the points

// A second canvas, above the points: names, trail, lines, rings, scale, lasso.
const HALO = 4;

class Overlay {
  constructor(canvas) {
    this.pen = canvas.getContext("2d");
    this.copies = new Map(); // of words, by what they look like
  }

  draw(view) {
    const { pen } = this;
    const style = getComputedStyle(view.root);
    const color = (name) => style.getPropertyValue(`--sv-${name}`).trim();
    this.ground = style.backgroundColor;
    this.ink = style.color;
    this.quiet = color("quiet");
    this.accent = color("accent");
    this.ratio = view.ratio;
    pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    pen.clearRect(0, 0, view.width, view.height);
    if (!view.ready) return;
    pen.lineJoin = pen.lineCap = "round";
    this.font = (weight, size) => `${weight} ${size}px ${style.fontFamily}`;
    if (view.showNames) this.names(view);
    this.chosen(view);
    this.scale(view);
    this.note(view);
    this.lasso(view);
  }

  // Text that reads on any points: with a halo in the colour of the ground. Drawn once, and from
  // then on copied, as outlines of letters are the dearest thing to draw anew for each frame.
  words(text, x, y, align = "center") {
    const { pen, ratio } = this;
    const key = [text, pen.font, pen.fillStyle, this.ground, ratio].join();
    let copy = this.copies.get(key);
    if (!copy) {
      const width = Math.ceil(pen.measureText(text).width) + 2 * HALO;
      const height = Math.ceil(1.5 * parseFloat(pen.font.match(/[\d.]+px/)[0])) + 2 * HALO;
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [Math.ceil(width * ratio), Math.ceil(height * ratio)];
      const fresh = canvas.getContext("2d");
      fresh.scale(ratio, ratio);
      fresh.font = pen.font;
      fresh.fillStyle = pen.fillStyle;
      fresh.strokeStyle = this.ground;
      fresh.lineWidth = HALO;
      fresh.lineJoin = "round";
      fresh.textBaseline = "middle";
      fresh.strokeText(text, HALO, height / 2);
      fresh.fillText(text, HALO, height / 2);
      copy = { canvas, width, height };
      if (this.copies.size > 200) this.copies.clear();
      this.copies.set(key, copy);
    }
    const left = x - { left: HALO, center: copy.width / 2, right: copy.width - HALO }[align];
    const sharp = (value) => Math.round(value * ratio) / ratio;
    const { width, height } = copy.canvas;
    pen.drawImage(copy.canvas, sharp(left), sharp(y - copy.height / 2), width / ratio, height / ratio);
  }

  names(view) {
    const { pen } = this;
    const middles = view.film.medians(view.p, view.members);
    pen.font = this.font(600, 15);
    pen.fillStyle = this.ink;
    // In a heap of clouds, such as untrained ones, names would lie on each other: they fade.
    const at = middles.map((middle) => view.toScreen(middle));
    const named = (k) => view.members[k].some((i) => !view.about.marked.includes(i));
    const shown = [...at.keys()].filter((k) => view.shown[k] > 0.01 && named(k));
    for (const k of shown) {
      const near = shown.map((j) => (j === k ? Infinity : Math.hypot(at[j][0] - at[k][0], at[j][1] - at[k][1])));
      pen.globalAlpha = view.shown[k] * clamp((Math.min(...near, 100) - 13) / 8, 0, 1);
      if (pen.globalAlpha > 0.02) this.words(view.about.names[k], ...at[k]);
    }
    pen.globalAlpha = 1;
  }

  chosen(view) {
    const { pen } = this;
    const one = view.selected.length === 1 && view.isShown(view.selected[0]) ? view.selected[0] : null;
    const followed = view.followed;
    followed.forEach((point) => this.trail(view, point));
    if (one !== null) {
      const at = view.toScreen(view.film.place(one, view.p));
      pen.lineWidth = 1;
      pen.strokeStyle = this.ink;
      pen.globalAlpha = 0.65;
      for (const other of view.highlighted) {
        if (other === one || !view.isShown(other)) continue;
        pen.beginPath();
        pen.moveTo(...at);
        pen.lineTo(...view.toScreen(view.film.place(other, view.p)));
        pen.stroke();
      }
      pen.globalAlpha = 1;
      const reach = (view.about.margin ?? 0) * view.camera.scale;
      if (reach > 8 && reach < 4 * view.width) {
        pen.strokeStyle = this.quiet;
        pen.setLineDash([3, 5]);
        this.circle(at, reach);
        pen.setLineDash([]);
      }
    }
    for (const point of followed) {
      const at = view.toScreen(view.film.place(point, view.p));
      this.ring(at, view.frontSize / 2 + 3, view.selected.includes(point) ? this.accent : this.ink);
      if (view.pictures && view.hover === null) this.thumbnail(view, point, at);
    }
    if (view.hover !== null && view.hover !== one) {
      this.ring(view.toScreen(view.film.place(view.hover, view.p)), view.size / 2 + 3, this.accent);
    }
  }

  circle(at, radius) {
    this.pen.beginPath();
    this.pen.arc(...at, radius, 0, 2 * Math.PI);
    this.pen.stroke();
  }

  ring(at, radius, color) {
    const { pen } = this;
    pen.lineWidth = 4;
    pen.strokeStyle = this.ground;
    this.circle(at, radius);
    pen.lineWidth = 2;
    pen.strokeStyle = color;
    this.circle(at, radius);
  }

  // Where a point has been, fading into the past.
  trail(view, point) {
    const { pen } = this;
    const parts = 6; // lines from frame to frame
    const total = Math.ceil(view.p * parts);
    let from = view.toScreen(view.film.place(point, 0));
    pen.strokeStyle = pen.fillStyle = view.colorOf(point);
    pen.lineWidth = 2;
    for (let i = 1; i <= total; i++) {
      const p = Math.min(i / parts, view.p);
      const to = view.toScreen(view.film.place(point, p));
      pen.globalAlpha = 0.2 + 0.7 * (p / view.p) ** 2;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
      if (i % parts === 0 && i < total) {
        pen.beginPath();
        pen.arc(...to, 1.75, 0, 7);
        pen.fill();
      }
      from = to;
    }
    pen.globalAlpha = 1;
  }

  thumbnail(view, point, [x, y]) {
    const { pen } = this;
    const picture = view.pictures.canvas(point);
    const high = 44;
    const wide = clamp((high * picture.width) / picture.height, 16, 88);
    const left = x + 16 + wide > view.width ? x - 16 - wide : x + 16;
    const top = y - 16 - high < 0 ? y + 16 : y - 16 - high;
    pen.fillStyle = view.colorOf(point);
    pen.beginPath();
    pen.roundRect(left - 2, top - 2, wide + 4, high + 4, 4);
    pen.fill();
    pen.imageSmoothingEnabled = picture.width > 2 * wide;
    pen.drawImage(picture, left, top, wide, high);
  }

  scale(view) {
    const { pen } = this;
    const unit = view.camera.scale;
    const length = roundLength(110 / unit);
    pen.font = this.font(400, 12);
    pen.fillStyle = this.quiet;
    const bar = (y, wide, text, color) => {
      for (const [width, style] of [[4, this.ground], [1.5, color]]) {
        pen.lineWidth = width;
        pen.strokeStyle = style;
        pen.beginPath();
        pen.moveTo(16, y - 4);
        pen.lineTo(16, y);
        pen.lineTo(16 + wide, y);
        pen.lineTo(16 + wide, y - 4);
        pen.stroke();
      }
      this.words(text, 24 + wide, y - 3, "left");
    };
    const digits = clamp(-Math.floor(Math.log10(length)), 0, 20);
    const tell = length >= 1e6 || length < 1e-4 ? length.toExponential(0) : length.toFixed(digits);
    const margin = view.about.margin ?? 0;
    const wide = margin * unit;
    const fits = wide >= 4 && wide < view.width - 120;
    const equal = fits && Math.abs(margin / length - 1) < 1e-6; // one bar says both
    if (!equal) bar(view.height - 16, length * unit, `distance ${tell}`, this.quiet);
    if (fits) bar(view.height - (equal ? 16 : 38), wide, `margin ${+margin.toPrecision(3)}`, this.ink);
  }

  note(view) {
    this.pen.font = this.font(400, 12);
    this.pen.fillStyle = this.quiet;
    const beside = view.width - this.pen.measureText(view.about.note).width > 240; // the scale
    const y = view.height - (beside ? 19 : 62);
    if (view.about.note) this.words(view.about.note, view.width - 14, y, "right");
  }

  lasso(view) {
    const { pen } = this;
    if (!view.lasso) return;
    pen.beginPath();
    view.lasso.forEach(([x, y]) => pen.lineTo(x, y));
    pen.closePath();
    pen.fillStyle = pen.strokeStyle = this.accent;
    pen.globalAlpha = 0.12;
    pen.fill();
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5;
    pen.stroke();
  }
}

// The images, once unpacked.
class Pictures {
  static async unpack({ shape, data }) {
    const stream = new Blob([bytesOf(data)]).stream();
    const raw = await new Response(stream.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
    return new Pictures(shape, new Uint8Array(raw));
  }

  constructor(shape, pixels) {
    [this.count, this.height, this.width, this.channels] = shape;
    this.pixels = pixels;
    this.canvases = new Map();
  }

  canvas(index) {
    if (this.canvases.has(index)) return this.canvases.get(index);
    const { width, height, channels } = this;
    const image = new ImageData(width, height);
    const start = index * width * height * channels;
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) {
        image.data[4 * i + c] = this.pixels[start + i * channels + (channels === 3 ? c : 0)];
      }
      image.data[4 * i + 3] = 255;
    }
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").putImageData(image, 0, 0);
    if (this.canvases.size > 50) this.canvases.clear();
    this.canvases.set(index, canvas);
    return canvas;
  }
}

// ---------------------------------------------------------------- controls

// Text from Python only ever becomes text: nothing here parses markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  // JupyterLab hears keys before us, and "a" would add a cell, unless what has the focus says so.
  if (tag === "button" || tag === "input" || "tabindex" in attributes) {
    element.dataset.lmSuppressShortcuts = "true";
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function drawn(box, ...paths) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const ICONS = {
  play: ["M4 2.5v11l9.5-5.5z"],
  pause: ["M4 3h3v10H4z M9 3h3v10H9z"],
  back: ["M11 3 5 8l6 5", "M3 3v10"],
  next: ["M5 3l6 5-6 5", "M13 3v10"],
  loop: ["M3 8a4 4 0 0 1 4-4h5M10 1.5 12.5 4 10 6.500", "M13 8a4 4 0 0 1-4 4H4M6 9.500 3.500 12 6 14.500"],
  lasso: ["M8 10.500C4.500 10.500 2 8.800 2 6.500S4.500 2.500 8 2.500s6 1.700 6 4-2.500 4-6 4z", "M5.500 10.300c-.8 2 1 2 .5 4"],
  fit: ["M2 5.500V2h3.500M10.500 2H14v3.500M14 10.500V14h-3.500M5.500 14H2v-3.500", "M6 8h4M8 6v4"],
  reset: ["M3 8a5 5 0 1 0 1.800-3.800", "M2.500 2v3.200h3.200"],
  names: ["M3 13 8 3l5 10M4.900 9.500h6.200"],
};

function button(icon, label, onclick, extra = {}) {
  const element = make("button", { type: "button", "aria-label": label, title: label, onclick, ...extra });
  element.append(drawn("0 0 16 16", ...ICONS[icon]));
  return element;
}

const SPEEDS = [0.5, 1, 2, 4];

// The legend: one button a class, to hide it, or with a double click to see it alone.
class Legend {
  constructor(view) {
    this.view = view;
    this.element = make("div", { class: "sv-legend", role: "group", "aria-label": "Classes" });
  }

  build() {
    const { view } = this;
    this.buttons = new Map();
    this.all = make("button", { type: "button", class: "sv-all", onclick: () => view.showOnly(null) }, "show all");
    view.members.forEach((points, k) => {
      if (!points.length) return;
      const swatch = make("span", { class: "sv-swatch" });
      swatch.style.setProperty("--sv-class", view.about.colors[k]);
      const name = make("span", { class: "sv-name" }, view.about.names[k]);
      const count = make("span", { class: "sv-count" }, grouped(points.length));
      const onclick = (event) => {
        if (event.detail === 2 || event.shiftKey) view.showOnly(k);
        else if (event.detail < 2) view.toggle(k);
      };
      const title = `${view.about.names[k]}: click to hide or show, double click to see it alone`;
      this.buttons.set(k, make("button", { type: "button", title, onclick }, swatch, name, count));
    });
    this.element.replaceChildren(...this.buttons.values(), this.all);
    this.element.hidden = this.buttons.size === 0;
    this.update();
  }

  update() {
    for (const [k, element] of this.buttons) {
      element.setAttribute("aria-pressed", String(!this.view.hidden.has(k)));
    }
    this.all.hidden = this.view.hidden.size === 0;
  }
}

// What stands under the map of a film: transport, scrub bar, steps, curves.
class FilmBar {
  constructor(view) {
    this.view = view;
    this.play = button("play", "Play (space)", () => view.play(!view.playing), { class: "sv-play" });
    this.loop = button("loop", "Repeat", () => this.setLoop(!view.loop), {
      "aria-pressed": "false",
      class: "sv-optional",
    });
    this.speed = make("button", { type: "button", class: "sv-optional", onclick: () => this.setSpeed() });
    this.speed.title = "Speed";
    this.step = make("span", { class: "sv-step" });
    this.scrub = make("input", { type: "range", class: "sv-scrub", min: 0, step: "any", "aria-label": "Frame" });
    this.scrub.addEventListener("input", () => view.scrubTo(Number(this.scrub.value)));
    this.ticks = make("div", { class: "sv-ticks", "aria-hidden": "true" });
    const back = button("back", "Previous frame (left arrow)", () => view.stepBy(-1));
    const next = button("next", "Next frame (right arrow)", () => view.stepBy(1));
    this.head = [
      make("div", { class: "sv-transport" }, this.play, back, next),
      this.scrub,
      make("div", { class: "sv-now" }, this.step, this.speed, this.loop),
      this.ticks,
    ];
    this.element = make("div", { class: "sv-film", role: "group", "aria-label": "Film" }, ...this.head);
    this.setSpeed(1);
  }

  setLoop(loop) {
    this.view.loop = loop;
    this.loop.setAttribute("aria-pressed", String(loop));
  }

  setSpeed(speed = SPEEDS[(SPEEDS.indexOf(this.view.speed) + 1) % SPEEDS.length]) {
    this.view.speed = speed;
    this.speed.textContent = `${speed}×`;
    this.speed.setAttribute("aria-label", `Speed ${speed} times`);
  }

  // After the frames, their steps or the curves changed.
  build() {
    const { film, about } = this.view;
    this.element.hidden = film.frames.length < 2;
    this.scrub.max = film.last;
    const count = film.frames.length;
    const ticks = Math.min(count, 6);
    const at = Array.from({ length: ticks }, (_, i) => Math.round((i * film.last) / Math.max(ticks - 1, 1)));
    // Room for the longest words, so that the scrub bar keeps its length.
    const longest = Math.max(...film.frames.map((_, frame) => this.view.momentWords(frame).length), 0);
    this.step.style.minWidth = `${longest}ch`;
    this.ticks.replaceChildren(
      ...at.map((frame) => {
        const left = `left: ${(100 * frame) / Math.max(film.last, 1)}%`;
        return make("span", { style: left }, grouped(about.steps?.[frame] ?? frame));
      }),
    );
    this.curves = Object.entries(about.curves).map(([name, values]) => this.curve(name, values));
    this.element.replaceChildren(...this.head, ...this.curves.flatMap((curve) => curve.parts));
    this.told = null;
    this.update();
  }

  curve(name, values) {
    const known = values.filter((value) => value !== null);
    const low = Math.min(...known);
    const span = Math.max(...known) - low || 1;
    const height = (value) => 100 - (100 * (value - low)) / span;
    let d = "";
    let gap = true;
    values.forEach((value, frame) => {
      if (value !== null) d += `${gap ? "M" : "L"}${frame} ${height(value).toFixed(2)} `;
      gap = value === null;
    });
    const svg = drawn(`0 0 ${Math.max(values.length - 1, 1)} 100`, d);
    svg.setAttribute("preserveAspectRatio", "none");
    const dot = make("b");
    const plot = make("div", { class: "sv-curve" }, svg, make("i"), dot);
    const scrub = (event) => {
      const box = plot.getBoundingClientRect();
      this.view.scrubTo(clamp((event.clientX - box.left) / box.width, 0, 1) * this.view.film.last);
    };
    plot.addEventListener("pointerdown", (event) => {
      plot.setPointerCapture(event.pointerId);
      scrub(event);
    });
    plot.addEventListener("pointermove", (event) => event.buttons && scrub(event));
    const value = make("div", { class: "sv-value" });
    const parts = [make("div", { class: "sv-curve-name", title: name }, name), plot, value];
    return { name, values, height, dot, value, parts };
  }

  // After the moment changed.
  update() {
    const { view } = this;
    const frame = view.nearest;
    this.element.style.setProperty("--sv-at", view.film.last ? view.p / view.film.last : 0);
    if (Math.abs(Number(this.scrub.value) - view.p) > 1e-6) this.scrub.value = view.p;
    if (this.told !== frame) {
      this.told = frame;
      this.step.textContent = view.momentWords();
      this.scrub.setAttribute("aria-valuetext", `${view.momentWords()}, frame ${frame + 1} of ${view.film.frames.length}`);
      for (const curve of this.curves ?? []) curve.value.textContent = shortNumber(curve.values[frame]);
    }
    for (const { values, height, dot } of this.curves ?? []) {
      const [a, b] = [Math.floor(view.p), Math.ceil(view.p)].map((i) => values[i] ?? null);
      dot.hidden = a === null || b === null;
      if (!dot.hidden) dot.style.top = `${height(a + (b - a) * (view.p % 1))}%`;
    }
  }

  updatePlaying() {
    const { playing } = this.view;
    const label = playing ? "Pause (space)" : "Play (space)";
    this.play.replaceChildren(drawn("0 0 16 16", ...ICONS[playing ? "pause" : "play"]));
    this.play.setAttribute("aria-label", label);
    this.play.title = label;
  }
}

// ---------------------------------------------------------------- the view

const KEYS_HELP =
  "Drag to pan, wheel or plus and minus to zoom, double click or 0 to reset. Click a point to " +
  "select it, Escape to let go. Space plays and pauses, left and right step from frame to frame, " +
  "Home and End jump.";

const FEW = 8;
const ONE_COLOR = "#0072B2"; // of points without classes

class View {
  constructor(element, payload, options = {}) {
    this.options = options;
    this.p = 0;
    this.playing = false;
    this.seen = false; // until then, a film that begins to play by itself waits
    this.speed = 1;
    this.loop = false;
    this.selected = [];
    this.highlighted = [];
    this.hidden = new Set();
    this.hover = null;
    this.pointer = null;
    this.lasso = null;
    this.lassoing = false;
    this.showNames = true;
    this.motion = null; // how the moment p goes on: { from, to, start, ms } or { towards }
    this.flight = null; // how the camera goes on
    this.camera = { x: 0, y: 0, scale: 1 };
    this.home = { x: 0, y: 0, scale: 1 };
    this.atHome = true;
    this.reported = 0;
    this.width = this.height = this.ratio = 1;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.ending = new AbortController();
    this.build(element);
    this.update(payload);
    const calm = this.calm && options.playing; // the end, and Play for whoever asks to see it
    const frame = calm ? this.film.last : (options.frame ?? this.film.last);
    this.p = this.reported = clamp(frame, 0, this.film.last);
    this.selected = [...(options.selected ?? [])];
    this.highlighted = [...(options.highlighted ?? [])];
    this.filmBar.update();
    if (calm) this.report({ playing: false, frame: this.p });
    else if (options.playing) this.play(true, false);
  }

  build(element) {
    this.canvas = make("canvas", { "aria-hidden": "true" });
    const over = make("canvas", { "aria-hidden": "true" });
    this.message = make("div", { class: "sv-message" }, "waiting for the first frame");
    this.cardPicture = make("canvas");
    this.cardName = make("div", { class: "sv-card-name" });
    this.cardIndex = make("div", { class: "sv-card-index" });
    const words = make("div", { class: "sv-card-words" }, this.cardName, this.cardIndex);
    this.card = make("div", { class: "sv-card", "aria-hidden": "true" }, this.cardPicture, words);
    const help = make("span", { class: "sv-unseen", id: `sv-help-${Math.random().toString(36).slice(2)}` }, KEYS_HELP);
    this.stage = make(
      "div",
      { class: "sv-stage", tabindex: 0, role: "application", "aria-describedby": help.id },
      this.canvas, over, this.message, this.card,
    );
    this.lassoButton = button("lasso", "Select with a lasso (or hold Shift)", () => this.setLassoing(!this.lassoing), {
      "aria-pressed": "false",
    });
    this.namesButton = button("names", "Class names on the map", () => this.setNames(!this.showNames), {
      "aria-pressed": "true",
    });
    const fit = button("fit", "Fit what is shown now", () => this.fit());
    const reset = button("reset", "Back to the whole (0, or double click)", () => this.reset());
    const tools = make("div", { class: "sv-tools", role: "toolbar", "aria-label": "Map" });
    tools.append(this.namesButton, this.lassoButton, fit, reset);
    this.legend = new Legend(this);
    this.filmBar = new FilmBar(this);
    this.live = make("div", { class: "sv-unseen", "aria-live": "polite" });
    this.root = make(
      "div",
      { class: "siamese-view", role: "group", "aria-label": "Embedding view" },
      make("div", { class: "sv-main" }, this.stage, this.legend.element),
      this.filmBar.element, help, this.live,
    );
    this.stage.append(tools);
    this.root.view = this;
    element.append(this.root);
    this.overlay = new Overlay(over);
    this.over = over;
    this.startRenderer(this.options.renderer);
    this.listen(tools);
  }

  startRenderer(name) {
    try {
      if (name === "canvas") throw new Error("asked to do without");
      this.renderer = new WebGLRenderer(this.canvas, name !== "webgl2");
      // A page may hold some 16 contexts only: the oldest is then taken away, for good.
      this.canvas.addEventListener("webglcontextlost", () => {
        if (!this.ending.signal.aborted) this.replaceCanvas();
      });
    } catch {
      this.replaceCanvas();
    }
    this.root.dataset.renderer = this.renderer.name;
  }

  replaceCanvas() {
    // A canvas that was ever asked for WebGL gives no other context.
    const fresh = make("canvas", { "aria-hidden": "true" });
    fresh.width = this.canvas.width;
    fresh.height = this.canvas.height;
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
    this.renderer = new CanvasRenderer(fresh);
    this.root.dataset.renderer = this.renderer.name;
    if (this.film) this.renderer.use(this.film, this.classes);
    this.invalidate();
  }

  // ------------------------------------------------ data in

  // Take another payload; the moment, the camera and what is hidden stay where they can.
  update(payload) {
    const { film, about } = payload;
    const labels = about.labels && wordsOf(about.labels);
    if (labels && film.frames.length && labels.length !== film.count) return; // its other half is on the way
    const old = this.payload ?? {};
    const followed = this.film && this.following;
    this.payload = payload;
    if (old.film !== film) this.film = new Film(film);
    this.about = about;
    about.marked ??= [];
    about.note ??= "";
    this.classes = labels ?? new Uint16Array(this.film.count);
    const names = labels ? about.names : ["point"];
    this.members = names.map(() => []);
    this.classes.forEach((k, i) => this.members[k].push(i));
    if (labels === null) this.members = [];
    this.film.medianCache.clear();
    this.colors = (labels ? about.colors : [ONE_COLOR]).map((color) =>
      [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16)),
    );
    this.hidden = new Set([...this.hidden].filter((k) => k < names.length));
    this.shown = Float32Array.from(names, (_, k) => (this.hidden.has(k) ? 0 : 1));
    this.rgba = new Uint8Array(4 * names.length);
    const inside = (point) => point < this.film.count;
    this.selected = this.selected.filter(inside);
    this.highlighted = this.highlighted.filter(inside);
    this.hover = null;
    if (old.images !== payload.images) this.takeImages(payload.images);
    this.root.style.setProperty("--sv-height", `${about.height}px`);
    this.namesButton.hidden = !labels || names.length > 30;
    if (labels && names.length > 30) this.showNames = false;
    this.message.hidden = this.ready;
    this.renderer.use(this.film, this.classes);
    this.legend.build();
    this.filmBar.build();
    this.refresh(followed);
  }

  async takeImages(images) {
    this.pictures = null;
    if (!images) return;
    const pictures = await Pictures.unpack(images);
    if (this.payload.images !== images) return;
    this.pictures = pictures;
    this.invalidate();
  }

  // One more frame; if the newest was on screen, the points move on to it.
  append(message, data) {
    grow(this.payload, message, data);
    if (message.index < this.film.frames.length) return; // came with the whole film already
    const followed = this.following;
    this.film.append(message.index, message.bounds, data);
    this.filmBar.build();
    this.message.hidden = true;
    this.refresh(followed);
  }

  refresh(followed) {
    this.p = clamp(this.p, 0, this.film.last);
    this.goHome(true);
    if (followed && this.film.last > this.p && !this.playing) {
      // As long as the last one took to come, so that a map that is being learned hardly rests.
      const now = performance.now();
      this.moveTo(this.film.last, clamp(0.9 * (now - (this.grewAt ?? now)), 600, 2500));
      this.grewAt = now;
      this.reported = this.film.last;
      this.report({ frame: -1 }); // the last, however many there are when a busy kernel hears it
    }
    this.describe();
    this.invalidate();
  }

  // Set what Python or a script may set; nothing of it is reported back.
  set({ frame, playing, selected, highlighted }) {
    if (frame < 0) frame += this.film.frames.length;
    if (frame !== undefined && frame !== this.reported) {
      this.reported = frame;
      // A linked view that plays too is a little ahead or behind: no reason to jump.
      const far = Math.abs(frame - this.p);
      if (!this.playing && far <= 3) this.motion = { towards: frame, quiet: true };
      else if (!this.playing || far > 2) this.moveTo(frame);
    }
    if (playing !== undefined && playing !== this.playing) this.play(playing, false);
    if (selected !== undefined) this.selected = [...selected];
    if (highlighted !== undefined) this.highlighted = [...highlighted];
    this.invalidate();
  }

  // Whether the newest frame is on screen, or about to be.
  get following() {
    return (this.motion?.to ?? this.motion?.towards ?? this.p) >= this.film.last - 1e-6;
  }

  get ready() {
    return this.film.frames.length > 0 && this.film.count > 0;
  }

  // The few points that are ringed and have a trail: the marked, and the selected if few are.
  get followed() {
    const few = this.selected.length <= FEW ? this.selected : [];
    return [...new Set([...this.about.marked.slice(0, FEW), ...few])].filter((i) => this.isShown(i));
  }

  colorOf(point) {
    return this.about.colors[this.classes[point]] ?? ONE_COLOR;
  }

  get nearest() {
    return clamp(Math.round(this.p), 0, this.film.last);
  }

  // ------------------------------------------------ data out

  report(changes) {
    this.options.onChange?.(changes);
  }

  reportFrame(frame) {
    if (frame === this.reported) return;
    this.reported = frame;
    this.report({ frame });
  }

  // While it plays or is scrubbed, a few times a second.
  reportFrameSoon() {
    if (this.reportTimer || this.nearest === this.reported) return;
    this.reportTimer = setTimeout(() => {
      this.reportTimer = null;
      if (!this.motion?.quiet) this.reportFrame(this.nearest);
    }, 200);
  }

  select(points) {
    this.selected = points;
    this.highlighted = [];
    this.report({ selected: points, highlighted: [] });
    this.say(points.length === 1 ? `selected ${this.pointWords(points[0])}` : `${points.length} points selected`);
    this.invalidate();
  }

  // ------------------------------------------------ words

  momentWords(frame = this.nearest) {
    const step = this.about.steps?.[frame];
    return step === undefined ? `frame ${frame}` : `step ${grouped(step)}`;
  }

  pointWords(point) {
    const name = this.members.length ? `${this.about.names[this.classes[point]]}, ` : "";
    return `${name}point ${point}`;
  }

  say(words) {
    this.live.textContent = words;
  }

  describe() {
    const frames = this.film.frames.length;
    const film = frames > 1 ? `, ${frames} frames` : "";
    this.stage.setAttribute("aria-label", `Map of ${grouped(this.film.count)} points${film}`);
  }

  sayMoment() {
    const values = Object.entries(this.about.curves).map(([name, c]) => `${name} ${shortNumber(c[this.nearest])}`);
    this.say([this.momentWords(), ...values].join(", "));
  }

  // ------------------------------------------------ time

  // Frames a second at speed 1: a film takes ten seconds, a short one less.
  get pace() {
    return this.speed * clamp(this.film.last / 10, 3, 12);
  }

  play(playing, tell = true) {
    if (this.film.last < 1) playing = false;
    if (playing && this.p >= this.film.last - 1e-6) this.rewind();
    else if (this.motion && !this.motion.quiet) this.motion = null;
    this.playing = playing;
    this.filmBar.updatePlaying();
    if (tell) {
      this.seen = true;
      this.report({ playing });
      if (!playing) this.reportFrame(this.nearest);
    }
    if (!playing) this.sayMoment();
    this.invalidate();
  }

  rewind() {
    this.moveTo(0, 700);
  }

  moveTo(frame, ms = 450) {
    const to = clamp(frame, 0, this.film.last);
    if (this.calm) ms = 0;
    this.motion = { from: this.p, to, start: performance.now(), ms, quiet: true };
    this.invalidate();
  }

  stepBy(difference) {
    const from = this.motion?.to ?? this.p;
    const beside = difference > 0 ? Math.floor(from + 1e-6) + 1 : Math.ceil(from - 1e-6) - 1;
    this.jumpTo(beside, 300);
  }

  jumpTo(frame, ms) {
    if (this.playing) this.play(false);
    frame = clamp(frame, 0, this.film.last);
    this.moveTo(frame, ms);
    this.reportFrame(frame);
  }

  scrubTo(p) {
    if (this.playing) this.play(false);
    this.motion = { towards: p };
    this.invalidate();
  }

  advance(now, seconds) {
    const before = this.p;
    const motion = this.motion;
    if (motion?.towards !== undefined) {
      this.p += (motion.towards - this.p) * (this.calm ? 1 : 1 - Math.exp(-seconds / (motion.quiet ? 0.12 : 0.05)));
      if (Math.abs(motion.towards - this.p) < 0.002) {
        this.p = motion.towards;
        this.motion = null;
      }
      if (!motion.quiet) this.reportFrameSoon();
    } else if (motion) {
      const t = motion.ms ? clamp((now - motion.start) / motion.ms, 0, 1) : 1;
      this.p = motion.from + (motion.to - motion.from) * eased(t);
      if (t === 1) {
        this.p = motion.to;
        this.motion = null;
        if (!this.playing) this.sayMoment();
      }
    } else if (this.playing && this.seen) {
      this.p = Math.min(this.p + seconds * this.pace, this.film.last);
      this.reportFrameSoon();
      if (this.p >= this.film.last) {
        if (!this.loop) this.play(false);
        else if (!this.rest) this.rest = now;
        else if (now - this.rest > 900) {
          this.rest = 0;
          this.rewind();
        }
      }
    }
    if (this.p !== before) this.filmBar.update();
    return Boolean(this.motion || (this.playing && this.seen));
  }

  // ------------------------------------------------ the camera

  toScreen([x, y]) {
    const { camera } = this;
    return [this.width / 2 + (x - camera.x) * camera.scale, this.height / 2 - (y - camera.y) * camera.scale];
  }

  boxCamera([left, bottom, right, top]) {
    const wide = Math.max(right - left, 1e-12 + 1e-6 * Math.abs(left));
    const high = Math.max(top - bottom, 1e-12 + 1e-6 * Math.abs(bottom));
    const room = 24;
    const scale = Math.min((this.width - 2 * room) / wide, (this.height - 2 * room) / high);
    return { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.max(scale, 1e-12) };
  }

  // One frame of reference for the whole film.
  goHome(smoothly) {
    if (!this.ready || this.width < 2) return;
    this.home = this.boxCamera(this.film.box());
    if (!this.atHome) return;
    const first = !this.settled;
    this.settled = true;
    if (first || !smoothly) {
      this.camera = { ...this.home };
      this.flight = null;
    } else if (["x", "y", "scale"].some((part) => this.home[part] !== (this.flight?.to ?? this.camera)[part])) {
      this.fly(this.home);
    }
  }

  reset() {
    this.atHome = true;
    this.fly(this.home);
  }

  fit() {
    const places = this.film.places(this.motion?.to ?? this.p); // where they are going, if they are
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const chosen = this.selected.length > 1 ? this.selected : null;
    const take = (i) => {
      if (!this.isShown(i)) return;
      box[0] = Math.min(box[0], places[2 * i]);
      box[1] = Math.min(box[1], places[2 * i + 1]);
      box[2] = Math.max(box[2], places[2 * i]);
      box[3] = Math.max(box[3], places[2 * i + 1]);
    };
    if (chosen) chosen.forEach(take);
    else for (let i = 0; i < this.film.count; i++) take(i);
    if (box[0] > box[2]) return;
    this.atHome = false;
    this.fly(this.boxCamera(box));
  }

  fly(to) {
    this.flight = { from: { ...this.camera }, to: { ...to }, start: performance.now(), ms: this.calm ? 0 : 450 };
    this.invalidate();
  }

  advanceCamera(now) {
    if (!this.flight) return false;
    const { from, to, start, ms } = this.flight;
    const t = ms ? clamp((now - start) / ms, 0, 1) : 1;
    const part = eased(t);
    // Scale changes by equal factors in equal times, and the middle keeps pace with it.
    const scale = from.scale * (to.scale / from.scale) ** part;
    const growth = to.scale / from.scale;
    const way = Math.abs(growth - 1) < 1e-3 ? part : (1 - from.scale / scale) / (1 - 1 / growth);
    this.camera = { x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way, scale };
    if (t === 1) {
      this.camera = { ...to };
      this.flight = null;
    }
    return true;
  }

  zoomAt(x, y, factor) {
    const { camera } = this;
    const scale = clamp(camera.scale * factor, this.home.scale / 20, this.home.scale * 5000);
    const part = 1 / camera.scale - 1 / scale;
    camera.x += (x - this.width / 2) * part;
    camera.y -= (y - this.height / 2) * part;
    camera.scale = scale;
    this.atHome = false;
    this.flight = null;
    this.invalidate();
  }

  // ------------------------------------------------ classes

  isShown(point) {
    return !this.hidden.has(this.classes[point]);
  }

  toggle(k) {
    if (!this.hidden.delete(k)) this.hidden.add(k);
    this.afterHiding();
  }

  showOnly(k) {
    const present = [...this.members.keys()].filter((j) => this.members[j].length);
    const others = present.filter((j) => j !== k);
    const alone = k !== null && !this.hidden.has(k) && others.every((j) => this.hidden.has(j));
    // The first click of a double click has toggled the class already.
    const wasAlone = k !== null && this.hidden.has(k) && others.every((j) => this.hidden.has(j));
    this.hidden = new Set(k === null || alone || wasAlone ? [] : others);
    this.afterHiding();
  }

  afterHiding() {
    this.hover = null;
    this.legend.update();
    this.invalidate();
  }

  setLassoing(lassoing) {
    this.lassoing = lassoing;
    this.lassoButton.setAttribute("aria-pressed", String(lassoing));
    this.stage.classList.toggle("sv-lassoing", lassoing);
  }

  setNames(show) {
    this.showNames = show;
    this.namesButton.setAttribute("aria-pressed", String(show));
    this.invalidate();
  }

  // ------------------------------------------------ drawing

  get size() {
    const zoom = clamp((this.camera.scale / this.home.scale) ** 0.4, 0.7, 5);
    return zoom * clamp(0.55 * Math.sqrt((this.width * this.height) / this.film.count), 2.4, 8);
  }

  get frontSize() {
    return Math.max(this.size * 1.35, this.size + 4);
  }

  invalidate() {
    if (this.request || this.ending.signal.aborted) return;
    this.request = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    this.request = null;
    const seconds = Math.min((now - (this.drawnAt ?? now)) / 1000, 0.1);
    this.drawnAt = now;
    let going = this.advance(now, seconds);
    going = this.advanceCamera(now) || going;
    going = this.fade(seconds) || going;
    if (this.onScreen !== false) this.draw();
    if (going) this.invalidate();
    else this.drawnAt = undefined;
  }

  fade(seconds) {
    let going = false;
    this.shown.forEach((value, k) => {
      const aim = this.hidden.has(k) ? 0 : 1;
      if (value === aim) return;
      const step = this.calm ? 1 : seconds / 0.18;
      this.shown[k] = value + clamp(aim - value, -step, step);
      going = true;
    });
    return going;
  }

  draw() {
    if (this.ready && this.width > 1) {
      this.updateHover();
      const many = this.selected.length > FEW;
      const { marked } = this.about;
      const front = [...(many ? [] : this.highlighted), ...this.selected, ...marked];
      const crowd = Math.log10(Math.max(this.film.count, 10));
      const zoom = clamp(this.camera.scale / this.home.scale, 1, 20);
      let alpha = clamp(1.24 - 0.125 * crowd + 0.1 * Math.log2(zoom), 0.4, 0.95);
      if (front.length > marked.length) alpha *= many ? 0.3 : 0.7;
      this.colors.forEach((color, k) => this.rgba.set([...color, 255 * alpha * this.shown[k]], 4 * k));
      const ground = getComputedStyle(this.root).backgroundColor.match(/[\d.]+/g)?.slice(0, 3).map(Number);
      this.renderer.draw({
        film: this.film, p: this.p, classes: this.classes, rgba: this.rgba, camera: this.camera,
        width: this.width, height: this.height, ratio: this.ratio, size: this.size,
        front: Uint32Array.from(front), frontSize: many ? this.size + 1 : this.frontSize,
        frontRim: many ? 0 : 1.5,
        ground: ground ?? [255, 255, 255],
      });
    }
    this.overlay.draw(this);
  }

  resize() {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || !clientHeight) return;
    this.ratio = Math.min(window.devicePixelRatio || 1, 3);
    [this.width, this.height] = [clientWidth, clientHeight];
    for (const canvas of [this.canvas, this.over]) {
      canvas.width = Math.round(clientWidth * this.ratio);
      canvas.height = Math.round(clientHeight * this.ratio);
    }
    this.goHome(false);
    // Resizing clears a canvas, so draw before the page is painted.
    this.draw();
  }

  // ------------------------------------------------ pointer and keys

  // The nearest point that is shown within some pixels of a place on the stage, or null.
  pick(x, y, reach = Math.max(9, this.size / 2 + 3)) {
    const places = this.film.places(this.p);
    const { camera, classes, hidden } = this;
    const atX = camera.x + (x - this.width / 2) / camera.scale;
    const atY = camera.y - (y - this.height / 2) / camera.scale;
    let nearest = (reach / camera.scale) ** 2;
    let found = null;
    const any = hidden.size === 0;
    for (let i = 0, j = 0; j < places.length; i++, j += 2) {
      const dx = places[j] - atX;
      const dy = places[j + 1] - atY;
      const far = dx * dx + dy * dy;
      if (far < nearest && (any || !hidden.has(classes[i]))) {
        nearest = far;
        found = i;
      }
    }
    return found;
  }

  updateHover() {
    const { pointer } = this;
    this.hover = pointer && !this.drag ? this.pick(pointer.x, pointer.y) : null;
    this.stage.classList.toggle("sv-over", this.hover !== null && !this.lassoing);
    this.card.classList.toggle("sv-shown", this.hover !== null);
    if (this.hover === null) return;
    if (this.cardOf !== this.hover || this.cardWith !== this.pictures) this.fillCard();
    const [x, y] = this.toScreen(this.film.place(this.hover, this.p));
    const { offsetWidth: wide, offsetHeight: high } = this.card;
    const left = x + 18 + wide > this.width ? x - 18 - wide : x + 18;
    const top = clamp(y - high / 2, 6, Math.max(this.height - high - 6, 6));
    this.card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  fillCard() {
    const point = this.hover;
    this.cardOf = point;
    this.cardWith = this.pictures;
    const swatch = make("span", { class: "sv-swatch" });
    const k = this.classes[point];
    swatch.style.setProperty("--sv-class", this.colorOf(point));
    if (this.members.length) this.cardName.replaceChildren(swatch, this.about.names[k]);
    else this.cardName.replaceChildren();
    this.cardIndex.textContent = `point ${grouped(point)}`;
    this.cardPicture.hidden = !this.pictures;
    if (!this.pictures) return;
    const picture = this.pictures.canvas(point);
    this.cardPicture.width = picture.width;
    this.cardPicture.height = picture.height;
    const high = 64;
    const wide = clamp((high * picture.width) / picture.height, 24, 140);
    this.cardPicture.style.cssText = `width: ${wide}px; height: ${high}px`;
    if (picture.width > 64) this.cardPicture.style.imageRendering = "auto";
    this.cardPicture.getContext("2d").drawImage(picture, 0, 0);
  }

  listen(tools) {
    const { stage } = this;
    const { signal } = this.ending;
    const on = (target, name, act, options = {}) => target.addEventListener(name, act, { signal, ...options });
    for (const name of ["pointerdown", "dblclick", "click"]) on(tools, name, (event) => event.stopPropagation());
    on(stage, "pointerdown", (event) => this.down(event));
    on(stage, "pointermove", (event) => this.moved(event));
    on(stage, "pointerup", (event) => this.up(event));
    on(stage, "pointercancel", () => this.endDrag());
    on(stage, "pointerleave", () => {
      this.pointer = null;
      this.armed = false;
      this.invalidate();
    });
    on(stage, "dblclick", () => this.reset());
    on(stage, "wheel", (event) => this.wheeled(event), { passive: false });
    on(this.root, "keydown", (event) => this.keyed(event));
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.invalidate());
    this.watchers = [
      new ResizeObserver(() => this.resize()),
      new MutationObserver(() => setTimeout(() => this.invalidate(), 50)),
      new IntersectionObserver((entries) => {
        const last = entries[entries.length - 1];
        this.onScreen = last.isIntersecting;
        this.seen ||= last.intersectionRatio >= 0.25;
        if (this.onScreen) this.invalidate();
      }, { threshold: [0, 0.25] }),
    ];
    this.watchers[0].observe(stage);
    this.watchers[1].observe(document.body, { attributes: true }); // JupyterLab tells its theme there
    this.watchers[2].observe(stage);
  }

  at(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  down(event) {
    if (event.button !== 0 || !this.ready) return;
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    const at = this.at(event);
    this.drag = null;
    this.press = { ...at, lasso: this.lassoing || event.shiftKey, add: event.shiftKey };
    this.pointer = at;
  }

  moved(event) {
    const at = this.at(event);
    if (event.movementX || event.movementY) this.armed = true;
    const { press } = this;
    this.pointer = at;
    if (press && !this.drag && Math.hypot(at.x - press.x, at.y - press.y) > 4) {
      this.drag = { ...press };
      if (press.lasso) this.lasso = [[press.x, press.y]];
      else this.stage.classList.add("sv-panning");
    }
    if (this.drag && this.lasso) {
      this.lasso.push([at.x, at.y]);
    } else if (this.drag) {
      this.camera.x -= (at.x - this.drag.x) / this.camera.scale;
      this.camera.y += (at.y - this.drag.y) / this.camera.scale;
      Object.assign(this.drag, at);
      this.atHome = false;
      this.flight = null;
    }
    this.invalidate();
  }

  up(event) {
    const { press, lasso } = this;
    const dragged = Boolean(this.drag);
    this.endDrag();
    if (!press) return;
    if (lasso) this.select(this.inside(lasso));
    else if (!dragged) this.clicked(this.at(event), press.add);
  }

  endDrag() {
    this.press = this.drag = this.lasso = null;
    this.stage.classList.remove("sv-panning");
    this.invalidate();
  }

  clicked({ x, y }, add) {
    const point = this.pick(x, y);
    if (point === null) {
      if (this.selected.length) this.select([]);
    } else if (!add) {
      if (!same(this.selected, [point])) this.select([point]);
    } else if (this.selected.includes(point)) {
      this.select(this.selected.filter((other) => other !== point));
    } else {
      this.select([...this.selected, point]);
    }
  }

  // The points shown within a polygon on the stage.
  inside(polygon) {
    const places = this.film.places(this.p);
    const found = [];
    for (let i = 0; i < this.film.count; i++) {
      if (!this.isShown(i)) continue;
      const [x, y] = this.toScreen([places[2 * i], places[2 * i + 1]]);
      let odd = false;
      for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
        const [ax, ay] = polygon[a];
        const [bx, by] = polygon[b];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
      }
      if (odd) found.push(i);
    }
    return found;
  }

  // The page's own scrolling goes on over a map that happens to pass under the pointer.
  wheeled(event) {
    if (!this.armed && !event.ctrlKey && document.activeElement !== this.stage) return;
    event.preventDefault();
    const { x, y } = this.at(event);
    const lines = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.zoomAt(x, y, Math.exp(-clamp(lines, -240, 240) * (event.ctrlKey ? 0.01 : 0.0025)));
  }

  keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.tagName === "BUTTON";
    const film = this.film.last > 0;
    const middle = [this.width / 2, this.height / 2];
    const acts = {
      " ": film && !onButton && (() => this.play(!this.playing)),
      ArrowLeft: film && (() => this.stepBy(-1)),
      ArrowRight: film && (() => this.stepBy(1)),
      Home: film && (() => this.jumpTo(0)),
      End: film && (() => this.jumpTo(this.film.last)),
      "+": () => this.zoomAt(...middle, 1.25),
      "=": () => this.zoomAt(...middle, 1.25),
      "-": () => this.zoomAt(...middle, 0.8),
      0: () => this.reset(),
      Escape: () => (this.selected.length ? this.select([]) : this.setLassoing(false)),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  destroy() {
    this.ending.abort();
    clearTimeout(this.reportTimer);
    cancelAnimationFrame(this.request);
    this.watchers.forEach((watcher) => watcher.disconnect());
    this.renderer.destroy();
    this.root.remove();
  }
}

// Add a frame to a payload, unless it is there. A frame that was missed on the way comes with the
// whole film later; until then the next one stands for it.
function grow({ film, about }, { index, bounds, step, curves }, data) {
  for (let i = film.frames.length; i <= index; i++) {
    film.frames.push(data);
    film.bounds.push(bounds);
    if (step !== null) (about.steps ??= []).push(step);
    for (const [name, value] of Object.entries(curves)) {
      const curve = (about.curves[name] ??= Array(i).fill(null));
      curve.push(i === index ? value : null);
    }
  }
}

export function mount(element, payload, options) {
  return new View(element, payload, options);
}

// ---------------------------------------------------------------- the anywidget

const STATE = ["frame", "playing", "selected", "highlighted"];
const DATA = ["_film", "_about", "_images"];

// Called once for each model. All views of it share a payload, in which frames that come one at a
// time are kept for a view that opens later.
export default () => {
  const views = new Set();
  let payload = null;

  function initialize({ model }) {
    const renew = () => {
      payload = { film: model.get("_film"), about: model.get("_about"), images: model.get("_images") };
      views.forEach((view) => view.update(payload));
    };
    renew();
    DATA.forEach((name) => model.on(`change:${name}`, renew));
    model.on("msg:custom", (message, buffers) => {
      if (message.kind !== "frame") return;
      grow(payload, message, buffers[0]);
      views.forEach((view) => view.append(message, buffers[0]));
    });
  }

  function render({ model, el }) {
    const state = Object.fromEntries(STATE.map((name) => [name, model.get(name)]));
    const onChange = (changes) => {
      for (const [name, value] of Object.entries(changes)) model.set(name, value);
      model.save_changes();
    };
    const view = mount(el, payload, { ...state, onChange });
    views.add(view);
    const heard = STATE.map((name) => [`change:${name}`, () => view.set({ [name]: model.get(name) })]);
    heard.forEach(([event, act]) => model.on(event, act));
    return () => {
      heard.forEach(([event, act]) => model.off(event, act));
      views.delete(view);
      view.destroy();
    };
  }

  return { initialize, render };
};
