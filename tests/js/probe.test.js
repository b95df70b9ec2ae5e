// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { apartFrom, freePlace } from "../../siamese_lib/views/probe/probe_cloud.js";
import { pixelsForStep } from "../../siamese_lib/views/probe/probe_dials.js";
import {
  nearestOf,
  placeAfter,
  ProbeGrid,
  spreadOfPoints,
} from "../../siamese_lib/views/probe/probe_grid.js";
import {
  eyeAxes,
  probeBox,
  ProbeLens,
  turnedBy,
  turnOfKey,
} from "../../siamese_lib/views/probe/probe_lens.js";
import {
  probeHint,
  probePictureWords,
  probeSentence,
} from "../../siamese_lib/views/probe/probe_words.js";
import { numbersFrom } from "./made_up.js";

/** @import { Turn } from "../../siamese_lib/views/probe/probe_lens.js" */

const SHIFT = {
  name: "pixels to the right",
  values: [-1, 0, 1],
  words: ["−1", "0", "1"],
  periodic: false,
};
const AZIMUTH = {
  name: "azimuth",
  values: [0, 90, 180, 270],
  words: ["0°", "90°", "180°", "270°"],
  periodic: true,
};

/**
 * @param {readonly number[]} one
 * @param {readonly number[]} other
 */
function near(one, other) {
  assert.equal(one.length, other.length);
  one.forEach((value, i) => assert.ok(Math.abs(value - other[i]) < 1e-5, `${one} ${other}`));
}

test("images stand in the order of subjects, first values and second values", () => {
  const grid = new ProbeGrid([3, 4, 2]);
  let index = 0;
  for (let s = 0; s < 2; s++) {
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 4; b++) {
        for (let c = 0; c < 2; c++) assert.equal(grid.index(s, [a, b, c]), index++);
      }
    }
  }
  assert.equal(grid.size, 24);
  assert.deepEqual(grid.path(1, [2, 3, 1], 0), [31, 39, 47]);
  assert.deepEqual(grid.path(1, [2, 3, 1], 2), [46, 47]);
});

test("a spread is the root mean square distance from the mean", () => {
  const points = Float32Array.from([0, 0, 2, 0, 1, 3]);
  // The mean is (1, 1): squares 2, 2 and 4.
  assert.ok(Math.abs(spreadOfPoints(points, 2) - Math.sqrt(8 / 3)) < 1e-6);
  assert.equal(spreadOfPoints(points, 2, [0, 1]), 1);
  assert.equal(spreadOfPoints(points, 2, [2, 2]), 0);
});

test("points in one place have no spread, whatever their coordinates and their number", () => {
  for (const count of [7, 11, 1000]) {
    const points = new Float32Array(2 * count).fill(0.1);
    assert.equal(spreadOfPoints(points, 2), 0);
    assert.equal(spreadOfPoints(points, 2, [...Array(count).keys()]), 0);
    points[1] = 0.1001;
    assert.ok(spreadOfPoints(points, 2) > 0);
  }
  const rounded = Float32Array.from([1e6, 5, 1e6, 5.00001]);
  assert.equal(spreadOfPoints(rounded, 2), 0);
});

test("the nearest point is found", () => {
  const points = Float32Array.from([0, 0, 0, 5, 5, 5, 1, 1, 0]);
  assert.equal(nearestOf(points, Float32Array.from([1, 1, 1])), 2);
  assert.equal(nearestOf(points, Float32Array.from([9, 9, 9])), 1);
});

test("a dial ends, or goes round", () => {
  assert.equal(placeAfter(SHIFT, 1, 5), 2);
  assert.equal(placeAfter(SHIFT, 1, -5), 0);
  assert.equal(placeAfter(AZIMUTH, 3, 1), 0);
  assert.equal(placeAfter(AZIMUTH, 0, -9), 3);
});

test("a drag to the right or up means more, but for names that say otherwise", () => {
  assert.ok(pixelsForStep(SHIFT, "right") > 0);
  assert.ok(pixelsForStep({ ...SHIFT, name: "pixels to the left" }, "right") < 0);
  assert.ok(pixelsForStep({ ...SHIFT, name: "pixels down" }, "up") < 0);
  assert.ok(pixelsForStep({ ...SHIFT, name: "downtown" }, "up") > 0);
  const many = { ...SHIFT, values: [...Array(500).keys()] };
  assert.ok(pixelsForStep(many, "up") >= 5);
});

test("the axes of an eye are orthonormal, and its elevation is above the ground", () => {
  const next = numbersFrom(3);
  for (let i = 0; i < 20; i++) {
    const axes = eyeAxes([720 * next() - 360, 180 * next() - 90]);
    axes.forEach((one, a) =>
      axes.forEach((other, b) => {
        const product = one.reduce((sum, value, k) => sum + value * other[k], 0);
        assert.ok(Math.abs(product - (a === b ? 1 : 0)) < 1e-12);
      }),
    );
  }
  near(eyeAxes([0, 0])[2], [1, 0, 0]);
  near(eyeAxes([90, 0])[2], [0, 1, 0]);
  near(eyeAxes([0, 90])[2], [0, 0, 1]);
  near(eyeAxes([0, 0])[1], [0, 0, 1]);
});

