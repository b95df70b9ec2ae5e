// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { curveLine } from "../../siamese_lib/views/js/curve.js";
import { tickFrames } from "../../siamese_lib/views/js/film_bar.js";
import { scaleBars } from "../../siamese_lib/views/js/scale_bars.js";
import {
  momentWords,
  pointName,
  readingWords,
  selectionCounts,
  selectionWords,
} from "../../siamese_lib/views/js/descriptions.js";

test("a moment is named by its step, or by its frame", () => {
  assert.equal(momentWords({ steps: [0, 1200] }, 1), "step 1,200");
  assert.equal(momentWords({ steps: null }, 7), "frame 7");
  const about = { steps: [5], curves: { loss: [0.25], precision: [null] } };
  assert.equal(readingWords(about, 0), "step 5, loss 0.250, precision –");
});

test("a selection is said by name, or by number", () => {
  const classes = { known: true, names: ["cat", "dog"], of: Uint16Array.from([0, 1]) };
  assert.equal(selectionWords(classes, [1]), "selected dog, point 1");
  assert.equal(selectionWords({ ...classes, known: false }, [1]), "selected point 1");
  assert.equal(
    selectionWords(classes, [0, 1]),
    "2 points selected: 1 of class cat, 1 of class dog",
  );
  assert.equal(selectionWords(classes, []), "0 points selected");
});

test("a curve goes from the top at its largest value to the bottom at its least, with gaps", () => {
  const { path, heightAt } = curveLine([14, 12, null, 10, 11]);
  assert.equal(path, "M0 0.00 L1 50.00 M3 100.00 L4 75.00 ");
  assert.deepEqual([0, 0.5, 1, 3.5].map(heightAt), [0, 25, 50, 87.5]);
  assert.deepEqual([1.5, 2, 2.5, 9].map(heightAt), [null, null, null, null]);
});

test("a level curve lies at the bottom, an empty one nowhere", () => {
  assert.equal(curveLine([3, 3]).heightAt(0.5), 100);
  assert.equal(curveLine([null]).path, "");
  assert.equal(curveLine([]).heightAt(0), null);
});

test("ticks are at all frames of a short film, at the first and the last of a long one", () => {
  assert.deepEqual(tickFrames(0), []);
  assert.deepEqual(tickFrames(1), [0]);
  assert.deepEqual(tickFrames(4), [0, 1, 2, 3]);
  assert.deepEqual(tickFrames(41), [0, 8, 16, 24, 32, 40]);
});

test("the scale is a round distance, and the margin where it fits", () => {
  const [distance] = scaleBars(40, null, 800);
  assert.deepEqual(distance, { kind: "distance", length: 80, words: "distance 2" });
  const both = scaleBars(40, 1.5, 800);
  assert.deepEqual(both[1], { kind: "margin", length: 60, words: "margin 1.5" });
  const counts = [0.09, 0.1, 16.9, 17].map((margin) => scaleBars(40, margin, 800).length);
  assert.deepEqual(counts, [1, 2, 2, 1]); // too short to see, longer than the map
});

test("one bar says both where distance and margin are equal", () => {
  assert.deepEqual(scaleBars(100, 1, 800), [{ kind: "margin", length: 100, words: "margin 1" }]);
});

test("distances of any size are told", () => {
  const words = [1e-9, 0.003, 1e5, 1e9].map((scale) => scaleBars(scale, null, 800)[0].words);
  assert.deepEqual(words, ["distance 1e+11", "distance 20000", "distance 0.001", "distance 1e-7"]);
});

test("a point is named by what it stands for and its number in its data set", () => {
  assert.equal(pointName({}, 1200), "point 1,200");
  assert.equal(pointName({ noun: "test image" }, 7), "test image 7");
  const numbers = new DataView(Uint32Array.from([60, 70_000, 2 ** 32 - 1]).buffer);
  assert.equal(pointName({ noun: "training image", numbers }, 1), "training image 70,000");
  assert.equal(pointName({ numbers }, 2), "");
});

test("a selection is counted by class, the most frequent first", () => {
  const names = Array.from({ length: 12 }, (_, k) => `c${k}`);
  const of = Uint16Array.from({ length: 40 }, (_, i) => (i < 20 ? 1 : i % 12));
  const classes = { known: true, names, of };
  assert.equal(
    selectionCounts(classes, [0, 1, 24]),
    "3 points selected: 2 of class c1, 1 of class c0",
  );
  assert.match(
    selectionCounts(classes, [...of.keys()]),
    /^40 points selected: 22 of class c1, .*, …$/,
  );
  assert.equal(selectionCounts({ ...classes, known: false }, [0, 1]), "2 points selected");
});
