// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { LabBatches } from "../../siamese_lib/lab/lab_batches.js";
import { lossOf } from "../../siamese_lib/lab/lab_losses.js";
import { outputNamed } from "../../siamese_lib/lab/lab_outputs.js";
import { precisionAt } from "../../siamese_lib/lab/lab_precision.js";
import { Random } from "../../siamese_lib/lab/random.js";
import { SmallTower } from "../../siamese_lib/lab/small_tower.js";
import { plainEmbedding } from "./plain_tower.js";

// Sizes without a common factor, and numbers of maps that are no multiples of 4.
const ODD = {
  convolutions: [
    { filters: 5, size: 4, stride: 3 },
    { filters: 3, size: 3, stride: 1 },
    { filters: 6, size: 1, stride: 2 },
  ],
  hidden: 7,
};
const SETTINGS = { loss: "every_pair", margin: 1, optimizer: "adam", learningRate: 0.01 };

/** @param {number} count @param {number[]} shape */
function noise(count, [height, width, channels]) {
  const random = new Random(7);
  return Uint8Array.from({ length: count * height * width * channels }, () => random.below(256));
}

/**
 * First weights, with biases that are not 0.
 * @param {number[]} shape
 * @param {number} dim
 */
function someWeights(shape, dim) {
  const random = new Random(3);
  const weights = new SmallTower(shape, dim, { architecture: ODD }).weights();
  return weights.map((array, i) => (i % 2 ? array.map(() => 0.2 * random.next()) : array));
}

for (const shape of [
  [9, 11, 1],
  [13, 8, 3],
  [8, 8, 2],
]) {
  for (const dim of [1, 2, 3, 5]) {
    test(`odd sizes: ${shape} to ${dim}`, () => {
      const weights = someWeights(shape, dim);
      const images = noise(11, shape);
      const tower = new SmallTower(shape, dim, { weights, architecture: ODD });
      const size = images.length / 11;
      const expected = Array.from({ length: 11 }, (_, i) =>
        plainEmbedding(shape, ODD, weights, images.subarray(i * size, (i + 1) * size)),
      );
      near(tower.embed(images), expected.flat(), 1e-5);
    });
  }
}

const CASES = ["pairs", "every_pair", "triplet", "every triplet"].flatMap((loss) =>
  ["linear", "sigmoid", "unit"].map((output) => ({ loss, output })),
);
for (const { loss, output } of CASES) {
  test(`gradients are finite differences: ${loss}, ${output}`, () => {
    const [shape, dim, count] = [[9, 11, 3], 3, 10];
    const weights = someWeights(shape, dim);
    const images = noise(count, shape);
    const settings = {
      loss: loss === "every triplet" ? "triplet" : loss,
      margin: 0.7,
      hardest: loss === "triplet",
    };
    const targets = loss === "pairs" ? [1, 0, 0, 1, 0] : [0, 1, 2, 0, 1, 2, 0, 0, 1, 5];
    const tower = new SmallTower(shape, dim, { weights, output, architecture: ODD });
    const { loss: value, gradients } = tower.gradients(images, targets, settings);
    /** @param {ArrayLike<number>[]} changed */
    const slowly = (changed) => {
      const size = images.length / count;
      const raw = Array.from({ length: count }, (_, i) =>
        plainEmbedding(shape, ODD, changed, images.subarray(i * size, (i + 1) * size)),
      );
      const precise = /** @type {any} */ (Float64Array.from(raw.flat()));
      const made = outputNamed(output, dim).apply(precise, dim);
      return lossOf(made, dim, targets, settings).loss;
    };
    assert.ok(Math.abs(value - slowly(weights)) < 1e-6 && value > 0.01);
    const random = new Random(1);
    const step = 1e-6;
    weights.forEach((array, i) => {
      const largest = Math.max(...gradients[i].map(Math.abs));
      // Distances do not change when all embeddings move together.
      const still = output === "linear" && i === weights.length - 1;
      assert.ok(largest > 1e-4 !== still, `array ${i} has gradients up to ${largest}`);
      for (let sample = 0; sample < 8; sample++) {
        const at = random.below(array.length);
        const [less, more] = [-step, step].map((change) => {
          const one = Float64Array.from(array);
          one[at] += change;
          return slowly(weights.map((each, j) => (j === i ? one : each)));
        });
        near([gradients[i][at]], [(more - less) / (2 * step)], 1e-5 + 1e-3 * largest);
      }
    });
  });
}

test("a seed gives first weights of Glorot's spread, and another seed gives others", () => {
  const [one, same, other] = [4, 4, 5].map((seed) => new SmallTower([28, 28, 1], 2, { seed }));
  assert.deepEqual(one.weights(), same.weights());
  assert.notDeepEqual(one.weights(), other.weights());
  const [kernel, bias] = one.weights();
  const limit = Math.sqrt(6 / (25 * 9));
  assert.ok(kernel.every((weight) => Math.abs(weight) <= limit));
  assert.ok(Math.max(...kernel) > 0.9 * limit && Math.min(...kernel) < -0.9 * limit);
  assert.ok(bias.every((value) => value === 0));
});

