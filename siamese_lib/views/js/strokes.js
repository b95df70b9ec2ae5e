// @ts-check
// Strokes on a square: places from 0 to 1, y downwards.

import { clamp } from "./numbers.js";

/** @typedef {[x: number, y: number][]} Stroke */

const PEN = 0.075; // of the side
const APART = 0.006; // of the side, between the places of a stroke

/**
 * Return the place of an event in a box, to a thousandth.
 * @param {{ left: number, top: number, width: number, height: number }} box
 * @param {{ clientX: number, clientY: number }} event
 * @returns {[x: number, y: number]}
 */
export function placeIn({ left, top, width, height }, { clientX, clientY }) {
  /** @param {number} value */
  const part = (value) => Math.round(1000 * clamp(value, 0, 1)) / 1000;
  return [part((clientX - left) / width), part((clientY - top) / height)];
}

/**
 * Add a place, unless it is too close to the last one.
 * @param {Stroke} stroke
 * @param {[x: number, y: number]} place
 */
export function extend(stroke, place) {
  const last = stroke[stroke.length - 1];
  if (last && Math.hypot(place[0] - last[0], place[1] - last[1]) <= APART) return;
  stroke.push(place);
}

/**
 * Draw strokes in the text colour of the canvas.
 * @param {CanvasRenderingContext2D} pen
 * @param {Stroke[]} strokes
 */
export function drawStrokes(pen, strokes) {
  const { canvas } = pen;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(canvas.clientWidth * ratio);
  pen.scale(canvas.width, canvas.height);
  pen.lineWidth = PEN;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of strokes) {
    pen.beginPath();
    for (const place of stroke) pen.lineTo(...place);
    if (stroke.length === 1) pen.lineTo(stroke[0][0] + 1e-4, stroke[0][1]); // a dot
    pen.stroke();
  }
}
