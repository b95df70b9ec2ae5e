// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { grow } from "../../siamese_lib/views/js/payload.js";
import { rgbaOf } from "../../siamese_lib/views/js/pictures.js";

/** @import { Bounds, FrameMessage, Payload } from "../../siamese_lib/views/js/payload.js" */

/** @type {Bounds} */
const BOUNDS = [0, 0, 1, 1, 1];
const DATA = new Uint16Array(4);

/** @type {() => Payload} */
const empty = () => ({
  film: { count: 2, bounds: [], frames: [] },
  about: {
    labels: null,
    names: [],
    colors: [],
    marked: [],
    steps: null,
    curves: {},
    margin: null,
    note: "",
    height: 300,
  },
});

/** @type {(index: number, more?: Partial<FrameMessage>) => FrameMessage} */
const frame = (index, more = {}) => ({ index, bounds: BOUNDS, step: null, curves: {}, ...more });

test("a frame is added once, with its step and its numbers", () => {
  const payload = empty();
  const message = frame(0, { step: 10, curves: { loss: 0.5 } });
  grow(payload, message, DATA);
  grow(payload, message, DATA); // a second view has it too
  assert.deepEqual(payload.film.frames, [DATA]);
  assert.deepEqual([payload.about.steps, payload.about.curves], [[10], { loss: [0.5] }]);
});

test("a frame stands for one that was missed, whose numbers are a gap", () => {
  const payload = empty();
  grow(payload, frame(0, { curves: { loss: 0.5 } }), DATA);
  grow(payload, frame(2, { curves: { loss: 0.3 } }), DATA);
  assert.equal(payload.film.frames.length, 3);
  assert.deepEqual(payload.about.curves.loss, [0.5, null, 0.3]);
  assert.equal(payload.about.steps, null);
});

test("a curve that begins late has gaps before", () => {
  const payload = empty();
  grow(payload, frame(0), DATA);
  grow(payload, frame(1, { curves: { precision: 0.9 } }), DATA);
  assert.deepEqual(payload.about.curves, { precision: [null, 0.9] });
});

test("images get the four bytes a pixel that a canvas takes", () => {
  const gray = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]); // two of 2 x 2
  assert.deepEqual(
    [...rgbaOf(gray, [2, 2, 2, 1], 1)],
    [5, 5, 5, 255, 6, 6, 6, 255, 7, 7, 7, 255, 8, 8, 8, 255],
  );
  const color = Uint8Array.from([0, 0, 0, 9, 9, 9, 1, 2, 3, 4, 5, 6]); // two of 1 x 2
  assert.deepEqual([...rgbaOf(color, [2, 1, 2, 3], 1)], [1, 2, 3, 255, 4, 5, 6, 255]);
});
