// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Film } from "../../siamese_lib/views/js/film.js";
import { filmOf, numbersFrom } from "./made_up.js";

/** @type {(frames: number, points: number, seed?: number) => [number, number][][]} */
function walks(frames, points, seed = 1) {
  const random = numbersFrom(seed);
  return Array.from({ length: frames }, () =>
    Array.from({ length: points }, () => [10 * random() - 3, random()]),
  );
}

/**
 * Catmull-Rom as in a textbook: a cubic through b and c, with slopes from their neighbours.
 * @type {(a: number, b: number, c: number, d: number, t: number) => number}
 */
function textbook(a, b, c, d, t) {
  const [from, to] = [(c - a) / 2, (d - b) / 2];
  const h = [2 * t ** 3 - 3 * t ** 2 + 1, t ** 3 - 2 * t ** 2 + t, 3 * t ** 2 - 2 * t ** 3];
  return h[0] * b + h[1] * from + h[2] * c + (t ** 3 - t ** 2) * to;
}

test("points pass through each frame as recorded", () => {
  const frames = walks(5, 7);
  const film = new Film(filmOf(frames));
  assert.deepEqual([film.count, film.last], [7, 4]);
  frames.forEach((points, p) => {
    const places = film.places(p);
    points.flat().forEach((value, i) => assert.ok(Math.abs(places[i] - value) < 1e-4));
  });
});

test("between frames they follow Catmull-Rom curves, also at both ends", () => {
  const frames = walks(4, 3);
  const film = new Film(filmOf(frames));
  for (let p = 0; p <= 3; p += 0.13) {
    const start = Math.min(Math.floor(p), 3);
    const near = [-1, 0, 1, 2].map((i) => frames[Math.min(Math.max(start + i, 0), 3)]);
    for (let point = 0; point < 3; point++) {
      const place = film.place(point, p);
      for (const axis of /** @type {(0 | 1)[]} */ ([0, 1])) {
        const [a, b, c, d] = near.map((points) => points[point][axis]);
        assert.ok(Math.abs(place[axis] - textbook(a, b, c, d, p - start)) < 1e-3);
        assert.ok(Math.abs(film.places(p)[2 * point + axis] - place[axis]) < 1e-5);
      }
    }
  }
});

test("weights of a mix sum to one, and its frames exist", () => {
  const film = new Film(filmOf(walks(3, 2)));
  for (const p of [0, 0.4, 1.9, 2]) {
    const { at, weights } = film.mix(p);
    assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
    assert.ok(at.every((frame) => frame >= 0 && frame <= 2));
  }
});

test("places are computed once for a moment, and again after a frame came", () => {
  const film = new Film(filmOf(walks(2, 2)));
  const places = film.places(0.5);
  const before = [...places];
  assert.equal(film.places(0.5), places);
  const more = filmOf(walks(1, 2, 5));
  film.append(2, more.bounds[0], more.frames[0]);
  assert.equal(film.last, 2);
  assert.notDeepEqual([...film.places(0.5)], before);
});

test("a frame stands for those before it that never came", () => {
  const film = new Film(filmOf(walks(1, 2)));
  const { bounds, frames } = filmOf(walks(1, 2, 9));
  film.append(3, bounds[0], frames[0]);
  assert.equal(film.last, 3);
  assert.deepEqual(film.place(1, 1), film.place(1, 3));
});

test("the middle of a class is the median of its points, and moves with them", () => {
  const frames = walks(2, 9);
  const film = new Film(filmOf(frames));
  const members = [[0, 1, 2, 3, 4], [5, 6, 7], []];
  /** @type {(frame: number, points: number[], axis: 0 | 1) => number} */
  const median = (frame, points, axis) => {
    const values = points.map((point) => frames[frame][point][axis]);
    return values.sort((a, b) => a - b)[values.length >> 1];
  };
  const middles = film.medians(1, members);
  for (const k of [0, 1]) {
    assert.ok(Math.abs(middles[k][0] - median(1, members[k], 0)) < 1e-3);
    assert.ok(Math.abs(middles[k][1] - median(1, members[k], 1)) < 1e-3);
  }
  const half = film.medians(0.5, members)[0][0];
  assert.ok(Math.abs(half - (median(0, members[0], 0) + median(1, members[0], 0)) / 2) < 1e-3);
  assert.ok(Math.abs(film.medians(1, [[5, 6, 7]])[0][0] - middles[1][0]) < 1e-9);
});

test("of a large class every so many points tell where its middle is", () => {
  const points = Array.from({ length: 4001 }, (_, i) => /** @type {[number, number]} */ ([i, 0]));
  const film = new Film(filmOf([points]));
  const [[x]] = film.medians(0, [[...points.keys()]]);
  assert.ok(Math.abs(x - 2000) < 15);
});

test("boxes hold every frame, or some points at a moment", () => {
  const frames = walks(3, 4);
  const film = new Film(filmOf(frames));
  const all = frames.flat();
  const [left, bottom, right, top] = film.box();
  assert.equal(left, Math.min(...all.map(([x]) => x)));
  assert.equal(bottom, Math.min(...all.map(([, y]) => y)));
  assert.equal(right, Math.max(...all.map(([x]) => x)));
  assert.equal(top, Math.max(...all.map(([, y]) => y)));
  const [one, other] = [frames[2][1], frames[2][3]];
  const few = [0, 1].map((axis) => [one[axis], other[axis]].sort((a, b) => a - b));
  const expected = [few[0][0], few[1][0], few[0][1], few[1][1]];
  film.boxOf([1, 3], 2).forEach((side, i) => assert.ok(Math.abs(side - expected[i]) < 1e-3));
});

test("a film without frames has no place to show", () => {
  const film = new Film({ count: 3, bounds: [], frames: [] });
  assert.equal(film.last, 0);
  assert.deepEqual(film.box(), [Infinity, Infinity, -Infinity, -Infinity]);
});

test("the box at a moment lies between those of two frames", () => {
  const film = new Film(
    filmOf([
      [
        [0, 0],
        [1, 1],
      ],
      [
        [2, 4],
        [9, 11],
      ],
    ]),
  );
  assert.deepEqual(film.boxAt(0), [0, 0, 1, 1]);
  assert.deepEqual(film.boxAt(1), [2, 4, 9, 11]);
  assert.deepEqual(film.boxAt(0.5), [1, 2, 5, 6]);
});
