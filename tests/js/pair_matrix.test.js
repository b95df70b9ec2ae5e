// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  costliestCells,
  pairCosts,
  pairDistances,
  pairNumber,
} from "../../siamese_lib/views/pair_matrix/costs.js";
import { movedCell } from "../../siamese_lib/views/pair_matrix/matrix_hands.js";
import {
  classBlocks,
  fillMatrix,
  shadeOf,
  unitCost,
} from "../../siamese_lib/views/pair_matrix/matrix_shades.js";
import {
  doingInk,
  doingWords,
  doubtWords,
  pairWords,
  shareWords,
} from "../../siamese_lib/views/pair_matrix/pair_words.js";
import { numbersFrom } from "./made_up.js";

test("pairs are numbered row by row, whichever image comes first", () => {
  let number = 0;
  for (let i = 0; i < 7; i++) {
    for (let j = i + 1; j < 7; j++) {
      assert.equal(pairNumber(i, j, 7), number);
      assert.equal(pairNumber(j, i, 7), number++);
    }
  }
});

test("distances use all dimensions, and are never 0", () => {
  const points = Float32Array.from([0, 0, 0, 2, 3, 6, 0, 0, 0]);
  assert.deepEqual([...pairDistances(points, 3)], [7, 1e-6, 7]);
});

test("costs by hand: a similar pair, a pushing one, a silent one at the margin", () => {
  const distances = [0.6, 0.75, 1];
  const two = pairCosts(distances, [1, 0, 0], [1, 1, 1], 1, "two");
  assert.deepEqual([two.pulling, two.pushing, two.silent], [1, 1, 1]);
  assert.deepEqual([...two.shares], [0.36 / 4, 0.0625 / 4, 0]);
  const one = pairCosts(distances, [1, 0, 0], [2, 1, 0], 1, "one");
  assert.deepEqual([one.pulling, one.pushing, one.silent], [2, 1, 0]);
  assert.deepEqual([...one.shares], [(2 * 0.36) / 6, 0.0625 / 6, 0]);
  assert.equal(one.pull + one.push, (0.72 + 0.0625) / 6);
  assert.equal(pairCosts([], [], [], 1, "two").pull, 0);
});

test("costs by hand: similar pairs within the positive margin are silent", () => {
  const resting = pairCosts([0.25, 0.75, 1], [1, 1, 1], [1, 1, 2], 2, "two", 0.25);
  assert.deepEqual([resting.pulling, resting.pushing, resting.silent], [3, 0, 1]);
  assert.deepEqual([...resting.shares], [0, 0.25 / 12, (2 * 0.5625) / 12]);
});

test("the costliest pairs share no image and cost something", () => {
  const random = numbersFrom(3);
  const shares = Float64Array.from({ length: 45 }, () => Math.max(random() - 0.3, 0));
  const found = costliestCells(shares, 10, 4);
  assert.equal(new Set(found.flat()).size, 2 * found.length);
  const costs = found.map(([i, j]) => shares[pairNumber(i, j, 10)]);
  assert.deepEqual(
    costs,
    [...costs].sort((a, b) => b - a),
  );
  assert.equal(costs[0], Math.max(...shares));
  assert.deepEqual(costliestCells(new Float64Array(45), 10, 4), []);
});

test("shades grow with the cost, from one that can be seen", () => {
  const unit = unitCost(100, 2);
  assert.equal(unit, 0.02);
  const shades = [0, 1e-12, 0.1, 1, 5, 50].map((times) => shadeOf(times * unit, unit));
  assert.equal(shades[0], 0);
  assert.ok(shades[1] >= 0.15);
  for (let i = 1; i < shades.length; i++) assert.ok(shades[i] > shades[i - 1] && shades[i] <= 1);
});

