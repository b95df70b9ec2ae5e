// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Camera } from "../../siamese_lib/views/js/camera.js";
import { Classes } from "../../siamese_lib/views/js/point_classes.js";
import { Film } from "../../siamese_lib/views/js/film.js";
import {
  afterClick,
  countIn,
  pointAt,
  pointsIn,
  pointTowards,
} from "../../siamese_lib/views/js/picking.js";
import { filmOf, numbersFrom } from "./made_up.js";

const COUNT = 300;

/** A map of random points in three classes, somewhat zoomed and moved. */
function shown() {
  const random = numbersFrom(3);
  const points = Array.from(
    { length: COUNT },
    () => /** @type {[number, number]} */ ([random(), random()]),
  );
  const labels = Uint16Array.from(points, (_, i) => i % 3);
  const about = { labels, names: ["a", "b", "c"], colors: Array(3).fill("#000000") };
  const camera = new Camera(true, () => {});
  Object.assign(camera, { width: 640, height: 480, x: 0.5, y: 0.4, scale: 500 });
  const film = new Film(filmOf([points, points]));
  return { film, p: 0.5, camera, classes: new Classes(about, COUNT, []) };
}

/** @param {ReturnType<typeof shown>} map @param {[number, number]} place */
function farAway({ film, p, camera }, [x, y]) {
  return Array.from({ length: COUNT }, (_, point) => {
    const [left, top] = camera.toScreen(film.place(point, p));
    return Math.hypot(left - x, top - y);
  });
}

test("the point at a place is the nearest one that is shown and within reach", () => {
  const map = shown();
  map.classes.toggle(1);
  const random = numbersFrom(8);
  let found = 0;
  for (let i = 0; i < 200; i++) {
    /** @type {[number, number]} */
    const place = [640 * random(), 480 * random()];
    const far = farAway(map, place).map((value, point) => (point % 3 === 1 ? Infinity : value));
    const nearest = Math.min(...far);
    const point = pointAt(map, place, 12);
    assert.equal(point, nearest < 12 ? far.indexOf(nearest) : null);
    found += Number(point !== null);
  }
  assert.ok(found > 20 && found < 180);
});

test("a lasso holds what lies inside, whichever way it is drawn", () => {
  const map = shown();
  map.classes.toggle(2);
  /** @type {[number, number][]} */
  const corners = [
    [100, 50],
    [500, 50],
    [500, 400],
    [100, 400],
  ];
  const inside = Array.from({ length: COUNT }, (_, point) => point).filter((point) => {
    const [x, y] = map.camera.toScreen(map.film.place(point, map.p));
    return x > 100 && x < 500 && y > 50 && y < 400 && point % 3 !== 2;
  });
  assert.ok(inside.length > 30);
  assert.deepEqual(pointsIn(map, corners), inside);
  assert.deepEqual(pointsIn(map, corners.toReversed()), inside);
});

test("a lasso may have bays", () => {
  const map = shown();
  /** @type {[number, number][]} */
  const bay = [
    [100, 50],
    [500, 50],
    [500, 400],
    [300, 200],
    [100, 400],
  ];
  const below = Array.from({ length: COUNT }, (_, point) => point).filter((point) => {
    const [x, y] = map.camera.toScreen(map.film.place(point, map.p));
    return x > 100 && x < 500 && y > 50 && y < 200 + Math.abs(x - 300);
  });
  assert.deepEqual(pointsIn(map, bay), below);
});

test("a lasso around the map holds every point", () => {
  const map = shown();
  /** @type {[number, number][]} */
  const around = [
    [-1e4, -1e4],
    [1e4, -1e4],
    [1e4, 1e4],
    [-1e4, 1e4],
  ];
  assert.equal(pointsIn(map, around).length, COUNT);
});

test("a lasso that is a line holds nothing", () => {
  assert.deepEqual(
    pointsIn(shown(), [
      [0, 0],
      [640, 480],
    ]),
    [],
  );
  assert.deepEqual(pointsIn(shown(), []), []);
});

test("a click selects, adds, takes away and lets go", () => {
  assert.deepEqual(afterClick([], 4, false), [4]);
  assert.deepEqual(afterClick([1, 2], 4, false), [4]);
  assert.deepEqual(afterClick([1], 4, true), [1, 4]);
  assert.deepEqual(afterClick([1, 4], 1, true), [4]);
  assert.deepEqual(afterClick([1, 4], null, false), []);
  assert.equal(afterClick([4], 4, false), null);
  assert.equal(afterClick([], null, true), null);
});

test("points in a rectangle are counted as they are drawn", () => {
  const map = shown();
  map.classes.toggle(2);
  const rectangle = { left: 100, top: 80, right: 420, bottom: 300 };
  const inside = Array.from({ length: COUNT }, (_, point) => point).filter((point) => {
    const [x, y] = map.camera.toScreen(map.film.place(point, map.p));
    return point % 3 !== 2 && x >= 100 && x <= 420 && y >= 80 && y <= 300;
  });
  assert.ok(inside.length > 20);
  assert.equal(countIn(map, rectangle), inside.length);
  assert.equal(countIn(map, rectangle, [inside[0], inside[1], 2]), 2);
});

test("the keyboard goes to a near point in its direction", () => {
  /** @type {[number, number][]} */
  const points = [
    [0, 0],
    [1, 0.1],
    [2, 0],
    [0.5, 0.45],
    [-1, 0],
    [0, 3],
  ];
  const map = { ...shown(), film: new Film(filmOf([points])), p: 0 };
  /** @type {(direction: [number, number], own?: number) => number | null} */
  const from = (direction, own = 0) => pointTowards(map, map.film.place(own, 0), direction, own);
  assert.equal(from([1, 0]), 1);
  assert.equal(from([-1, 0]), 4);
  assert.equal(from([0, 1], 3), 5);
  assert.equal(from([0, -1]), null);
  map.classes.toggle(1); // of points 1 and 4
  assert.equal(from([1, 0]), 3);
  assert.equal(from([-1, 0]), null);
});
