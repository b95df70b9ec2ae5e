// @ts-check
// Points drawn by graphics hardware, which also computes the weighted sum of four frames.

/** @import { Film } from "./film.js" */
/** @import { Renderer, Scene } from "./scene.js" */

const VERTEX = `#version 300 es
in vec2 a, b, c, d;
in uint number;
in float diameter;
uniform vec4 gain;
uniform vec2 offset, stretch;
uniform float size;
uniform sampler2D palette;
out vec4 color;
out float wide;
void main() {
  color = texelFetch(palette, ivec2(number & 255u, number >> 8), 0);
  vec2 place = a * gain.x + b * gain.y + c * gain.z + d * gain.w + offset;
  gl_Position = color.a > 0.002 ? vec4(place * stretch, 0, 1) : vec4(2, 2, 2, 1);
  wide = size * diameter;
  gl_PointSize = wide;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 color;
in float wide;
uniform float rim;
uniform vec3 ground;
uniform bool front;
out vec4 pixel;
void main() {
  float inside = wide / 2.0 - length(gl_PointCoord - 0.5) * wide;
  float cover = clamp(inside, 0.0, 1.0);
  vec3 ink = mix(ground, color.rgb, rim > 0.0 ? clamp(inside - rim, 0.0, 1.0) : 1.0);
  float alpha = front ? 1.0 : color.a;
  pixel = vec4(ink, 1) * alpha * cover;
}`;

const FRAMES = ["a", "b", "c", "d"]; // attributes 0 to 3: the points in each of the four frames
const CLASS = FRAMES.length; // the attribute after them: the class of each point
const DIAMETER = CLASS + 1; // the attribute after that: a share of the size of the points
const PALETTE = 256; // classes in a row of the palette

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
let emulated = false; // whether the processor emulates WebGL

/** @implements {Renderer} */
export class WebGLRenderer {
  name = "webgl2";

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {boolean} fast whether to insist on graphics hardware
   * @throws {Error} if it cannot draw
   */
  constructor(canvas, fast) {
    if (fast && emulated) throw new Error("no graphics hardware");
    const gl = canvas.getContext("webgl2", {
      antialias: false,
      failIfMajorPerformanceCaveat: fast,
    });
    if (!gl) throw new Error("no WebGL2");
    this.gl = gl;
    emulated = SOFTWARE.test(nameOfCard(gl));
    if (fast && emulated) {
      this.destroy();
      throw new Error("no graphics hardware");
    }
    const program = programOf(gl);
    /** @param {string} name */
    const uniform = (name) => gl.getUniformLocation(program, name);
    this.at = {
      gain: uniform("gain"),
      offset: uniform("offset"),
      stretch: uniform("stretch"),
      size: uniform("size"),
      rim: uniform("rim"),
      ground: uniform("ground"),
      front: uniform("front"),
    };
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (let i = 0; i <= CLASS; i++) gl.enableVertexAttribArray(i);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
    }
    /** @type {Map<Uint16Array, WebGLBuffer>} */
    this.buffers = new Map();
    this.numbers = gl.createBuffer();
    this.diameters = gl.createBuffer();
    gl.vertexAttrib1f(DIAMETER, 1); // where the points are of one size
    this.chosen = gl.createBuffer();
  }

  /**
   * @param {Film} film
   * @param {Uint16Array<ArrayBuffer>} classes
   */
  use(film, classes) {
    const gl = this.gl;
    for (const [frame, buffer] of this.buffers) {
      if (/** @type {Uint16Array[]} */ (film.frames).includes(frame)) continue;
      gl.deleteBuffer(buffer);
      this.buffers.delete(frame);
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.numbers);
    gl.bufferData(gl.ARRAY_BUFFER, classes, gl.STATIC_DRAW);
    gl.vertexAttribIPointer(CLASS, 1, gl.UNSIGNED_SHORT, 0, 0);
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { gl, at } = this;
    const { film, camera, ratio } = scene;
    const mix = film.mix(scene.p);
    mix.at.forEach((index, i) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#bufferOf(film.frames[index]));
      gl.vertexAttribPointer(i, 2, gl.UNSIGNED_SHORT, false, 0, 0);
    });
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform4fv(at.gain, mix.gain);
    gl.uniform2f(at.offset, mix.x - camera.x, mix.y - camera.y);
    const zoom = 2 * camera.scale;
    gl.uniform2f(at.stretch, zoom / scene.width, zoom / scene.height);
    gl.uniform3fv(
      at.ground,
      scene.ground.map((part) => part / 255),
    );
    gl.uniform1f(at.size, scene.size * ratio);
    gl.uniform1f(at.rim, 0);
    gl.uniform1i(at.front, 0);
    if (scene.trust) this.#size(scene.trust.diameters);
    for (const rgba of scene.layers) {
      this.#colorWith(rgba);
      gl.drawArrays(gl.POINTS, 0, film.count);
    }
    gl.disableVertexAttribArray(DIAMETER);
    if (!scene.front.length) return;
    gl.uniform1f(at.size, scene.frontSize * ratio);
    gl.uniform1f(at.rim, scene.frontRim * ratio);
    gl.uniform1i(at.front, 1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.chosen);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, scene.front, gl.DYNAMIC_DRAW);
    gl.drawElements(gl.POINTS, scene.front.length, gl.UNSIGNED_INT, 0);
  }

  destroy() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  /**
   * Copy a frame to the graphics memory when it is first drawn.
   * @param {Uint16Array<ArrayBuffer>} frame
   */
  #bufferOf(frame) {
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

  /** @param {Uint8Array<ArrayBuffer>} diameters of the points, in 255ths of their size */
  #size(diameters) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.diameters);
    gl.bufferData(gl.ARRAY_BUFFER, diameters, gl.STREAM_DRAW);
    gl.vertexAttribPointer(DIAMETER, 1, gl.UNSIGNED_BYTE, true, 0, 0);
    gl.enableVertexAttribArray(DIAMETER);
  }

  /** @param {Uint8Array} rgba */
  #colorWith(rgba) {
    const gl = this.gl;
    const rows = Math.ceil(rgba.length / (4 * PALETTE));
    const texels = new Uint8Array(rows * 4 * PALETTE);
    texels.set(rgba);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, PALETTE, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
  }
}

/** @param {WebGL2RenderingContext} gl */
function nameOfCard(gl) {
  const name = gl.getParameter(gl.RENDERER);
  const info = name === "WebKit WebGL" && gl.getExtension("WEBGL_debug_renderer_info"); // Chromium
  return info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : name;
}

/** @param {WebGL2RenderingContext} gl */
function programOf(gl) {
  const program = gl.createProgram();
  /** @type {[number, string][]} */
  const stages = [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ];
  for (const [kind, source] of stages) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error("no WebGL2 shader");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  [...FRAMES, "number", "diameter"].forEach((name, i) => gl.bindAttribLocation(program, i, name));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("no WebGL2 program");
  return program;
}
