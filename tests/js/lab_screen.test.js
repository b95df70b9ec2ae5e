// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { labHistogram } from "../../siamese_lib/lab/lab_charts.js";
import { labForces } from "../../siamese_lib/lab/lab_forces.js";
import { lossOf } from "../../siamese_lib/lab/lab_losses.js";
import { LabMemory } from "../../siamese_lib/lab/lab_memory.js";
import { LabSeries } from "../../siamese_lib/lab/lab_series.js";
import { takingPart } from "../../siamese_lib/lab/lab_samples.js";
import { branchName } from "../../siamese_lib/lab/lab_time.js";
import { Random } from "../../siamese_lib/lab/random.js";

const LABELS = [0, 0, 0, 1, 1, 1, 2, 2, 2];

/** @param {number} dim */
function scattered(dim) {
  const random = new Random(4);
  return Float32Array.from({ length: dim * LABELS.length }, () => random.below(1000) / 700);
}

test("forces are what the loss does to a point, averaged over its pairs", () => {
  for (const turned of [false, true]) {
    const [dim, margin, similar] = [2, 1, 0.3];
    const points = scattered(dim);
    const settings = { loss: "pairs", margin, similar, turned };
    const { pull, push } = labForces(points, dim, LABELS, settings);
    for (let one = 0; one < LABELS.length; one++) {
      // The loss of each pair of this point, as the training has it: its slope, by kind of pair.
      const sums = { pull: [0, 0], push: [0, 0] };
      const counts = { pull: 0, push: 0 };
      for (let other = 0; other < LABELS.length; other++) {
        if (other === one) continue;
        const same = Number((LABELS[one] === LABELS[other]) !== turned);
        const pair = Float32Array.from(
          [one, other].flatMap((at) => [points[2 * at], points[2 * at + 1]]),
        );
        const { slopes } = lossOf(pair, dim, [same], { loss: "pairs", margin });
        const kind = same ? "pull" : "push";
        counts[kind]++;
        for (const axis of [0, 1]) sums[kind][axis] -= slopes[axis];
      }
      for (const axis of [0, 1]) {
        const at = 2 * one + axis;
        const expected = [
          (similar * sums.pull[axis]) / counts.pull,
          ((1 - similar) * sums.push[axis]) / counts.push,
        ];
        assert.ok(Math.abs(pull[at] - expected[0]) < 1e-5, `${pull[at]} ${expected[0]}`);
        assert.ok(Math.abs(push[at] - expected[1]) < 1e-5, `${push[at]} ${expected[1]}`);
      }
    }
  }
});

test("with every pair, only different pairs that push share the push", () => {
  const settings = { loss: "every_pair", margin: 1, similar: 0.9, turned: false };
  const { pull, push } = labForces(Float32Array.from([0, 0.5, 9]), 1, [0, 1, 1], settings);
  assert.deepEqual([...push], [-0.25, 0.25, 0]);
  assert.deepEqual([...pull], [0, 4.25, -4.25]);
});

test("a histogram holds all pairs, also those beyond its end", () => {
  const points = Float32Array.from([...scattered(1), 1e6]);
  const { similar, different, end } = labHistogram(points, 1, [...LABELS, 2], 1);
  for (const bins of [similar, different]) {
    assert.ok(Math.abs(bins.reduce((sum, each) => sum + each) - 1) < 1e-9);
  }
  assert.ok(end >= 1.7);
  assert.equal(labHistogram(Float32Array.from([NaN, 1, 2]), 1, [0, 0, 1], 2).end, 3.4);
  const alone = labHistogram(Float32Array.from([1, 2]), 1, [0, 0], 1);
  assert.equal(
    alone.different.reduce((sum, each) => sum + each),
    0,
  );
});

test("a training of any length is a line of few places, each the mean of its steps", () => {
  const series = new LabSeries();
  assert.deepEqual(series.places(), []);
  for (let step = 1; step <= 10_000; step++) series.add(step, step - 1);
  const line = series.places();
  assert.ok(line.length >= 240 && line.length <= 480, String(line.length));
  const each = line[0][0];
  assert.deepEqual(line[0], [each, (each - 1) / 2]);
  assert.equal(line[line.length - 1][0], 10_000);
  const whole = line.reduce(
    (sum, [step, value], at) => sum + value * (step - (line[at - 1]?.[0] ?? 0)),
    0,
  );
  assert.ok(Math.abs(whole / 10_000 - 4999.5) < 1e-6);
  series.add(4, 1e9); // an earlier step
  assert.deepEqual(series.places(), line);
  const part = series.upTo(5000);
  assert.ok(part.last <= 5000 && part.last > 5000 - each);
  assert.equal(part.places().length, line.filter(([step]) => step <= 5000).length);
});

test("only the classes that take part are measured", () => {
  const points = scattered(3);
  const part = takingPart(points, 3, LABELS, [2, 0]);
  assert.deepEqual(part.labels, [0, 0, 0, 2, 2, 2]);
  assert.deepEqual([...part.points.subarray(9, 12)], [...points.subarray(18, 21)]);
  for (const all of [null, [1]]) {
    assert.equal(takingPart(points, 3, LABELS, all).points, points);
  }
});

test("two memories meet at the last step that both hold", () => {
  const [short, long] = [new LabMemory(10), new LabMemory(10)];
  for (let step = 0; step < 100; step++) long.note(step, () => step);
  for (let step = 0; step < 30; step++) short.note(step, () => step);
  const both = short.stepBoth(long, 29);
  assert.ok(both <= 29 && short.steps().includes(both) && long.steps().includes(both));
  assert.ok(
    long.steps().every((step) => step <= both || step > 29 || !short.steps().includes(step)),
  );
  assert.throws(() => short.stepBoth(long, -1), /nothing is remembered/);
});

test("branches have letters, also after Z", () => {
  assert.deepEqual([0, 25, 26, 53].map(branchName), ["A", "Z", "A1", "B2"]);
});
