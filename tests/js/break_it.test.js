// @ts-check
// What each section of the chapter "Break it" sees, on real digits. test_javascript.py writes them,
// and names the file in the environment variable LAB_DIGITS.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { LabSession } from "../../siamese_lib/lab/lab_session.js";
import { FIRST_LAB_STATE, withSettings } from "../../siamese_lib/lab/lab_state.js";
import { labDistances } from "../../siamese_lib/lab/lab_verdict.js";

const [TRAINED, SHOWN, PIXELS] = [1000, 500, 784];
const CHANCE = 0.1; // precision of ten classes

const path = process.env.LAB_DIGITS;
if (!path) throw new Error("LAB_DIGITS is not set: run this with pytest tests/js.");
const bytes = new Uint8Array(readFileSync(path));
assert.equal(bytes.length, (TRAINED + SHOWN) * (PIXELS + 1));
const labels = bytes.subarray((TRAINED + SHOWN) * PIXELS);
const DATA = {
  shape: [28, 28, 1],
  images: bytes.subarray(0, TRAINED * PIXELS),
  labels: labels.subarray(0, TRAINED),
  shown: {
    images: bytes.subarray(TRAINED * PIXELS, (TRAINED + SHOWN) * PIXELS),
    labels: labels.subarray(TRAINED),
  },
};

/**
 * What the laboratory shows after some steps, from its own settings except these.
 * @param {Record<string, any>} settings
 * @param {number} steps
 */
function after(settings, steps) {
  const state = withSettings(FIRST_LAB_STATE, settings);
  const session = new LabSession(DATA, state, { frames: 2, moments: 2 });
  for (let step = 0; step < steps; step++) session.step();
  const frame = session.run.frame();
  const recent = session.run.losses.slice(-20);
  return {
    loss: recent.reduce((sum, each) => sum + each) / recent.length,
    most: Math.max(...session.run.losses),
    precision: frame.precision,
    verdict: session.run.verdict(frame).name,
    ...labDistances(frame.points, state.dim, DATA.shown.labels, state.margin),
  };
}

const STEPS = 300;
const HEALTHY = after({}, STEPS);

/** @param {number} value @param {number} low @param {number} high */
function between(value, low, high) {
  assert.ok(value >= low && value <= high, `${value} is not from ${low} to ${high}`);
}

test("a healthy training: similar pairs are much closer, and four of seven neighbours are right", () => {
  between(HEALTHY.precision, 0.5, 0.8);
  between(HEALTHY.different / HEALTHY.similar, 2, 4);
  assert.ok(["learning", "learned"].includes(HEALTHY.verdict));
});

test("1. without different pairs, all distances go to 0, and so does the loss", () => {
  const seen = after({ similar: 1 }, 100);
  assert.equal(seen.verdict, "collapsed");
  assert.ok(seen.different < 0.01 && seen.loss < 1e-4);
  between(seen.precision, 0.05, 0.2);
});

test("2. without similar pairs, all images fly apart, and the loss goes to 0 as well", () => {
  const seen = after({ similar: 0 }, STEPS);
  assert.equal(seen.verdict, "no_push");
  assert.ok(seen.beyond > 0.95 && seen.similar > 4 && seen.loss < 0.01);
  between(seen.precision, 0.1, 0.4);
});

test("3. a margin 10 times smaller or larger gives the same map in another size", () => {
  for (const margin of [0.1, 10]) {
    const seen = after({ margin }, STEPS);
    between(seen.similar / margin, 0.2, 0.5);
    between(seen.different / margin, 0.6, 1.2);
    between(seen.loss / margin ** 2, HEALTHY.loss * 0.6, HEALTHY.loss * 1.6);
    between(seen.precision, HEALTHY.precision - 0.12, HEALTHY.precision + 0.12);
    assert.equal(seen.verdict, "learning");
  }
});

test("3. with plain SGD, the margin changes the training as a learning rate does", () => {
  const sgd = { optimizer: "sgd", learning_rate: 0.1 };
  const [small, usual, large] = [0.1, 1, 10].map((margin) => after({ ...sgd, margin }, STEPS));
  assert.ok(small.precision < usual.precision - 0.1, `${small.precision}, ${usual.precision}`);
  assert.equal(large.verdict, "collapsed");
});

