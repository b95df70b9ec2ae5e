// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  forcesOf,
  largestForce,
  lossInOnePlace,
  radiusOf,
} from "../../siamese_lib/views/springs/forces.js";
import { fixedBox, followingBox } from "../../siamese_lib/views/springs/springs_camera.js";
import { SpringsMotion } from "../../siamese_lib/views/springs/springs_motion.js";
import { arrowOf, springBetween } from "../../siamese_lib/views/springs/springs_shapes.js";
import {
  decimalsUpTo,
  springsPercent,
  scaleEnd,
  springsWords,
} from "../../siamese_lib/views/springs/springs_words.js";
import { numbersFrom } from "./made_up.js";

/** @import { Means, Springiness } from "../../siamese_lib/views/springs/forces.js" */
/** @import { Descent } from "../../siamese_lib/views/springs/springs_motion.js" */

const CLASSES = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];
const MEANS = /** @type {Means[]} */ (["two", "one"]);

/**
 * A dozen places around one middle.
 * @param {number} size
 */
function dozen(size) {
  const next = numbersFrom(7);
  return Float64Array.from({ length: 24 }, () => size * (2 * next() - 1));
}

/**
 * Take the same mean over every pair that counts in it, one pair after the other.
 * @param {Float64Array} places
 * @param {Springiness} springiness
 */
function slowLoss(places, { margin, push, means }) {
  const pulls = [];
  const pushes = [];
  let pairs = 0;
  for (let i = 0; i < 12; i++) {
    for (let j = i + 1; j < 12; j++) {
      const distance = Math.hypot(
        places[2 * i] - places[2 * j],
        places[2 * i + 1] - places[2 * j + 1],
      );
      pairs += 1;
      if (CLASSES[i] === CLASSES[j]) pulls.push(distance ** 2);
      else if (push && distance < margin) pushes.push((margin - distance) ** 2);
    }
  }
  /** @param {number[]} values */
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  if (means === "one") return (sum(pulls) + sum(pushes)) / pairs / 2;
  return (sum(pulls) / (pulls.length || 1) + sum(pushes) / (pushes.length || 1)) / 4;
}

test("forces are the slope of the loss, downhill", () => {
  for (const means of MEANS) {
    for (const push of [true, false]) {
      const how = { margin: 1, push, means };
      const places = dozen(0.8);
      const { pull, push: pushed, pullLoss, pushLoss } = forcesOf(places, CLASSES, how);
      assert.ok(Math.abs(pullLoss + pushLoss - slowLoss(places, how)) < 1e-12);
      for (let i = 0; i < places.length; i++) {
        const [more, less] = [places.slice(), places.slice()];
        more[i] += 1e-5;
        less[i] -= 1e-5;
        const slope = (slowLoss(more, how) - slowLoss(less, how)) / 2e-5;
        assert.ok(Math.abs(pull[i] + pushed[i] + slope) < 1e-8);
      }
    }
  }
});

test("points and margin times ten give the loss times a hundred", () => {
  for (const means of MEANS) {
    const small = forcesOf(dozen(0.8), CLASSES, { margin: 1, push: true, means });
    const large = forcesOf(dozen(8), CLASSES, { margin: 10, push: true, means });
    assert.ok(Math.abs(large.pullLoss / small.pullLoss - 100) < 1e-9);
    assert.ok(Math.abs(large.pushLoss / small.pushLoss - 100) < 1e-9);
    assert.ok(Math.abs(largestForce(large) / largestForce(small) - 10) < 1e-9);
    assert.equal(large.pushing, small.pushing);
  }
});

test("if all points are in one place, two means give a quarter of the margin squared", () => {
  assert.ok(Math.abs(lossInOnePlace(CLASSES, { margin: 2, push: true, means: "two" }) - 1) < 1e-5);
  const one = lossInOnePlace(CLASSES, { margin: 2, push: true, means: "one" });
  assert.ok(Math.abs(one - ((48 / 66) * 4) / 2) < 1e-5);
});

/**
 * Run until the points are at rest, as the page does for readers who prefer less motion.
 * @param {Partial<Descent>} changes
 * @param {Float64Array} start
 */
function run(changes, start) {
  /** @type {Descent} */
  const descent = { margin: 1, push: true, means: "two", learning_rate: 1, ...changes };
  const motion = new SpringsMotion(start, start, CLASSES, true);
  assert.ok(motion.run(0, descent) > 10);
  assert.ok(motion.atRest(descent));
  assert.equal(motion.run(0, descent), 0);
  return motion;
}

/**
 * Move each class so that its middle is at 0.
 * @param {Float64Array} places
 */
function centred(places) {
  return places.map((value, i) => {
    const own = places.filter((_, j) => j % 6 === i % 6);
    return value - own.reduce((sum, each) => sum + each, 0) / own.length;
  });
}

test("with the pull alone, the radius falls below a hundredth", () => {
  const start = centred(dozen(0.8));
  for (const means of MEANS) {
    for (const rate of [0.3, 1, 3]) {
      const motion = run({ push: false, means, learning_rate: rate }, start);
      assert.ok(radiusOf(motion.places) < 0.01 * radiusOf(start));
    }
  }
});

