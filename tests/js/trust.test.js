// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Trust } from "../../siamese_lib/views/js/trust.js";

/** @param {number[]} shares */
const trustOf = (shares) => new Trust(Float32Array.from(shares).buffer);

test("a point is as large as its trust, in six steps from 30 % to the full diameter", () => {
  const trust = trustOf([0, 1, 0.5, 0.19, 0.8]);
  assert.ok(trust.known);
  const sizes = [...trust.diameters].map((part) => Math.round((100 * part) / 255));
  assert.deepEqual(sizes, [30, 100, 72, 44, 86]); // 0.5 and 0.19 are in the steps 3 and 1 of 5
});

test("each point is in one group, with the diameter that it has", () => {
  const shares = Array.from({ length: 50 }, (_, i) => ((7 * i) % 50) / 49);
  const { groups, diameters } = trustOf(shares);
  const seen = groups.flatMap(({ points }) => [...points]);
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    [...shares.keys()],
  );
  for (const { points, diameter } of groups)
    for (const point of points) assert.equal(diameters[point], Math.round(255 * diameter));
});

test("it says its share in words, and nothing where nothing is known", () => {
  assert.equal(trustOf([0.7, 0]).words(0, true), "trust 70 % (last frame)");
  assert.equal(trustOf([0.7, 0]).words(0, false), "trust 70 %");
  const none = new Trust(null);
  assert.ok(!none.known);
  assert.equal(none.words(0, true), "");
});
