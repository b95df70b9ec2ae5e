// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { LabWorker } from "../../siamese_lib/lab/lab_worker.js";

/** @param {number} count */
function halves(count) {
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const images = Uint8Array.from({ length: 64 * count }, (_, i) => {
    const bright = Number(i % 64 < 32) === labels[Math.floor(i / 64)];
    return ((i * i * 31) % 80) + (bright ? 160 : 0);
  });
  return { images, labels };
}

const DATA = { shape: [8, 8, 1], ...halves(20), shown: halves(20) };

/** A laboratory that began, whose clock goes on by 5 ms each time it is read. */
function begun() {
  /** @type {Record<string, any>[]} */
  const posted = [];
  /** @type {(() => void)[]} */
  const acts = [];
  let time = 0;
  const lab = new LabWorker({
    post: (message) => posted.push(structuredClone(message)),
    now: () => (time += 5),
    later: (act) => acts.push(act),
  });
  /** @param {Record<string, any>} message */
  const send = (message) => {
    posted.length = 0;
    lab.answer(message);
    return posted;
  };
  const turn = () => acts.shift()?.();
  send({ type: "state", state: { batch: 4 }, data: DATA });
  return { send, turn, posted, acts, time: () => time };
}

test("a laboratory begins with its state and a first frame", () => {
  const { posted } = begun();
  assert.deepEqual(
    posted.map(({ type }) => type),
    ["started", "frame"],
  );
  assert.equal(posted[0].state.batch, 4);
  assert.equal(posted[1].points.length, 40);
});

test("playing posts frames seldom, and each loss once", () => {
  const { send, turn, posted, time } = begun();
  send({ type: "play" });
  const began = time();
  for (let turns = 0; turns < 60; turns++) turn();
  const frames = posted.filter(({ type }) => type === "frame");
  assert.ok(frames.length > 5 && frames.length <= 1 + (time() - began) / 34);
  const { step } = frames[frames.length - 1];
  assert.equal(frames.flatMap(({ losses }) => losses).length, step);
});

test("a pause is answered at once, and nothing is trained after it", () => {
  const { send, turn, posted, acts } = begun();
  send({ type: "play" });
  send({ type: "play" });
  assert.equal(acts.length, 1);
  turn();
  const [{ type, playing, step }] = send({ type: "pause" });
  assert.deepEqual([type, playing], ["frame", false]);
  while (acts.length) turn();
  assert.equal(posted.length, 1);
  assert.equal(send({ type: "step" })[0].step, step + 1);
});

test("changes and comparisons go on playing; the past and branches pause", () => {
  const { send, turn } = begun();
  send({ type: "play" });
  turn();
  const [changed] = send({ type: "change", name: "margin", value: 2 });
  assert.equal(changed.state.changes[0].name, "margin");
  turn();
  const { step, playing } = send({ type: "play" })[0];
  assert.ok(playing && step > changed.state.changes[0].step);
  assert.equal(send({ type: "scrub", step: 1 })[0].type, "past");
  const [branched, frame] = send({ type: "branch", step: 1 });
  assert.deepEqual([branched.type, branched.branch, frame.step], ["branched", 1, 1]);
  assert.equal(frame.losses.length, 1);
  const [{ branches }] = send({ type: "compare", one: 0, other: 1, step: 1 });
  assert.deepEqual(branches[0].points, branches[1].points);
  assert.equal(send({ type: "choose", branch: 0 })[0].step, step);
  assert.equal(send({ type: "again" })[0].step, 0);
  assert.equal(send({ type: "step" })[0].losses.length, 1);
});

test("a laboratory plays until a step, and begins again with other settings", () => {
  const { send, turn, posted, acts } = begun();
  send({ type: "play", until: 7 });
  while (acts.length) turn();
  const last = posted[posted.length - 1];
  assert.deepEqual([last.step, last.playing], [7, false]);
  send({ type: "change", name: "margin", value: 2 });
  const [started, frame] = send({ type: "again", settings: { dim: 3 } });
  assert.deepEqual([started.type, started.state.dim, started.state.margin], ["started", 3, 2]);
  assert.deepEqual(started.state.changes, []);
  assert.deepEqual([frame.step, frame.points.length], [0, 60]);
  assert.match(send({ type: "again", settings: { dim: 9 } })[0].text, /dim is 9/);
});