test("classes that have other middles shrink to a dot each, and stay where they are", () => {
  const start = dozen(0.8);
  const motion = run({ push: false }, start);
  const own = [0, 3, 6, 9];
  assert.ok(radiusOf(motion.places, own) < 0.01 * radiusOf(start, own));
  for (const axis of [0, 1]) {
    /** @param {Float64Array} places */
    const middle = (places) => own.reduce((sum, i) => sum + places[2 * i + axis], 0);
    assert.ok(Math.abs(middle(motion.places) - middle(start)) < 1e-9);
  }
});

test("the margin sets the scale: all is ten times as large at every step", () => {
  const [small, large] = [0.4, 4].map((size) => {
    const motion = new SpringsMotion(dozen(size), dozen(size), CLASSES, false);
    const descent = { margin: size, push: true, means: MEANS[0], learning_rate: 1 };
    for (let step = 0; step < 30; step++) motion.step(descent);
    return motion.places;
  });
  small.forEach((value, i) => assert.ok(Math.abs(10 * value - large[i]) < 1e-9));
});

test("no force moves a point that is held", () => {
  const motion = new SpringsMotion(dozen(0.8), dozen(0.8), CLASSES, false);
  motion.put(2, [3, 4]);
  motion.held = 2;
  motion.step({ margin: 1, push: true, means: "two", learning_rate: 1 });
  assert.deepEqual([...motion.places.slice(4, 6)], [3, 4]);
  assert.notEqual(motion.places[0], dozen(0.8)[0]);
});

test("steps fall due 20 times a second, and the shown points follow", () => {
  const motion = new SpringsMotion(dozen(0.8), dozen(0.8), CLASSES, false);
  const descent = { margin: 1, push: true, means: MEANS[0], learning_rate: 1 };
  assert.equal(motion.run(0.125, descent), 2);
  assert.equal(motion.run(0.025, descent), 1);
  assert.notDeepEqual(motion.shown, motion.places);
  let frames = 0;
  while (motion.approach(1 / 60, 1e-4)) frames += 1;
  assert.ok(frames > 5 && frames < 100);
  assert.deepEqual(motion.shown, motion.places);
});

test("an arrow begins at the edge of its point, and is as long as the force", () => {
  const { shaft, head } = arrowOf([100, 50], [30, 0], 10);
  assert.ok(shaft.startsWith("M110.0 50.0L"));
  assert.ok(head.includes("L143.0 50.0L"));
  assert.deepEqual(arrowOf([0, 0], [0.5, 0], 10), { shaft: "", head: "" });
  assert.deepEqual(arrowOf([0, 0], [NaN, 0], 10), { shaft: "", head: "" });
});

test("a spring has as many turns at any length, and none where points touch", () => {
  for (const kind of /** @type {const} */ (["pull", "push"])) {
    const turns = [60, 200].map(
      (length) => springBetween([0, 0], [length, 0], 10, kind).split(/[LQ]/).length,
    );
    assert.equal(turns[0], turns[1]);
    assert.equal(springBetween([0, 0], [20, 0], 10, kind), "");
  }
});

test("the map has room for points and margin, and follows both", () => {
  const square = Float64Array.from([-1, -1, 1, 1]);
  assert.deepEqual(fixedBox(square, 0.1), [-1.25, -1.25, 1.25, 1.25]);
  assert.deepEqual(fixedBox(square, 4), [-5, -5, 5, 5]);
  assert.deepEqual(followingBox(square, null, 3, 1), [-1, -1, 1, 1]);
  assert.deepEqual(followingBox(square, 1, 3, 1), [-2, -2, 4, 4]);
  const [left, , right] = followingBox(new Float64Array(4), null, 3, 1);
  assert.ok(left < right);
});

test("the words fit what is seen", () => {
  const none = { ...forcesOf(dozen(0.8), CLASSES, { margin: 1, push: true, means: "two" }) };
  const seen = { forces: none, push: true, margin: 1, rest: false, radius: 1, inside: 1, start: 1 };
  /** @param {Partial<typeof seen>} changes */
  const words = (changes) => springsWords({ ...seen, ...changes });
  /** @param {number} pushing */
  const pushing = (pushing) => words({ forces: { ...none, pushing } });
  assert.match(pushing(48), /^All 48 different pairs are nearer/);
  assert.match(pushing(47), /^1 of 48 different pairs is beyond/);
  assert.match(pushing(12), /^36 of 48 different pairs are beyond/);
  assert.match(pushing(0), /none of them pushes/);
  assert.match(words({ rest: true, inside: 0.001 }), /^At rest/);
  assert.match(words({ push: false }), /^Only the pull/);
  assert.match(words({ push: false, inside: 0.005 }), /^Each class is one dot/);
  assert.match(
    words({ push: false, inside: 0.005, radius: 0.005 }),
    /^Collapse.* 0\.50 % as large/,
  );
  assert.match(words({ radius: 101 }), /learning rate is too large/);
});

test("numbers are rounded for the eye", () => {
  assert.deepEqual([0.005, 0.5, 50, 1e5].map(decimalsUpTo), [6, 4, 2, 0]);
  assert.deepEqual([0.02, 0.021, 0.25, 0.9, 1, 6].map(scaleEnd), [0.02, 0.05, 0.5, 1, 1, 10]);
  assert.deepEqual(
    [0.001, 0.04, 2].map((part) => springsPercent(part, 1)),
    ["0.10 %", "4.0 %", "200 %"],
  );
});