test("weights are those that were given, and memory may grow between steps", () => {
  const weights = someWeights([9, 11, 3], 2);
  const tower = new SmallTower([9, 11, 3], 2, { weights, architecture: ODD });
  assert.deepEqual(tower.weights(), weights);
  const small = noise(4, [9, 11, 3]);
  const before = tower.embed(small);
  tower.step(
    noise(300, [9, 11, 3]),
    Uint8Array.from({ length: 300 }, (_, i) => i % 3),
    {
      ...SETTINGS,
      learningRate: 0,
    },
  );
  assert.deepEqual(tower.embed(small), before);
});

test("training separates two kinds of pictures, whatever settings change on the way", () => {
  const labels = Uint8Array.from({ length: 24 }, (_, i) => i % 2);
  const images = noise(24, [8, 8, 1]).map((value, i) => (Math.floor(i / 64) % 2 ? value : 0));
  const tower = new SmallTower([8, 8, 1], 2, { seed: 1 });
  const first = tower.step(images, labels, SETTINGS);
  for (let step = 0; step < 60; step++) {
    const optimizer = step % 20 < 10 ? "adam" : "sgd";
    const loss = step % 2 ? "triplet" : "every_pair";
    tower.step(images, labels, { ...SETTINGS, optimizer, loss, momentum: 0.5 });
  }
  assert.ok(tower.gradients(images, labels, SETTINGS).loss < 0.2 * first);
});

test("what is out of range is refused with what was expected", () => {
  const tower = new SmallTower([8, 8, 1], 2);
  const images = noise(4, [8, 8, 1]);
  const labels = [0, 0, 1, 1];
  /** @type {[RegExp, () => unknown][]} */
  const wrong = [
    [/shape is \[8,8\]/, () => new SmallTower([8, 8], 2)],
    [/dim is 0/, () => new SmallTower([8, 8, 1], 0)],
    [/seed is -1/, () => new SmallTower([8, 8, 1], 2, { seed: -1 })],
    [/output is round/, () => new SmallTower([8, 8, 1], 2, { output: "round" })],
    [/expected 2 or more/, () => new SmallTower([8, 8, 1], 1, { output: "unit" })],
    [
      /weights have the lengths \[1\]/,
      () => new SmallTower([8, 8, 1], 2, { weights: [new Float32Array(1)] }),
    ],
    [/holds 63 numbers; expected 64/, () => tower.embed(images.subarray(0, 63))],
    [/expected 4/, () => tower.step(images, [0, 1], SETTINGS)],
    [/expected 1 \(same\)/, () => tower.step(images, [2, 0], { ...SETTINGS, loss: "pairs" })],
    [/margin is 0/, () => tower.step(images, labels, { ...SETTINGS, margin: 0 })],
    [/loss is other/, () => tower.step(images, labels, { ...SETTINGS, loss: "other" })],
    [/optimizer is none/, () => tower.step(images, labels, { ...SETTINGS, optimizer: "none" })],
    [/learningRate is NaN/, () => tower.step(images, labels, { ...SETTINGS, learningRate: NaN })],
    [/momentum is 1/, () => tower.step(images, labels, { ...SETTINGS, momentum: 1 })],
    [/classes of \[2,1\]/, () => new LabBatches([0, 0, 1], 0)],
  ];
  for (const [message, refused] of wrong) assert.throws(refused, message);
});

test("balanced batches take classes in turn, and every image before any comes again", () => {
  const labels = [0, 1, 1, 0, 1, 1];
  const batches = new LabBatches(labels, 2);
  const drawn = Array.from({ length: 4 }, () => [...batches.balanced(4)]);
  for (const batch of drawn)
    assert.deepEqual(
      batch.map((image) => labels[image]),
      [0, 1, 0, 1],
    );
  assert.deepEqual([...drawn[0], ...drawn[1]].filter((i) => labels[i]).sort(), [1, 2, 4, 5]);
});

test("pairs are similar as often as asked, and never of an image with itself", () => {
  const labels = Uint8Array.from({ length: 30 }, (_, i) => i % 3);
  const { images, same } = new LabBatches(labels, 5).pairs(3000, 0.25);
  const [left, right] = [images.subarray(0, 3000), images.subarray(3000)];
  same.forEach((similar, i) => {
    assert.notEqual(left[i], right[i]);
    assert.equal(labels[left[i]] === labels[right[i]], similar === 1);
  });
  const share = same.reduce((sum, one) => sum + one, 0) / 3000;
  assert.ok(Math.abs(share - 0.25) < 0.03);
  for (const side of [left, right]) {
    for (let image = 0; image < 30; image++) {
      const times = side.filter((each) => each === image).length;
      assert.ok(times > 50 && times < 150, `${image} was drawn ${times} times`);
    }
  }
});

test("precision is the share of the nearest with the same label", () => {
  const gallery = { points: Float32Array.of(0, 1, 2, 10, 11, 12), labels: [0, 0, 1, 1, 1, 0] };
  const queries = { points: Float32Array.of(0.1, 10.9), labels: [0, 1] };
  assert.equal(precisionAt(3, queries, gallery), 4 / 6);
  assert.equal(precisionAt(1, queries, gallery), 1);
  assert.throws(() => precisionAt(7, queries, gallery), /k from 1 to 6/);
});

/**
 * @param {ArrayLike<number>} found
 * @param {ArrayLike<number>} expected
 * @param {number} most
 */
function near(found, expected, most) {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    const apart = Math.abs(found[i] - expected[i]);
    assert.ok(apart <= most, `${found[i]} is ${apart} away from ${expected[i]}`);
  }
}