test("a branch that is paired keeps up, and both are compared at one step", () => {
  const { send } = begun();
  for (let step = 0; step < 20; step++) send({ type: "step" });
  const [started] = send({ type: "add", state: { batch: 4, margin: 2 } });
  assert.deepEqual([started.type, started.branch, started.state.margin], ["started", 1, 2]);
  send({ type: "choose", branch: 0 });
  send({ type: "pair", other: 1 });
  for (let step = 0; step < 5; step++) send({ type: "step" });
  const [{ branches }] = send({ type: "compare", one: 0, other: 1, step: 25 });
  assert.deepEqual([branches[0].step, branches[1].step], [25, 25]);
  assert.equal(branches[1].losses.length, 25);
  assert.equal(branches[1].settings.margin, 2);
  assert.ok(branches[1].verdict.text);
  assert.match(send({ type: "pair", other: 9 })[0].text, /branch is 9/);
});

test("the past is shown without a pause, and branches say where they begin", () => {
  const { send, turn, posted, acts } = begun();
  send({ type: "play", until: 9 });
  while (acts.length) turn();
  send({ type: "play", until: 30 });
  assert.equal(send({ type: "scrub", step: 2 })[0].type, "past");
  while (acts.length) turn();
  const last = posted[posted.length - 1];
  assert.deepEqual([last.step, last.playing], [30, false]);
  send({ type: "change", name: "margin", value: 4 });
  const [branched] = send({ type: "branch", step: 30 });
  assert.deepEqual([branched.step, branched.state.changes.length], [30, 1]); // with the new setting
  assert.equal(send({ type: "branch", step: 12 })[0].state.changes.length, 0);
});

test("a paired branch catches up while the laboratory rests", () => {
  const { send, turn, posted, acts } = begun();
  for (let step = 0; step < 40; step++) send({ type: "step" });
  send({ type: "add", state: { batch: 4 } });
  send({ type: "choose", branch: 0 });
  send({ type: "pair", other: 1 });
  assert.equal(acts.length, 1);
  while (acts.length) turn();
  assert.equal(posted[posted.length - 1].playing, false);
  const [{ branches }] = send({ type: "compare", one: 0, other: 1, step: 40 });
  assert.equal(branches[1].step, 40);
});

test("frames name the last act", () => {
  const { send } = begun();
  assert.equal(send({ type: "play", act: 5 })[0].act, 5);
  assert.equal(send({ type: "change", name: "margin", value: 2 })[0].type, "changed");
  assert.equal(send({ type: "pause", act: 6 })[0].act, 6);
});

test("answers name the session, and a change leaves out later ones", () => {
  const { send } = begun();
  const changes = [{ step: 9, name: "margin", value: 5 }];
  const [started] = send({ type: "state", session: 7, state: { batch: 4, changes } });
  assert.deepEqual([started.session, started.state.changes.length], [7, 1]);
  send({ type: "step" });
  const [{ state, session }] = send({ type: "change", name: "similar", value: 1 });
  assert.deepEqual(state.changes, [{ step: 1, name: "similar", value: 1 }]);
  assert.equal(session, 7);
});

test("what is wrong with a message is said, and the laboratory goes on", () => {
  const { send } = begun();
  /** @type {[RegExp, Record<string, any>][]} */
  const wrong = [
    [/type is fly; expected one of state, scrub, compare, play/, { type: "fly" }],
    [/margin is -1/, { type: "change", name: "margin", value: -1 }],
    [/branch is 4/, { type: "choose", branch: 4 }],
    [/step is 9/, { type: "branch", step: 9 }],
    [/nothing is remembered/, { type: "scrub", step: -1 }],
    [/dim is 7/, { type: "state", state: { dim: 7 } }],
  ];
  for (const [text, message] of wrong) {
    const [{ type, text: said }] = send(message);
    assert.equal(type, "error");
    assert.match(said, text);
  }
  assert.equal(send({ type: "step" })[0].step, 1);
  /** @type {Record<string, any>[]} */
  const early = [];
  new LabWorker({ post: (m) => early.push(m), now: () => 0, later: () => {} }).answer({
    type: "play",
  });
  assert.match(early[0].text, /expected state first/);
});
