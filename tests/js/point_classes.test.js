// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Classes } from "../../siamese_lib/views/js/point_classes.js";

/** @import { About } from "../../siamese_lib/views/js/payload.js" */

/** @type {Pick<About, "labels" | "names" | "colors">} */
const ABOUT = {
  labels: Uint16Array.from([0, 2, 2, 0, 3]),
  names: ["zero", "one", "two", "three"],
  colors: ["#ff0000", "#00ff00", "#0000ff", "#102030"],
};

/** @param {Iterable<number>} hidden */
const classesOf = (hidden = []) => new Classes(ABOUT, 5, hidden);

/** @param {Classes} classes */
const hiddenOf = (classes) => [...classes.hidden].sort();

test("each class has its points, and its colour", () => {
  const classes = classesOf();
  assert.deepEqual(classes.members, [[0, 3], [], [1, 2], [4]]);
  assert.deepEqual(classes.present, [0, 2, 3]);
  assert.deepEqual(classes.rgb[3], [16, 32, 48]);
  assert.equal(classes.colorOf(1), "#0000ff");
});

test("points without classes are of one colour, and none can be hidden", () => {
  const about = { labels: null, names: [], colors: [] };
  const classes = new Classes(about, 3, [0, 1]);
  assert.ok(!classes.known);
  assert.deepEqual([...classes.of], [0, 0, 0]);
  assert.deepEqual([classes.members, classes.present], [[], []]);
  assert.equal(classes.colorOf(2), classes.colors[0]);
});

test("a class is hidden and shown again", () => {
  const classes = classesOf();
  classes.toggle(2);
  assert.ok(!classes.shows(1) && classes.shows(0));
  classes.toggle(2);
  assert.ok(classes.shows(1));
});

test("a class is shown alone, then all are", () => {
  const classes = classesOf();
  classes.showOnly(2);
  assert.deepEqual(hiddenOf(classes), [0, 3]);
  classes.showOnly(0);
  assert.deepEqual(hiddenOf(classes), [2, 3]);
  classes.showOnly(0);
  assert.deepEqual(hiddenOf(classes), []);
});

test("a double click, whose first click toggles, shows a class alone, and then all", () => {
  const classes = classesOf();
  for (const hidden of [[0, 3], []]) {
    classes.toggle(2);
    classes.showOnly(2);
    assert.deepEqual(hiddenOf(classes), hidden);
  }
});

test("what was hidden stays hidden where it can", () => {
  assert.deepEqual(hiddenOf(classesOf([1, 9])), [1]);
  assert.deepEqual([...classesOf([1]).shown], [1, 0, 1, 1]);
  const classes = classesOf([0, 1]);
  classes.showAll();
  assert.deepEqual(hiddenOf(classes), []);
});

test("classes fade, in 0.18 seconds or at once", () => {
  const classes = classesOf();
  assert.ok(!classes.fade(0.1));
  classes.toggle(0);
  assert.ok(classes.fade(0.09));
  assert.ok(Math.abs(classes.shown[0] - 0.5) < 1e-6);
  assert.ok(classes.fade(0.09) && !classes.fade(0.09));
  assert.equal(classes.shown[0], 0);
  classes.toggle(0);
  classes.fade(Infinity);
  assert.equal(classes.shown[0], 1);
});

test("the bytes for a renderer are colour and opacity", () => {
  const classes = classesOf([1]);
  const rgba = classes.rgba(0.5);
  assert.deepEqual([...rgba.subarray(0, 8)], [255, 0, 0, 127, 0, 255, 0, 0]);
});

test("classes are found by a part of their names, whatever the case and the accents", () => {
  const names = ["Café noir", "cafeteria", "Œuvre", "Ångström", "empty CAFE"];
  const labels = Uint16Array.from([0, 1, 2, 3]);
  const classes = new Classes({ labels, names, colors: Array(5).fill("#102030") }, 4, []);
  assert.deepEqual(classes.named("CAFE"), [0, 1]); // the last one has no points
  assert.deepEqual(classes.named(" angstrom "), [3]);
  assert.deepEqual(classes.named(""), [0, 1, 2, 3]);
  assert.deepEqual(classes.named("z"), []);
});

test("some classes are shown, and no others", () => {
  const classes = classesOf([0]);
  classes.showThese([0, 3]);
  assert.deepEqual(hiddenOf(classes), [2]);
  classes.showThese([0, 2, 3]);
  assert.deepEqual(hiddenOf(classes), []);
});

test("hidden classes are grey below the others, as far as they have faded", () => {
  const classes = classesOf();
  assert.equal(classes.veil(1), null);
  classes.toggle(0);
  classes.fade(0.09);
  const half = classes.veil(1);
  classes.fade(Infinity);
  const whole = classes.veil(1);
  assert.ok(half && whole);
  assert.deepEqual([...whole.subarray(0, 3)], [122, 127, 135]);
  assert.ok(whole[3] > 0 && Math.abs(2 * half[3] - whole[3]) <= 1);
  assert.deepEqual([whole[7], classes.rgba(1)[3]], [0, 0]);
});

test("classes are hidden by their names", () => {
  const classes = classesOf();
  const [first, second] = classes.present.map((k) => classes.names[k]);
  classes.hideNamed([second, "no such class"]);
  assert.deepEqual(classes.hiddenNames, [second]);
  classes.hideNamed([first]);
  assert.deepEqual(classes.hiddenNames, [first]);
});
