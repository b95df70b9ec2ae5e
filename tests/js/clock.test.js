// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Clock } from "../../siamese_lib/views/js/clock.js";
import { listeners } from "./made_up.js";

/** @type {(last: number, options?: { calm?: boolean }) => ReturnType<typeof started>} */
const clockOf = (last, { calm = false } = {}) => started(last, calm);

/** @param {number} last @param {boolean} calm */
function started(last, calm) {
  const { heard, acts } = listeners("wake", "moved", "played", "rested", "report");
  const clock = new Clock(calm, acts);
  clock.setLast(last, { stay: true });
  clock.start(last, false);
  heard.length = 0;
  /** What was reported, all in one. */
  const reported = () => {
    const changes = heard.filter(([name]) => name === "report").map(([, change]) => change);
    return Object.assign({}, ...changes);
  };
  return { clock, heard, reported };
}

/**
 * Let a glide or a pull come to its end.
 * @param {Clock} clock
 */
function rest(clock) {
  const start = performance.now();
  for (let i = 1; clock.motion; i++) {
    assert.ok(i < 1000);
    clock.advance(start + 20 * i, 0.02);
  }
}

test("it begins at a frame of the film", () => {
  const { clock } = clockOf(5);
  assert.deepEqual([clock.p, clock.nearest, clock.playing, clock.motion], [5, 5, false, null]);
  clock.start(2, false);
  assert.deepEqual([clock.p, clock.reported], [2, 2]);
  clock.start(99, false);
  assert.equal(clock.p, 5);
  clock.start(0, false);
  assert.deepEqual([clock.p, clock.nearest], [0, 0]);
});

test("a film that begins by itself waits until it is seen", () => {
  const { clock, heard } = clockOf(5);
  clock.start(0, true);
  assert.ok(clock.playing && !clock.advance(1000, 0.1));
  assert.equal(clock.p, 0);
  clock.seen = true;
  assert.ok(clock.advance(1100, 0.1));
  assert.ok(clock.p > 0);
  assert.ok(heard.some(([name]) => name === "played"));
});

test("where motion is unwelcome it shows the end instead of playing", () => {
  const { clock, reported } = clockOf(5, { calm: true });
  clock.start(0, true);
  assert.deepEqual([clock.p, clock.playing], [5, false]);
  assert.deepEqual(reported(), { playing: false, frame: 5 });
});

test("a long film takes ten seconds, a short one less, and speed divides it", () => {
  for (const [last, seconds] of [
    [100, 10],
    [60, 10],
    [9, 3],
    [600, 50],
  ]) {
    const { clock } = clockOf(last);
    assert.ok(Math.abs(last / clock.pace - seconds) < 1e-9);
    clock.speed = 4;
    assert.ok(Math.abs(last / clock.pace - seconds / 4) < 1e-9);
  }
});

test("playing from the end begins again, and ends at the end", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, heard, reported } = clockOf(5);
  clock.play(true);
  assert.ok(clock.motion);
  rest(clock);
  assert.equal(clock.p, 0);
  let seconds = 0;
  while (clock.playing) {
    assert.ok(clock.advance(seconds * 1000, 0.05) || !clock.playing);
    context.mock.timers.tick(50);
    seconds += 0.05;
  }
  assert.ok(Math.abs(seconds - 5 / 3) < 0.06);
  assert.equal(clock.p, 5);
  assert.deepEqual(reported(), { playing: false, frame: 5 });
  const frames = heard.flatMap(([name, change]) =>
    name === "report" ? [/** @type {{ frame?: number }} */ (change).frame] : [],
  );
  assert.deepEqual(frames, [undefined, 1, 2, 3, 4, 5, undefined]); // a few times a second
  assert.equal(heard.filter(([name]) => name === "rested").length, 1);
});

test("a film that repeats rests at its end, then rewinds", () => {
  const { clock } = clockOf(3);
  clock.loop = true;
  clock.seen = true;
  clock.play(true, false);
  rest(clock);
  clock.advance(0, 10);
  assert.equal(clock.p, 3);
  clock.advance(100, 0.1);
  clock.advance(900, 0.1);
  assert.ok(clock.p === 3 && !clock.motion);
  clock.advance(1100, 0.1);
  assert.ok(clock.playing && clock.motion && clock.goal === 0);
});

test("a map without a film does not play", () => {
  const { clock } = clockOf(0);
  clock.play(true);
  assert.ok(!clock.playing && !clock.motion);
});

test("pausing stays where it is and tells the frame", () => {
  const { clock, reported } = clockOf(9);
  clock.start(2, false);
  clock.play(true);
  clock.advance(0, 0.5); // three frames a second
  clock.play(false);
  assert.ok(Math.abs(clock.p - 3.5) < 1e-9);
  assert.deepEqual(reported(), { playing: false, frame: 4 });
  assert.ok(!clock.advance(1, 0.1));
});

test("arrow keys go to whole frames, from where they are going", () => {
  const { clock, reported } = clockOf(5);
  clock.stepBy(-1);
  assert.equal(clock.goal, 4);
  clock.stepBy(-1); // before it is there
  assert.equal(clock.goal, 3);
  assert.deepEqual(reported(), { frame: 3 });
  rest(clock);
  assert.equal(clock.p, 3);
  clock.scrubTo(2.4);
  rest(clock);
  clock.stepBy(1);
  assert.equal(clock.goal, 3);
  clock.stepBy(-1);
  clock.stepBy(-1);
  clock.stepBy(-1);
  clock.stepBy(-1);
  assert.equal(clock.goal, 0);
});