test("4. the more labels are wrong, the less is learned, and half of them leave something", () => {
  const seen = [0.1, 0.3, 0.5].map((flipped) => after({ flipped }, STEPS));
  const precisions = [HEALTHY, ...seen].map(({ precision }) => precision);
  assert.ok(precisions[1] < precisions[0] + 0.03 && precisions[2] < precisions[0] - 0.1);
  assert.ok(precisions[3] < precisions[1] - 0.1 && precisions[3] > 2 * CHANCE);
  assert.ok(seen.every(({ loss }) => loss > 1.15 * HEALTHY.loss));
});

test("5. a sigmoid costs precision, and keeps distances below the root of 2", () => {
  const seen = after({ output: "sigmoid" }, STEPS);
  assert.ok(seen.precision < HEALTHY.precision && seen.precision > 0.35);
  const wide = after({ output: "sigmoid", margin: 2 }, STEPS);
  assert.equal(wide.beyond, 0);
  assert.ok(wide.different < Math.SQRT2 && wide.precision < HEALTHY.precision - 0.1);
});

test("6. with the label's sign turned, both kinds of pairs are equally far apart", () => {
  const seen = after({ turned: true }, STEPS);
  assert.equal(seen.verdict, "no_order");
  between(seen.different / seen.similar, 0.95, 1.1);
  between(seen.loss, 0.125, 0.18);
  between(seen.precision, 0.05, 0.2);
});

test("7. unit length leaves a circle of the plane, which costs precision, and a ball costs less", () => {
  const circle = after({ output: "unit" }, STEPS);
  assert.ok(circle.precision < HEALTHY.precision - 0.1 && circle.precision > 0.25);
  const ball = after({ output: "unit", dim: 3 }, STEPS);
  assert.ok(ball.precision > circle.precision + 0.1);
  const wide = after({ output: "unit", margin: 10 }, STEPS);
  assert.equal(wide.beyond, 0);
  assert.ok(wide.precision < HEALTHY.precision - 0.2);
});

test("8. one class alone brings all classes into one point", () => {
  const seen = after({ classes: [3] }, 100);
  assert.equal(seen.verdict, "collapsed");
  assert.ok(seen.different < 0.01 && seen.loss < 1e-4);
  between(seen.precision, 0.05, 0.2);
});

test("9. a learning rate too high learns less, then collapses, then is not a number", () => {
  const high = after({ learning_rate: 0.1 }, STEPS);
  assert.ok(high.precision < HEALTHY.precision - 0.1 && high.most > 1);
  const sgd = { optimizer: "sgd" };
  assert.ok(after({ ...sgd, learning_rate: 1 }, STEPS).precision > 0.5);
  const higher = after({ ...sgd, learning_rate: 3 }, STEPS);
  assert.equal(higher.verdict, "collapsed");
  between(higher.loss, 0.22, 0.28); // margin squared / 4
  assert.equal(after({ ...sgd, learning_rate: 100 }, 40).verdict, "not_a_number");
});

test("10. a batch of 8 learns less in as many steps, and more from as many pairs", () => {
  const [small, large] = [8, 128].map((batch) => after({ batch }, STEPS));
  assert.ok(small.precision < HEALTHY.precision && HEALTHY.precision < large.precision);
  const pairs = 8 * 1600;
  const [often, seldom] = [8, 128].map((batch) => after({ batch }, pairs / batch));
  assert.ok(often.precision > seldom.precision, `${often.precision}, ${seldom.precision}`);
});

test("11. every pair of 64 images teaches more than 32 random pairs of as many images", () => {
  const seen = after({ loss: "every_pair", batch: 64 }, STEPS);
  assert.ok(seen.precision > HEALTHY.precision + 0.03);
  assert.ok(seen.beyond > HEALTHY.beyond + 0.2);
  assert.ok(after({ loss: "every_pair", batch: 8 }, STEPS).precision > 0.3);
});
