// @ts-check
// The curve that a hand draws, and the words of an answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { saidWords } from "../../siamese_lib/views/prediction/prediction.js";
import { nearestPoint, nudged, sketched } from "../../siamese_lib/views/prediction/sketch.js";

const XS = [0, 1, 2, 4, 8];
const EMPTY = XS.map(() => null);

test("a press sets the nearest point only", () => {
  const spot = { x: 2.6, y: 0.5 };
  assert.equal(nearestPoint(XS, 2.6), 2);
  assert.deepEqual(sketched(EMPTY, XS, spot, spot), [null, null, 0.5, null, null]);
});

test("a line sets the points that it passes, whichever way it goes", () => {
  const [left, right] = [
    { x: 0.5, y: 0 },
    { x: 4.5, y: 8 },
  ];
  assert.deepEqual(sketched(EMPTY, XS, left, right), [null, 1, 3, 8, null]);
  assert.deepEqual(sketched(EMPTY, XS, right, left), [0, 1, 3, 7, null]);
  assert.deepEqual(EMPTY, [null, null, null, null, null]);
});

test("arrow keys begin where the neighbour is, and stay in the range", () => {
  assert.deepEqual(nudged([null, null], 1, 0.1, 0, 1), [null, 0.6]);
  assert.deepEqual(nudged([0.2, null], 1, 0.1, 0, 1), [0.2, 0.2 + 0.1]);
  assert.deepEqual(nudged([0.2, 0.95], 1, 0.1, 0, 1), [0.2, 1]);
});

test("answers are written as Python writes them", () => {
  const asked = { digits: 1, unit: "%" };
  assert.equal(saidWords(asked, null), "What do you expect?");
  assert.equal(saidWords(asked, 12.34), "You say 12.3 %.");
  assert.equal(saidWords(asked, [null, 1, 2]), "You say from 1.0 % to 2.0 %.");
  assert.equal(saidWords(asked, "none"), "You say none.");
});