test("a jump glides there in its time, without going astray", () => {
  const { clock, heard } = clockOf(5);
  clock.start(0, false);
  clock.jumpTo(4, 400);
  const { motion } = clock;
  assert.ok(motion && "to" in motion);
  let before = 0;
  for (let ms = 0; ms < 400; ms += 25) {
    assert.ok(clock.advance(motion.start + ms, 0.025));
    assert.ok(clock.p >= before && clock.p <= 4);
    before = clock.p;
  }
  clock.advance(motion.start + 401, 0.025);
  assert.ok(clock.p === 4 && !clock.motion);
  assert.deepEqual(heard[heard.length - 1], ["moved"]);
  assert.ok(heard.some(([name]) => name === "rested"));
});

test("a jump pauses the film", () => {
  const { clock, reported } = clockOf(9);
  clock.start(4, false);
  clock.play(true);
  clock.jumpTo(6);
  assert.ok(!clock.playing);
  assert.deepEqual(reported(), { playing: false, frame: 6 });
});

test("a glide is halfway at half time", () => {
  const { clock } = clockOf(9);
  clock.start(7, false);
  clock.moveTo(2, 400);
  assert.ok(clock.motion && "start" in clock.motion);
  clock.advance(clock.motion.start + 200, 0.2);
  assert.ok(Math.abs(clock.p - 4.5) < 1e-6);
});

test("a pull comes nearer by an equal share in equal times, a quiet one by less", () => {
  const { clock } = clockOf(9);
  clock.scrubTo(5);
  clock.advance(0, 0.05);
  assert.ok(Math.abs(clock.p - 5 - 4 * Math.exp(-1)) < 1e-9);
  clock.hear(4);
  const before = clock.p;
  clock.advance(0, 0.12);
  assert.ok(Math.abs(clock.p - 4 - (before - 4) * Math.exp(-1)) < 1e-9);
});

test("where motion is unwelcome the moment is there at once", () => {
  const { clock } = clockOf(9, { calm: true });
  clock.scrubTo(5);
  clock.advance(0, 0.001);
  assert.deepEqual([clock.p, clock.motion], [5, null]);
  clock.jumpTo(2);
  clock.advance(performance.now(), 0.001);
  assert.deepEqual([clock.p, clock.motion], [2, null]);
});

test("a hand pauses the film, and what it drags to is reported a little later", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, reported } = clockOf(9);
  clock.play(true);
  clock.scrubTo(6.2);
  assert.ok(!clock.playing);
  rest(clock);
  assert.equal(clock.p, 6.2);
  context.mock.timers.tick(199);
  assert.equal(reported().frame, undefined);
  context.mock.timers.tick(2);
  assert.deepEqual(reported(), { playing: false, frame: 6 });
  clock.destroy();
});

test("a report that waits is not made after the end", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, reported } = clockOf(9);
  clock.scrubTo(1);
  rest(clock);
  clock.destroy();
  context.mock.timers.tick(1000);
  assert.deepEqual(reported(), {});
});

test("what Python says is shown and not reported", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { clock, reported } = clockOf(9);
  for (const frame of [8, 2, 0, -1, -4]) {
    clock.hear(frame);
    rest(clock);
    assert.equal(clock.p, frame < 0 ? 10 + frame : frame);
  }
  context.mock.timers.tick(1000);
  assert.deepEqual(reported(), {});
});

test("a frame close by is followed, one far away is glided to", () => {
  const { clock } = clockOf(9);
  clock.hear(6);
  assert.deepEqual(clock.motion, { towards: 6, quiet: true });
  clock.start(9, false);
  clock.hear(5);
  assert.ok(clock.motion && "to" in clock.motion);
});

test("what Python was told, it need not say again", () => {
  const { clock } = clockOf(9);
  clock.jumpTo(3);
  rest(clock);
  clock.scrubTo(5);
  rest(clock);
  clock.hear(3); // an answer to the jump
  assert.equal(clock.motion, null);
});

test("while it plays, a linked view that is a little ahead is no reason to jump", () => {
  const { clock } = clockOf(9);
  clock.start(4, false);
  clock.play(true);
  clock.hear(6);
  assert.equal(clock.motion, null);
  clock.hear(7);
  assert.equal(clock.goal, 7);
});

test("who watches the newest frame goes on to the next one, who looks back stays", () => {
  const { clock, reported } = clockOf(4);
  clock.setLast(5);
  assert.deepEqual([clock.p, clock.goal], [4, 5]);
  assert.deepEqual([reported(), clock.reported], [{ frame: -1 }, 5]);
  clock.setLast(6); // before it is there
  assert.equal(clock.goal, 6);
  rest(clock);
  clock.jumpTo(2);
  rest(clock);
  clock.setLast(7);
  assert.deepEqual([clock.p, clock.motion], [2, null]);
});

test("frames that come slowly are glided to slowly", (context) => {
  let now = 5000;
  context.mock.method(performance, "now", () => now);
  const { clock } = clockOf(4);
  const times = [0, 1000, 100, 1e5].map((gap, i) => {
    now += gap;
    clock.setLast(5 + i);
    assert.ok(clock.motion && "ms" in clock.motion);
    return clock.motion.ms;
  });
  assert.deepEqual(times, [600, 900, 600, 2500]);
});

test("a film that plays goes on playing when a frame comes", () => {
  const { clock } = clockOf(4);
  Object.assign(clock, { loop: true, seen: true, p: 4, playing: true }); // rests at its end
  clock.setLast(5);
  assert.deepEqual([clock.p, clock.motion], [4, null]);
  clock.start(0, false);
  clock.setLast(6);
  assert.deepEqual([clock.p, clock.motion], [0, null]);
});

test("a shorter film ends earlier", () => {
  const { clock } = clockOf(9);
  clock.setLast(3);
  assert.deepEqual([clock.p, clock.last], [3, 3]);
});