test("turning goes round sideways and ends at the top", () => {
  assert.deepEqual(turnedBy([170, 80], [20, 20]), [-170, 90]);
  assert.deepEqual(turnedBy([-175, -80], [-10, -20]), [175, -90]);
  assert.deepEqual(turnOfKey("ArrowLeft"), [-10, 0]);
  assert.equal(turnOfKey("a"), null);
});

test("the box holds all points", () => {
  const parts = [Float32Array.from([0, 1, 4, 3]), Float32Array.from([-2, 2])];
  assert.deepEqual(probeBox(parts, 2), { middle: [1, 2], half: [3, 1] });
});

test("a flat map has one scale for both axes, and all points are in sight", () => {
  const points = Float32Array.from([0, 0, 10, 0, 0, 2]);
  const lens = new ProbeLens([points], 2);
  lens.look(400, 200, [0, 0]);
  const [a, b, c] = [0, 1, 2].map((i) => lens.see(points, i));
  assert.ok(Math.abs((b[0] - a[0]) / 10 - (a[1] - c[1]) / 2) < 1e-4);
  for (const [x, y] of [a, b, c]) assert.ok(x > 10 && x < 390 && y > 10 && y < 190);
  assert.ok(c[1] < a[1]); // up is up
});

test("a turned map keeps its scale, and nearer points come nearer", () => {
  const next = numbersFrom(5);
  const points = Float32Array.from({ length: 90 }, next);
  const lens = new ProbeLens([points], 3);
  const turns = /** @type {Turn[]} */ ([
    [0, 0],
    [40, 25],
    [-120, 80],
  ]);
  for (const turn of turns) {
    lens.look(300, 300, turn);
    for (let i = 0; i < 30; i++) {
      const [x, y, depth] = lens.see(points, i);
      assert.ok(Math.hypot(x - 150, y - 150) <= 150 - 20);
      assert.ok(Math.abs(depth) <= 1 + 1e-6);
    }
    for (let i = 0; i < 8; i++) {
      const [x, y] = lens.see(lens.corners, i);
      assert.ok(Math.hypot(x - 150, y - 150) <= 150 - 20); // the box is in sight too
    }
  }
  const corners = Float32Array.from([-1, -1, -1, 1, 1, 1]);
  const pair = new ProbeLens([corners], 3);
  pair.look(200, 200, [45, 0]);
  assert.ok(pair.see(corners, 1)[2] > pair.see(corners, 0)[2]);
  assert.equal(pair.corners.length, 24);
});

test("points in one place are in the middle of the map", () => {
  for (const dim of [2, 3]) {
    const points = new Float32Array(2 * dim).fill(7);
    const lens = new ProbeLens([points], dim);
    lens.look(200, 100, [0, 0]);
    assert.deepEqual(lens.see(points, 1).slice(0, 2), [100, 50]);
  }
});

test("images on the map do not cover each other, and as many as possible are taken", () => {
  const next = numbersFrom(8);
  const places = Array.from(
    { length: 300 },
    () => /** @type {const} */ ([300 * next(), 200 * next()]),
  );
  const taken = apartFrom(places, 30, 20);
  /** @param {number} i @param {number} j */
  const over = (i, j) =>
    Math.abs(places[i][0] - places[j][0]) < 30 && Math.abs(places[i][1] - places[j][1]) < 20;
  assert.ok(taken.length > 30);
  for (const i of taken) assert.ok(taken.every((j) => i === j || !over(i, j)));
  for (let i = 0; i < places.length; i++) assert.ok(taken.some((j) => i === j || over(i, j)));
});

test("words go to the first place that is free", () => {
  const taken = /** @type {[number, number][]} */ ([[0, 0]]);
  assert.deepEqual(freePlace([[5, 5], [30, 0]], 10, 10, taken), [30, 0]); // prettier-ignore
  assert.equal(freePlace([[5, 5]], 10, 10, taken), undefined);
});

test("the words", () => {
  assert.equal(
    probeSentence(SHIFT, 0.923).join(""),
    "Pixels to the right, −1 to 1: the point moves over 92\u00a0% of the map's spread.",
  );
  const azimuth = probeSentence(AZIMUTH, 0);
  assert.equal(azimuth.join(""), "Azimuth, 0° to 270° and round: the point stands still.");
  assert.equal(
    probePictureWords("a four", [SHIFT, AZIMUTH], [2, 1]),
    "a four, pixels to the right 1, azimuth 90°",
  );
  const one = "Drag the picture sideways: pixels to the right. Or use the slider.";
  assert.equal(probeHint([SHIFT]).join(""), one);
  const two = /Up and down: azimuth\. Or use the sliders\.$/;
  assert.match(probeHint([SHIFT, AZIMUTH]).join(""), two);
  /** @param {string[]} parts */
  const names = (parts) => parts.filter((_, i) => i % 2);
  assert.deepEqual(names(azimuth), ["Azimuth", "0°", "270°"]);
  assert.deepEqual(names(probeHint([SHIFT, AZIMUTH])), [SHIFT.name, AZIMUTH.name]);
});
