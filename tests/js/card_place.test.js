// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { freestCorner } from "../../siamese_lib/views/js/card_place.js";
import { PicturePlaces } from "../../siamese_lib/views/js/picture_places.js";

/** @import { Place } from "../../siamese_lib/views/js/film.js" */

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

test("pictures of points that are near each other do not cover each other", () => {
  for (const corner of [0, 300, 580]) {
    const places = new PicturePlaces();
    const taken = Array.from({ length: 8 }, (_, i) => {
      /** @type {Place} */
      const at = [corner + 2 * i, Math.min(corner, 380) + 3 * (i % 2)];
      return places.take(i, at, [48, 48], MAP, () => 0);
    });
    taken.forEach((one, i) => {
      for (const other of taken.slice(0, i)) {
        const apart = Math.max(Math.abs(one.left - other.left), Math.abs(one.top - other.top));
        assert.ok(apart >= 48, `${i} covers another picture near ${corner}`);
      }
    });
  }
});

test("a picture stays at its side while another one is little better", () => {
  const places = new PicturePlaces();
  let right = 9;
  /** @type {(place: { left: number }) => number} */
  const hides = ({ left }) => (left > 300 ? right : left < 250 ? 8 : 99);
  const first = places.take(0, [300, 200], [48, 48], MAP, hides);
  assert.ok(first.left < 250);
  for (const [count, moves] of /** @type {[number, boolean][]} */ ([
    [7, false],
    [1, true],
  ])) {
    right = count;
    places.clear();
    assert.equal(places.take(0, [300, 200], [48, 48], MAP, hides).left > 300, moves);
  }
});
