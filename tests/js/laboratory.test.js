// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { LabBatches } from "../../siamese_lib/lab/lab_batches.js";
import { LabMemory } from "../../siamese_lib/lab/lab_memory.js";
import { labSamples } from "../../siamese_lib/lab/lab_samples.js";
import { LabSession } from "../../siamese_lib/lab/lab_session.js";
import {
  FIRST_LAB_STATE,
  plainState,
  settingsAt,
  stateFromAddress,
  withChange,
  withSettings,
} from "../../siamese_lib/lab/lab_state.js";
import { labDistances, labVerdict } from "../../siamese_lib/lab/lab_verdict.js";
import { Random } from "../../siamese_lib/lab/random.js";

/** Three classes: noise whose upper, middle or lower rows are bright. @param {number} count */
function striped(count) {
  const random = new Random(count);
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const images = Uint8Array.from({ length: 81 * count }, (_, i) => {
    const bright = Math.floor((i % 81) / 27) === labels[Math.floor(i / 81)];
    return random.below(80) + (bright ? 160 : 0);
  });
  return { images, labels };
}

const DATA = { shape: [9, 9, 1], ...striped(60), shown: striped(30) };

/** @param {Record<string, any>} [settings] @param {number} [steps] */
function trained(settings = {}, steps = 0) {
  const state = withSettings(FIRST_LAB_STATE, { batch: 8, ...settings });
  const session = new LabSession(DATA, state, { frames: 20, moments: 8 });
  for (let step = 0; step < steps; step++) session.step();
  return session;
}

test("a state refuses what is out of range, and stays as it was", () => {
  /** @type {[RegExp, Record<string, any>][]} */
  const wrong = [
    [/margin is 0; expected a number from 0.01/, { margin: 0 }],
    [/margin is "1"/, { margin: "1" }],
    [/learning_rate is NaN/, { learning_rate: NaN }],
    [/flipped is 0.6; expected a number from 0 to 0.5/, { flipped: 0.6 }],
    [/classes is \[\]/, { classes: [] }],
    [/dim is 4/, { dim: 4 }],
    [/expected 2 or 3/, { output: "unit", dim: 1 }],
    [/expected the loss pairs/, { turned: true, loss: "triplet" }],
    [/toString is no setting/, { toString: 1 }],
    [/changes is 3/, { changes: 3 }],
  ];
  for (const [message, settings] of wrong) {
    assert.throws(() => withSettings(FIRST_LAB_STATE, settings), message);
  }
  assert.throws(
    () => withChange(FIRST_LAB_STATE, { step: 3, name: "dim", value: 3 }),
    /dim cannot change/,
  );
  assert.throws(
    () => withChange(FIRST_LAB_STATE, { step: -1, name: "margin", value: 3 }),
    /step is -1/,
  );
  assert.ok(Object.isFrozen(withSettings(FIRST_LAB_STATE, { classes: [1, 2] }).classes));
});

test("changes count from their step on, and replace those of the same step", () => {
  let state = FIRST_LAB_STATE;
  for (const [step, value] of [
    [9, 4],
    [5, 2],
    [5, 3],
  ]) {
    state = withChange(state, { step, name: "margin", value });
  }
  assert.deepEqual(
    [4, 5, 8, 9].map((step) => settingsAt(state, step).margin),
    [1, 3, 3, 4],
  );
});

test("an address gives the state back, and a damaged one what is right in it", () => {
  const changes = [{ step: 4, name: "classes", value: [0, 2] }];
  const state = withSettings(FIRST_LAB_STATE, { dim: 3, output: "unit", flipped: 0.2, changes });
  assert.deepEqual(stateFromAddress(plainState(state)), state);
  assert.deepEqual(withSettings(FIRST_LAB_STATE, plainState(state)), state);
  const damaged = { margin: "x", dim: 9, seed: 4, other: 1, changes: [null, 3, ...changes] };
  assert.deepEqual(stateFromAddress(damaged), withSettings(FIRST_LAB_STATE, { seed: 4, changes }));
  for (const nothing of [null, 3, "text", [1]]) {
    assert.deepEqual(stateFromAddress(nothing), FIRST_LAB_STATE);
  }
});

test("a small batch of every pair holds similar pairs, and all classes take turns", () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % 6);
  for (const [size, most] of [
    [8, 4],
    [3, 2],
    [12, 6],
  ]) {
    const batches = new LabBatches(labels, 0);
    const seen = new Set();
    for (let step = 0; step < 12; step++) {
      const classes = Array.from(batches.balanced(size), (image) => labels[image]);
      classes.forEach((each) => seen.add(each));
      assert.equal(new Set(classes).size, most);
    }
    assert.equal(seen.size, 6);
  }
});

test("one class alone has similar pairs only, and a class without images is refused", () => {
  const session = trained({ classes: [1], similar: 0 }, 150);
  assert.equal(session.run.verdict().name, "collapsed");
  assert.throws(() => trained({ classes: [1, 8] }), /classes is \[1,8\]; expected .* not \[8\]/);
});

