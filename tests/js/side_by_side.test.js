// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsFor, sharedRanges } from "../../siamese_lib/views/side_by_side/panel_grid.js";
import {
  barOf,
  momentAt,
  shareAt,
  sharesOf,
} from "../../siamese_lib/views/side_by_side/shared_moment.js";

/** @type {(steps: number[] | null, count?: number) => { shares: number[], steps: number[] | null }} */
const film = (steps, count = steps?.length ?? 0) => ({ shares: sharesOf(steps, count), steps });

test("a share is of the steps, or of the frames where there are no steps", () => {
  assert.deepEqual(sharesOf([0, 10, 40], 3), [0, 0.25, 1]);
  assert.deepEqual(sharesOf(null, 5), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(sharesOf([0], 1), [0]);
  assert.deepEqual(sharesOf(null, 1), [0]);
});

test("a moment and its share lead to each other", () => {
  const shares = sharesOf([0, 1, 4, 9, 16, 25], 6);
  for (let p = 0; p <= 5; p += 0.1) {
    assert.ok(Math.abs(momentAt(shares, shareAt(shares, p)) - p) < 1e-9, String(p));
  }
});

test("each film is at the same share of its own training", () => {
  const long = sharesOf([0, 10, 40, 90, 180, 360], 6);
  const short = sharesOf([0, 45, 90, 180], 4);
  // Step 90 of 360 is a quarter: step 45 of 180, the second frame.
  assert.equal(momentAt(short, shareAt(long, 3)), 1);
  // Halfway from step 180 to 360 is three quarters: halfway from step 90 to 180.
  assert.ok(Math.abs(momentAt(short, shareAt(long, 4.5)) - 2.5) < 1e-12);
  assert.equal(momentAt(short, 1), 3);
  assert.equal(momentAt(short, 0), 0);
  assert.equal(momentAt(sharesOf([7], 1), 0.4), 0);
  assert.equal(momentAt(sharesOf(null, 1), 0.4), 0);
});

test("a film that begins late waits at its first frame", () => {
  assert.equal(momentAt(sharesOf([50, 75, 100], 3), 0.2), 0);
});

test("the bar has the frames of the longest film", () => {
  const bar = barOf([film([0, 180]), film([0, 5, 180])]);
  assert.deepEqual(bar.shares, [0, 5 / 180, 1]);
});

test("the bar is in steps if all trainings end at the same one, else in percent", () => {
  const alike = barOf([film([0, 90, 360]), film([0, 360])]).about;
  assert.deepEqual([alike.steps, alike.moments], [[0, 90, 360], null]);
  const unlike = barOf([film([0, 1, 90, 360]), film([0, 180])]).about;
  assert.deepEqual(unlike.moments, ["0 %", "0.3 %", "25 %", "100 %"]);
  assert.deepEqual(barOf([film(null, 3), film(null, 3)]).about.moments, null);
  assert.deepEqual(barOf([film(null, 3), film([0, 1, 3])]).about.moments, ["0 %", "50 %", "100 %"]);
});

test("rows are about equally long, and a phone has two columns", () => {
  const columns = [1, 2, 3, 4, 5, 6].map((count) => columnsFor(count, 690));
  assert.deepEqual(columns, [1, 2, 3, 2, 3, 3]);
  assert.equal(columnsFor(6, 1800), 6);
  assert.equal(columnsFor(3, 300), 2);
  assert.equal(columnsFor(1, 300), 1);
});

test("curves of one name share a range around all of them", () => {
  const ranges = sharedRanges([
    { name: "loss", range: [0.1, 0.5] },
    { name: "precision", range: [0.2, 0.9] },
    { name: "loss", range: [0.2, 25] },
  ]);
  assert.deepEqual(
    [...ranges],
    [
      ["loss", [0.1, 25]],
      ["precision", [0.2, 0.9]],
    ],
  );
});
