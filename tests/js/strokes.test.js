// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { extend, placeIn } from "../../siamese_lib/views/js/strokes.js";

/** @import { Stroke } from "../../siamese_lib/views/js/strokes.js" */

const BOX = { left: 100, top: 50, width: 200, height: 200 };

test("a place is a part of the square, to a thousandth, and never outside", () => {
  assert.deepEqual(placeIn(BOX, { clientX: 200, clientY: 100 }), [0.5, 0.25]);
  assert.deepEqual(placeIn(BOX, { clientX: 100.0333, clientY: 0 }), [0, 0]);
  assert.deepEqual(placeIn(BOX, { clientX: 999, clientY: 250 }), [1, 1]);
});

test("a stroke grows by places that are apart", () => {
  /** @type {Stroke} */
  const stroke = [];
  extend(stroke, [0.5, 0.5]);
  extend(stroke, [0.503, 0.504]);
  extend(stroke, [0.51, 0.5]);
  assert.deepEqual(stroke, [
    [0.5, 0.5],
    [0.51, 0.5],
  ]);
});