test("a memory stays bounded, and keeps its first step", () => {
  const memory = new LabMemory(10);
  for (let step = 0; step < 1000; step++) memory.note(step, () => step);
  const steps = memory.steps();
  assert.ok(steps.length > 5 && steps.length <= 10 && steps[0] === 0);
  assert.equal(memory.upTo(999).kept, steps[steps.length - 1]);
});

test("half of the labels can be wrong, and each class keeps its images", () => {
  const { images, labels } = labSamples(DATA, { ...FIRST_LAB_STATE, flipped: 0.5 });
  const wrong = labels.filter((label, at) => label !== DATA.labels[images[at]]);
  assert.equal(wrong.length, 30);
  for (const each of [0, 1, 2]) assert.equal(labels.filter((label) => label === each).length, 20);
});

test("the same state gives the same weights after 200 steps, whatever way they came", () => {
  const live = trained();
  /** @type {[number, string, any][]} */
  const acts = [
    [20, "margin", 2],
    [40, "classes", [0, 1]],
    [60, "loss", "every_pair"],
    [80, "flipped", 0.3],
    [100, "optimizer", "sgd"],
    [120, "classes", null],
  ];
  for (let step = 0; step < 200; step++) {
    for (const [at, name, value] of acts) if (at === step) live.change(name, value);
    live.step();
  }
  const weights = live.run.weights();
  const written = trained(stateFromAddress(plainState(live.run.state)), 200);
  assert.deepEqual(written.run.weights(), weights);
  assert.notDeepEqual(trained({ seed: 1 }, 200).run.weights(), weights);
});

test("a branch is the training that had these settings from that step on", () => {
  const session = trained({}, 50);
  const first = session.run.weights();
  const number = session.branch(33);
  session.change("margin", 3);
  while (session.run.step < 50) session.step();
  const changes = [{ step: 33, name: "margin", value: 3 }];
  assert.deepEqual(session.run.weights(), trained({ changes }, 50).run.weights());
  assert.deepEqual(session.branches[0].weights(), first);
  const [one, other] = session.compare(0, number, 33);
  assert.deepEqual(one.points, other.points);
  const [before, after] = session.compare(0, number, 50);
  assert.notDeepEqual(before.points, after.points);
  assert.throws(() => session.compare(0, 7, 3), /branch is 7; expected a whole number from 0 to 1/);
  assert.throws(() => session.branch(51), /step is 51; expected a whole number from 0 to 50/);
  assert.ok(session.scrub(40).step <= 40 && session.scrub(40).loss > 0);
  assert.throws(() => session.change("classes", [0, 8]), /classes of/);
  session.step();
});

const GOOD = {
  loss: 0.1,
  margin: 1,
  kind: "pairs",
  share: 0.5,
  similar: 0.4,
  different: 0.8,
  beyond: 0.3,
  near: 0,
};
/** @type {[string, Record<string, number | string>][]} */
const JUDGED = [
  ["learning", {}],
  ["learned", { similar: 0.2, beyond: 0.9 }],
  ["learned", { similar: 0.2, beyond: 1 }],
  ["learning", { similar: 0.02, different: 0.6, near: 0.33 }],
  ["no_push", { similar: 4, different: 5, beyond: 1 }],
  ["collapsed", { similar: 0.01, different: 0.02, loss: 0.25 }],
  ["trivial", { similar: 0.3, different: 0.3, loss: 0.25 }],
  ["trivial", { similar: 0.3, different: 0.3, loss: 1, kind: "triplet" }],
  ["trivial", { similar: 0.3, different: 0.3, loss: 0.45, share: 0.1 }],
  ["no_order", { similar: 0.3, different: 0.3, loss: 0.25, share: 0.1 }],
  ["no_order", { similar: 0.4, different: 0.38 }],
  ["learning", { similar: 0.4, different: 0.45 }],
  ["learning", { similar: 4, different: 5, beyond: 1, kind: "triplet" }],
  ["not_a_number", { loss: NaN }],
  ["not_a_number", { different: Infinity }],
];
for (const [name, numbers] of JUDGED) {
  test(`made-up numbers are ${name}: ${JSON.stringify(numbers)}`, () => {
    const verdict = labVerdict({ ...GOOD, ...numbers });
    assert.equal(verdict.name, name, verdict.text);
  });
}

test("distances are the means of all pairs", () => {
  const found = labDistances([0, 3, 4, 14], 1, [0, 0, 1, 1], 5);
  assert.deepEqual(found, { similar: 6.5, different: 7.5, beyond: 0.5, near: 0.25 });
});

test("short trainings are judged: learned, collapsed without different pairs, not a number", () => {
  assert.equal(trained().run.verdict().name, "new");
  assert.equal(trained({}, 150).run.verdict().name, "learned");
  assert.equal(trained({ similar: 1 }, 150).run.verdict().name, "collapsed");
  const wild = trained({ optimizer: "sgd", learning_rate: 100 }, 40);
  assert.equal(wild.run.verdict().name, "not_a_number");
});
