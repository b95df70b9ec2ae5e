// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { LabClient } from "../../siamese_lib/lab/lab_client.js";
import { rightLabState } from "../../siamese_lib/lab/lab_view_state.js";
import { FIRST_LAB_STATE } from "../../siamese_lib/lab/lab_state.js";

/** @typedef {import("../../siamese_lib/lab/lab_worker.js").LabMessage} LabMessage */

/** A worker that keeps what it is sent. */
class FakeWorker {
  /** @type {LabMessage[]} */
  sent = [];
  onmessage = (/** @type {{ data: LabMessage }} */ _) => {};
  /** @type {FakeWorker} */
  static made;

  constructor() {
    FakeWorker.made = this;
  }

  /** @param {LabMessage} message */
  postMessage(message) {
    this.sent.push(message);
  }

  terminate() {}
}

/** A client that has begun, with what it heard. */
function client() {
  Object.assign(globalThis, { Worker: FakeWorker });
  /** @type {string[]} */
  const heard = [];
  const made = new LabClient("", {
    frame: () => heard.push("frame"),
    settings: () => heard.push("settings"),
    past: () => heard.push("past"),
    error: (text) => heard.push(text),
  });
  made.begin({}, /** @type {any} */ ({}));
  const worker = FakeWorker.made;
  /** @param {LabMessage} message */
  const say = (message) => worker.onmessage({ data: { session: made.session, ...message } });
  const state = FIRST_LAB_STATE;
  say({ type: "started", branch: 0, step: 0, state });
  return { made, heard, say, worker, state };
}

/** @param {number} step @param {number} precision @param {number} [branch] */
const frameOf = (step, precision, branch = 0) => ({
  type: "frame",
  branch,
  step,
  playing: true,
  losses: [0.1],
  points: new Float32Array(2),
  precision,
  neighbors: 7,
  verdict: { name: "learning", text: "" },
});

test("a branch has its parent's precisions up to where it begins", () => {
  const { made, say, state } = client();
  for (const step of [1, 2, 3, 4]) say(frameOf(step, step / 10));
  say({ type: "branched", branch: 1, step: 2, state });
  say(frameOf(3, 0.9, 1));
  assert.deepEqual(made.branch.precisions.places(), [[1, 0.1], [2, 0.2], [3, 0.9]]); // prettier-ignore
  assert.equal(made.branches[0].precisions.places().length, 4);
});

test("what the reader said last holds, until its own frames say otherwise", () => {
  const { made, say, worker } = client();
  const act = () => worker.sent[worker.sent.length - 1].act;
  made.drive({ type: "pause" }, false);
  const before = act();
  made.drive({ type: "play" }, true);
  say({ ...frameOf(1, 0.5), playing: false, act: before }); // the answer to the pause comes late
  assert.equal(made.playing, true);
  say({ ...frameOf(2, 0.5), playing: false, act: act() }); // as when the loss is not a number
  assert.equal(made.playing, false);
});

test("of questions that come faster than answers the last one counts, unless it is forgotten", () => {
  const { made, say, worker, heard } = client();
  say(frameOf(1, 0.5));
  const past = { ...frameOf(1, 0.5), type: "past" };
  for (const step of [1, 2, 3]) made.ask({ type: "scrub", step });
  assert.equal(worker.sent.filter(({ type }) => type === "scrub").length, 1);
  say(past);
  assert.equal(worker.sent[worker.sent.length - 1].step, 3);
  made.ask({ type: "scrub", step: 4 });
  made.forget();
  say(past);
  assert.equal(worker.sent[worker.sent.length - 1].step, 3);
  assert.equal(heard.filter((each) => each === "past").length, 2);
});

test("what an earlier session says is left out, and does not hold up the next question", () => {
  const { made, say, worker, heard } = client();
  made.ask({ type: "scrub", step: 1 });
  made.begin({});
  const before = heard.length;
  say({ ...frameOf(5, 0.5), session: made.session - 1 });
  assert.equal(heard.length, before);
  made.ask({ type: "scrub", step: 2 });
  assert.equal(worker.sent[worker.sent.length - 1].step, 2);
});

test("of an address only what can be shown is taken", () => {
  /** @param {Record<string, any>} found */
  const right = (found) => rightLabState({ ...FIRST_LAB_STATE, step: 9, ...found }, 500, 3);
  assert.equal(right({ margin: -1 }).margin, 1);
  assert.equal(right({ images: 1e5 }).images, 500);
  assert.equal(right({ classes: [77] }).classes, null);
  assert.deepEqual(right({ classes: [2] }).classes, [2]);
  const changes = [
    3,
    { step: 1, name: "classes", value: [9] },
    { step: 2, name: "margin", value: 2 },
  ];
  assert.deepEqual(right({ changes }).changes, [changes[2]]);
  assert.deepEqual(
    [right({ step: 1.5 }).step, right({ at: 500 }).at, right({ at: 4 }).at],
    [0, null, 4],
  );
  assert.equal(right({ other: 3 }).other, null);
  assert.equal(right({ other: { margin: -2, seed: 4 } }).other?.seed, 4);
  const { loss, turned } = right({ loss: "triplet", turned: true });
  assert.ok(loss === "pairs" || !turned);
  assert.deepEqual(
    [right({ playing: "yes" }).playing, right({ pictures: false }).pictures],
    [false, false],
  );
});
