// @ts-check
// How points of two or three dimensions come to lie on the screen.

/** @typedef {[azimuth: number, elevation: number]} Turn in degrees */
/** @typedef {[x: number, y: number, near: number]} Seen pixels; near is from -1 to 1, 0 if flat */

export const FIRST_TURN = /** @type {Turn} */ ([40, 25]); // as in state.py
const MARGIN_ROOM = 32; // pixels around the points, for words and the point's own size
const TURN_KEYS = /** @type {Record<string, Turn>} */ ({
  ArrowLeft: [-10, 0],
  ArrowRight: [10, 0],
  ArrowUp: [0, 10],
  ArrowDown: [0, -10],
});

/**
 * Return the middle of the box that holds all points, and half its sides.
 * @param {Float32Array[]} parts
 * @param {number} dim
 */
export function probeBox(parts, dim) {
  const low = Array(dim).fill(Infinity);
  const high = Array(dim).fill(-Infinity);
  for (const points of parts) {
    for (let i = 0; i < points.length; i++) {
      low[i % dim] = Math.min(low[i % dim], points[i]);
      high[i % dim] = Math.max(high[i % dim], points[i]);
    }
  }
  const middle = low.map((value, axis) => (value + high[axis]) / 2);
  return { middle, half: high.map((value, axis) => value - middle[axis]) };
}

/**
 * Return the axes of an eye: to the right, up, and towards it.
 * @param {Turn} turn
 */
export function eyeAxes([azimuth, elevation]) {
  const [a, e] = [(azimuth * Math.PI) / 180, (elevation * Math.PI) / 180];
  const [sinA, cosA, sinE, cosE] = [Math.sin(a), Math.cos(a), Math.sin(e), Math.cos(e)];
  return [
    [-sinA, cosA, 0],
    [-sinE * cosA, -sinE * sinA, cosE],
    [cosE * cosA, cosE * sinA, sinE],
  ];
}

/**
 * Turn an eye. Its azimuth stays from -180 to 180, its elevation from -90 to 90.
 * @param {Turn} turn
 * @param {Turn} by
 * @returns {Turn}
 */
export function turnedBy([azimuth, elevation], [right, up]) {
  const round = ((((azimuth + right + 180) % 360) + 360) % 360) - 180;
  const whole = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  return [whole(round), whole(Math.min(90, Math.max(-90, elevation + up)))];
}

/**
 * Return by how much a key turns the eye, or null.
 * @param {string} key
 * @returns {Turn | null}
 */
export const turnOfKey = (key) => TURN_KEYS[key] ?? null;

export class ProbeLens {
  #dim;
  #box;
  #radius;
  #axes;
  #scale = 1;
  #centre = [0, 0];

  /**
   * @param {Float32Array[]} parts all points that must be in sight
   * @param {number} dim 2 or 3
   */
  constructor(parts, dim) {
    this.#dim = dim;
    this.#box = probeBox(parts, dim);
    this.#radius = Math.hypot(...this.#box.half);
    this.#axes = eyeAxes([0, 0]);
  }

  /** The corners of the box, for a frame around the points. @returns {Float32Array} */
  get corners() {
    const { middle, half } = this.#box;
    const signs = [...Array(2 ** this.#dim).keys()].map((corner) =>
      middle.map((value, axis) => value + (corner & (1 << axis) ? half[axis] : -half[axis])),
    );
    return Float32Array.from(signs.flat());
  }

  /**
   * @param {number} width in pixels
   * @param {number} height
   * @param {Turn} turn
   */
  look(width, height, turn) {
    const { half } = this.#box;
    const [wide, high] = this.#dim === 2 ? half : [this.#radius, this.#radius];
    const across = (width / 2 - MARGIN_ROOM) / Math.max(wide, 1e-12);
    const down = (height / 2 - MARGIN_ROOM) / Math.max(high, 1e-12);
    this.#scale = Math.max(Math.min(across, down), 1e-12);
    this.#centre = [width / 2, height / 2];
    if (this.#dim === 3) this.#axes = eyeAxes(turn);
  }

  /**
   * @param {Float32Array} points
   * @param {number} i number of the point
   * @returns {Seen}
   */
  see(points, i) {
    const { middle } = this.#box;
    const dim = this.#dim;
    const [x, y] = this.#centre;
    if (dim === 2) {
      const [right, up] = [points[2 * i] - middle[0], points[2 * i + 1] - middle[1]];
      return [x + this.#scale * right, y - this.#scale * up, 0];
    }
    let [right, up, near] = [0, 0, 0];
    for (let axis = 0; axis < 3; axis++) {
      const away = points[3 * i + axis] - middle[axis];
      right += away * this.#axes[0][axis];
      up += away * this.#axes[1][axis];
      near += away * this.#axes[2][axis];
    }
    return [x + this.#scale * right, y - this.#scale * up, near / (this.#radius || 1)];
  }
}
