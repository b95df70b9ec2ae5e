// @ts-check
// Arrows and springs, as SVG paths between places in pixels.

/** @typedef {[x: number, y: number]} Pixel */

const ARROW_HEAD = 9; // pixels: the length of an arrow's head
const ARROW_WIDE = 4.5; // pixels from its middle line to either side
const SPRING_SWING = 4; // pixels: of a spring to either side
const SPRING_LEAD = 3; // pixels: straight part at either end of a spring

/**
 * Draw an arrow that begins at the edge of a point. Its length does not include the point.
 * @param {Pixel} from the middle of the point
 * @param {Pixel} force in pixels
 * @param {number} edge radius of the point
 * @returns {{ shaft: string, head: string }} both empty if it is shorter than a pixel
 */
export function arrowOf([x, y], [right, down], edge) {
  const length = Math.hypot(right, down);
  if (!(length >= 1)) return { shaft: "", head: "" };
  const [u, v] = [right / length, down / length];
  const size = Math.min(1, (length + 3) / ARROW_HEAD); // of the head
  /** @param {number} along @param {number} aside */
  const at = (along, aside) => pathPixels(x + u * along - v * aside, y + v * along + u * aside);
  const tip = edge + length + 3;
  const neck = tip - ARROW_HEAD * size;
  const [left, other] = [at(neck, ARROW_WIDE * size), at(neck, -ARROW_WIDE * size)];
  return {
    shaft: neck > edge ? `M${at(edge, 0)}L${at(neck, 0)}` : "",
    head: `M${left}L${at(tip, 0)}L${other}`,
  };
}

/**
 * Draw a spring between the edges of two points: waves for a pull, sharp corners for a push. It has
 * as many turns at any length, so one sees whether it is stretched or pressed.
 * @param {Pixel} from
 * @param {Pixel} to
 * @param {number} edge radius of the points
 * @param {"pull" | "push"} kind
 */
export function springBetween([x, y], [toX, toY], edge, kind) {
  const whole = Math.hypot(toX - x, toY - y);
  const length = whole - 2 * (edge + SPRING_LEAD);
  if (!(length > 2 * SPRING_LEAD)) return "";
  const [u, v] = [(toX - x) / whole, (toY - y) / whole];
  const turns = kind === "pull" ? 9 : 14;
  /** @param {number} part of the way @param {number} aside */
  const at = (part, aside) => {
    const along = edge + SPRING_LEAD + part * length;
    return pathPixels(x + u * along - v * aside, y + v * along + u * aside);
  };
  let path = `M${pathPixels(x + u * edge, y + v * edge)}L${at(0, 0)}`;
  for (let turn = 0; turn < turns; turn++) {
    const aside = turn % 2 ? SPRING_SWING : -SPRING_SWING;
    const [middle, end] = [at((turn + 0.5) / turns, aside), at((turn + 1) / turns, 0)];
    if (kind === "push") path += `L${middle}L${end}`;
    else path += `Q${at((turn + 0.5) / turns, 2 * aside)} ${end}`;
  }
  return `${path}L${pathPixels(toX - u * edge, toY - v * edge)}`;
}

/**
 * @param {number} x
 * @param {number} y
 */
const pathPixels = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;