test("the matrix has each pair on both sides, in the order of the rows", () => {
  const pixels = new Uint8ClampedArray(4 * 9);
  const inks = { ground: [0, 0, 0], silent: [9, 9, 9], same: [200, 0, 0], different: [0, 200, 0] };
  // Rows show the images 2, 0, 1: images 0 and 1 pull, 0 and 2 are silent, 1 and 2 not compared.
  const pairs = { shares: Float64Array.from([9e9, 0, 0]), same: [1, 0, 0], times: [1, 1, 0] };
  fillMatrix(pixels, [2, 0, 1], pairs, 1, inks);
  /** @param {number} row @param {number} column */
  const at = (row, column) => [
    ...pixels.subarray(4 * (3 * row + column), 4 * (3 * row + column) + 3),
  ];
  for (const [row, column, ink] of /** @type {[number, number, number[]][]} */ ([
    [1, 2, inks.same],
    [0, 1, inks.silent],
    [0, 2, inks.ground],
    [1, 1, inks.ground],
  ])) {
    assert.deepEqual(at(row, column), ink);
    assert.deepEqual(at(column, row), ink);
  }
  assert.deepEqual(classBlocks([[4], [], [0, 2]]), [
    { number: 0, start: 0, stop: 1 },
    { number: 2, start: 1, stop: 3 },
  ]);
});

test("keys move over the diagonal and stop at the edges", () => {
  assert.deepEqual(movedCell([0, 1], [0, 1], 1, 5), [0, 2]);
  assert.deepEqual(movedCell([2, 1], [0, 1], 1, 5), [2, 3]);
  assert.deepEqual(movedCell([0, 1], [0, -1], 1, 5), [0, 1]);
  assert.deepEqual(movedCell([4, 3], [0, 1], 1, 5), [4, 3]);
  assert.deepEqual(movedCell([1, 3], [1, 0], 10, 5), [4, 3]);
});

test("words say what a pair does, and doubt labels only if the distance contradicts them", () => {
  const facts = {
    images: /** @type {[number, number]} */ ([3, 12]),
    names: /** @type {[string, string]} */ (["4", "9"]),
    same: false,
    times: 1,
    distance: 0.25,
    share: 0.1,
    loss: 0.4,
    margin: 1,
    positiveMargin: 0,
  };
  assert.equal(
    pairWords(facts),
    "images 3 and 12, different pair: 4 and 9, distance 0.250, pushes, costs 25 % of the loss",
  );
  assert.match(doubtWords(facts), /say 4 and 9/);
  assert.equal(doubtWords({ ...facts, distance: 0.9 }), "");
  assert.match(doubtWords({ ...facts, same: true, distance: 1.1 }), /Both are labelled 4/);
  assert.equal(doubtWords({ ...facts, same: true, distance: 0.9 }), "");
  assert.match(doingWords({ ...facts, distance: 1 }), /silent/);
  assert.match(doingWords({ ...facts, same: true, positiveMargin: 0.3 }), /silent.*near enough/);
  assert.equal(doingWords({ ...facts, same: true, positiveMargin: 0.2 }), "pulls");
  assert.match(doingWords({ ...facts, times: 0 }), /not among/);
  assert.deepEqual([0, 0.0004, 0.094, 0.5, 1].map(shareWords), [
    "0 %",
    "below 0.1 %",
    "9.4 %",
    "50 %",
    "100 %",
  ]);
});

test("a pair that does nothing has the quiet colour", () => {
  const theme = { same: "green", different: "orange", quiet: "grey" };
  /** @type {(same: boolean, times: number, distance: number) => string} */
  const ink = (same, times, distance) => {
    /** @type {[number, number]} */
    const images = [0, 1];
    /** @type {[string, string]} */
    const names = ["a", "b"];
    const cost = { share: 0, loss: 1, margin: 1, positiveMargin: 0 };
    return doingInk({ images, names, same, times, distance, ...cost }, theme);
  };
  assert.deepEqual(
    [ink(true, 1, 9), ink(false, 1, 0.9), ink(false, 1, 1), ink(true, 0, 0.1), ink(false, 0, 0.1)],
    ["green", "orange", "grey", "grey", "grey"],
  );
});
