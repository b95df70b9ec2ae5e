// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { freestCorner } from "../../siamese_lib/views/js/card_place.js";

const MAP = { width: 600, height: 400 };

test("a card stands to the right where nothing is hidden", () => {
  assert.deepEqual(
    freestCorner([300, 200], 10, [100, 60], MAP, () => 0),
    [310, 170],
  );
});

test("it goes where it hides the fewest points", () => {
  /** @type {(rectangle: { left: number, top: number }) => number} */
  const hides = ({ left, top }) => (left > 200 || top > 170 ? 5 : 1);
  assert.deepEqual(freestCorner([300, 200], 10, [100, 60], MAP, hides), [190, 170]);
});

test("it stays on the map, also in a corner and on a map that is too small", () => {
  for (const [x, y] of [
    [1, 1],
    [599, 1],
    [1, 399],
    [599, 399],
  ]) {
    const [left, top] = freestCorner([x, y], 10, [100, 60], MAP, () => 0);
    assert.ok(left >= 6 && top >= 6 && left + 100 <= 594 && top + 60 <= 394);
    assert.ok(x < left || x > left + 100 || y < top || y > top + 60, "the point is not hidden");
  }
  assert.deepEqual(
    freestCorner([20, 20], 10, [100, 60], { width: 50, height: 50 }, () => 0),
    [6, 6],
  );
});
