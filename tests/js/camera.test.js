// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Camera } from "../../siamese_lib/views/js/camera.js";
import { boxAboveBars } from "../../siamese_lib/views/js/scale_bars.js";

/** @import { Box, Place } from "../../siamese_lib/views/js/film.js" */

/** @type {(calm?: boolean) => { camera: Camera, woken: () => number }} */
function cameraOf(calm = false) {
  let woken = 0;
  const camera = new Camera(calm, () => woken++);
  Object.assign(camera, { width: 800, height: 400 });
  return { camera, woken: () => woken };
}

/** @type {Box} */
const BOX = [-2, -1, 6, 3];

/** @type {(camera: Camera) => number[]} */
const poseOf = ({ x, y, scale }) => [x, y, scale];

/** @type {(a: number[], b: number[]) => void} */
function assertNear(a, b) {
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`));
}

test("what is shown and where it is on the map are each other's reverse", () => {
  const { camera } = cameraOf();
  Object.assign(camera, { x: 3, y: -2, scale: 40 });
  assert.deepEqual(camera.toScreen([3, -2]), [400, 200]);
  assert.deepEqual(camera.toScreen([4, -1]), [440, 160]); // up on the map is up in the plane
  assertNear(camera.toPlane(camera.toScreen([0.3, 7])), [0.3, 7]);
});

test("at home a box is whole, with some room around", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  assert.ok(camera.settled && camera.atHome && camera.flight === null);
  const [left, top] = camera.toScreen([-2, 3]);
  const [right, bottom] = camera.toScreen([6, -1]);
  assert.ok(Math.min(left, top) > 23.9 && right < 776.1 && bottom < 376.1);
  assertNear([(left + right) / 2, (top + bottom) / 2], [400, 200]);
});

test("of a box that is taller than the map, top and bottom are at the edge", () => {
  const { camera } = cameraOf();
  camera.setHome([0, -4, 1, 4], true);
  assertNear(camera.toScreen([0.5, 4]), [400, 24]);
  assertNear(camera.toScreen([0.5, -4]), [400, 376]);
  camera.setHome([0, 0, 8, 1], true);
  camera.advance(Infinity);
  assertNear(camera.toScreen([0, 0.5]), [24, 200]);
});

test("a box without extent is shown too", () => {
  const { camera } = cameraOf();
  camera.setHome([5, 5, 5, 5], true);
  assert.ok(Number.isFinite(camera.scale) && camera.scale > 0);
  assertNear(camera.toScreen([5, 5]), [400, 200]);
});

test("a map without size has no home yet", () => {
  const { camera } = cameraOf();
  camera.width = 1;
  camera.setHome(BOX, true);
  assert.ok(!camera.settled);
});

test("a place out of sight brings the camera home, or to where both are in sight", () => {
  const { camera } = cameraOf(true);
  camera.setHome(BOX, true);
  const home = poseOf(camera);
  camera.zoomAt(camera.toScreen([0, 0]), 8);
  const near = poseOf(camera);
  camera.reveal([0.1, 0.1]);
  camera.advance(0);
  assert.deepEqual(poseOf(camera), near); // it is in sight
  camera.reveal([5, 2]);
  camera.advance(0);
  assert.deepEqual(poseOf(camera), home);
  camera.reveal([30, 2]);
  camera.advance(0);
  for (const place of /** @type {Place[]} */ ([
    [30, 2],
    [-2, -1],
    [6, 3],
  ])) {
    const [x, y] = camera.toScreen(place);
    assert.ok(x > 23 && x < 777 && y > 23 && y < 377, `${place} is at ${x}, ${y}`);
  }
});

test("home moves: who is there flies along, who is not stays", () => {
  const { camera, woken } = cameraOf();
  camera.setHome(BOX, true);
  assert.equal(woken(), 0);
  camera.setHome(BOX, true);
  assert.equal(woken(), 0); // nothing changed
  camera.setHome([0, 0, 1, 1], true);
  assert.equal(woken(), 1);
  assert.ok(camera.flight && camera.advance(camera.flight.start + 1e4));
  assert.deepEqual(poseOf(camera), Object.values(camera.home));
  camera.zoomAt([0, 0], 2);
  const pose = poseOf(camera);
  camera.setHome(BOX, true);
  assert.deepEqual(poseOf(camera), pose);
});

test("a flight that leads home already is not begun again", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  camera.setHome([0, 0, 1, 1], true);
  const { flight } = camera;
  camera.setHome([0, 0, 1, 1], true);
  assert.equal(camera.flight, flight);
  camera.setHome([0, 0, 1, 1], false); // resized: at once
  assert.equal(camera.flight, null);
});

test("a flight goes from where it began to its goal, and what both show stays in sight", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  const from = poseOf(camera);
  camera.show([4, 1, 5, 2]);
  const { flight } = camera;
  assert.ok(flight && !camera.atHome);
  flight.start = Math.floor(flight.start); // so that sums with it are exact
  camera.advance(flight.start);
  assertNear(poseOf(camera), from);
  let before = 0;
  for (let ms = 0; ms <= 450; ms += 30) {
    assert.ok(camera.advance(flight.start + ms));
    assert.ok(camera.scale >= before);
    before = camera.scale;
    const [x, y] = camera.toScreen([4.5, 1.5]);
    assert.ok(x > 0 && x < 800 && y > 0 && y < 400);
  }
  assert.deepEqual(poseOf(camera), [flight.to.x, flight.to.y, flight.to.scale]);
  assert.ok(!camera.advance(flight.start + 500));
});

test("a flight at one height moves evenly", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  camera.show([0, -1, 8, 3]);
  const { flight } = camera;
  assert.ok(flight);
  camera.advance(flight.start + 225);
  assertNear(poseOf(camera), [(flight.from.x + flight.to.x) / 2, 1, flight.to.scale]);
});

test("where motion is unwelcome it is there at once", () => {
  const { camera } = cameraOf(true);
  camera.setHome(BOX, true);
  camera.show([4, 1, 5, 2]);
  assert.ok(camera.advance(performance.now()));
  assert.equal(camera.flight, null);
  assertNear(camera.toPlane([400, 200]), [4.5, 1.5]);
});

test("zooming keeps what is under the pointer, within limits", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  const under = camera.toPlane([100, 300]);
  camera.zoomAt([100, 300], 3);
  assert.ok(!camera.atHome && Math.abs(camera.zoom - 3) < 1e-12);
  assertNear(camera.toPlane([100, 300]), under);
  for (let i = 0; i < 100; i++) camera.zoomAt([100, 300], 3);
  assert.ok(Math.abs(camera.zoom - 5000) < 1e-6);
  for (let i = 0; i < 100; i++) camera.zoomAt([0, 0], 0.3);
  assert.ok(Math.abs(camera.zoom - 0.05) < 1e-9);
});

test("panning moves what is shown by as many pixels, and ends a flight", () => {
  const { camera, woken } = cameraOf();
  camera.setHome(BOX, true);
  const at = camera.toScreen([1, 1]);
  camera.show([0, 0, 1, 1]);
  camera.pan(30, -12);
  assert.ok(camera.flight === null && !camera.atHome && woken() === 2);
  assertNear(camera.toScreen([1, 1]), [at[0] + 30, at[1] - 12]);
  camera.reset();
  assert.ok(camera.atHome && camera.flight);
});

test("what is shown is told in the plane, for a map of any size", () => {
  const { camera } = cameraOf(true);
  camera.setHome(BOX, true);
  assert.equal(camera.shown, null);
  camera.shown = [1, 2, 5];
  camera.advance(0);
  assert.deepEqual(camera.shown, [1, 2, 5]);
  assertNear(poseOf(camera), [1, 2, 400 / 5]);
  const other = cameraOf(true).camera;
  Object.assign(other, { width: 300, height: 900 });
  other.setHome(BOX, true);
  other.shown = camera.shown;
  other.advance(0);
  assertNear(poseOf(other), [1, 2, 300 / 5]);
  other.shown = null;
  other.advance(0);
  assert.ok(other.atHome);
  assertNear(poseOf(other), poseOf(/** @type {any} */ (other.home)));
});

test("a camera at home follows a box; one that the reader moved stays", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  camera.follow([0, 0, 1, 1]);
  assertNear(camera.toScreen([0.5, 0]), [400, 376]);
  camera.pan(10, 0);
  const before = poseOf(camera);
  camera.follow([0, 0, 2, 2]);
  assertNear(poseOf(camera), before);
  camera.reset();
  camera.follow([0, 0, 4, 4]); // on the way home
  camera.advance(Infinity);
  assertNear(camera.toScreen([2, 4]), [400, 24]);
});

test("what is set before the map has a size is shown in the size that it gets, at once", () => {
  const camera = new Camera(false, () => {});
  camera.shown = [1, 2, 5];
  camera.resize(800, 400);
  assertNear(poseOf(camera), [1, 2, 400 / 5]);
  assert.equal(camera.flight, null);
  camera.setHome(BOX, false);
  assertNear(poseOf(camera), [1, 2, 400 / 5]);
});

test("a map of another size shows the same part of the plane", () => {
  const { camera } = cameraOf();
  camera.setHome(BOX, true);
  camera.zoomAt([100, 100], 3);
  const { shown } = camera;
  camera.resize(333, 1000);
  assert.deepEqual(camera.shown, shown);
  camera.shown = null;
  camera.resize(800, 400);
  assert.equal(camera.shown, null);
});

test("points stay above the bars of the scale, and in sight", () => {
  for (const height of [150, 400, 900]) {
    const camera = new Camera(true, () => {});
    camera.resize(500, height);
    camera.setHome(boxAboveBars([0, 0, 0, 4], height), false);
    const [, top] = camera.toScreen([0, 4]);
    const [, bottom] = camera.toScreen([0, 0]);
    assert.ok(top > 23 && bottom < height - 40, `${top} to ${bottom} of ${height}`);
  }
});
