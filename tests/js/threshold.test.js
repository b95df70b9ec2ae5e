// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { JudgedPairs } from "../../siamese_lib/views/threshold/judged_pairs.js";
import { nearestCorner } from "../../siamese_lib/views/threshold/roc_chart.js";
import { roundSteps, ticksUpTo } from "../../siamese_lib/views/threshold/shares_chart.js";
import { percent } from "../../siamese_lib/views/threshold/threshold_charts.js";

test("steps are round, begin at 0 and end at the limit or before", () => {
  assert.deepEqual(roundSteps(1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundSteps(3.7, 4), [0, 1, 2, 3]);
  assert.deepEqual(roundSteps(0.031, 3), [0, 0.02]);
  for (const limit of [0.004, 0.37, 1, 12.5, 999]) {
    const steps = roundSteps(limit, 6);
    assert.ok(steps.length >= 3 && steps.length <= 7 && steps[steps.length - 1] <= limit);
  }
});

test("shares are marked unless they crowd the next or the middle", () => {
  /** @type {(reach: number) => (share: number) => number} */
  const tall = (reach) => (share) => reach * Math.sqrt(share);
  assert.deepEqual(ticksUpTo(0.3, tall(400)), [0.01, 0.05, 0.1, 0.25]);
  assert.deepEqual(ticksUpTo(0.3, tall(100)), [0.05, 0.1, 0.25].slice(1));
  assert.deepEqual(ticksUpTo(0.0005, tall(100)), []);
});

test("the nearest corner is found on the scales that are drawn", () => {
  const roc = { fpr: [0, 0.01, 0.25, 1], tpr: [0, 0.5, 0.96, 1] };
  roc.fpr.forEach((fpr, i) => {
    assert.equal(nearestCorner(roc, Math.sqrt(fpr), 1 - Math.sqrt(1 - roc.tpr[i])), i);
  });
  assert.equal(nearestCorner(roc, 0.5, 0.9), 2);
});

test("small shares have a decimal", () => {
  assert.deepEqual([0, 0.004, 0.0994, 0.0996, 0.5, 1].map(percent), [
    "0%",
    "0.4%",
    "9.9%",
    "10%",
    "50%",
    "100%",
  ]);
});

test("the page counts and lists the mistakes of any threshold, nearest or worst first", () => {
  /** @type {(distances: number[], places: number[]) => any} */
  const kind = (distances, places) => ({
    distances: Float64Array.from(distances),
    places: Uint32Array.from(places),
  });
  const chart = /** @type {any} */ ({ limit: 4, positives: 3, negatives: 4, shown: 2 });
  const pairs = new JudgedPairs({
    chart,
    different: kind([0.5, 1, 1, 4], [0, 1, 1, 2, 0, 2, 2, 3]),
    same: kind([3, 1, 0.25], [0, 3, 1, 3, 2, 2]),
    numbers: Uint32Array.from([10, 20, 30, 40]),
    images: /** @type {any} */ (null),
    words: ["a", "b", "c", "d"],
  });
  for (const [threshold, accepts, rejects] of [
    [0, 0, 3],
    [0.25, 0, 2],
    [0.5, 1, 2],
    [1, 3, 1],
    [3, 3, 0],
    [4, 4, 0],
  ]) {
    const counts = pairs.counts(threshold);
    assert.deepEqual([counts.false_accepts, counts.false_rejects], [accepts, rejects]);
    assert.deepEqual([counts.fpr, counts.tpr], [accepts / 4, 1 - rejects / 3]);
    assert.ok(Math.abs(counts.accuracy - (1 - (accepts + rejects) / 7)) < 1e-12);
  }
  /** @type {(order: string) => number[][]} */
  const listed = (order) =>
    pairs.mistakes(pairs.counts(1), order).accepts.map(({ images }) => images);
  assert.deepEqual(listed("worst"), [
    [10, 20],
    [20, 30],
  ]);
  assert.deepEqual(listed("nearest"), [
    [10, 30],
    [20, 30],
  ]);
  const [reject] = pairs.mistakes(pairs.counts(1), "worst").rejects;
  assert.deepEqual([reject.distance, reject.words], [3, ["a", "d"]]);
});
