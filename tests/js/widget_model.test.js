// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { AnimationLoop } from "../../siamese_lib/views/js/animation_loop.js";
import { follow, save, valuesOf } from "../../siamese_lib/views/js/widget_model.js";

/** A model as anywidget hands it over. */
class TinyModel {
  saved = 0;
  /** @type {Map<string, Set<() => void>>} */
  heard = new Map();

  /** @param {Record<string, unknown>} values */
  constructor(values) {
    this.values = values;
  }

  /** @param {string} trait @returns {any} */
  get(trait) {
    return this.values[trait];
  }

  /** @param {string} trait @param {unknown} value */
  set(trait, value) {
    this.values[trait] = value;
    this.heard.get(`change:${trait}`)?.forEach((act) => act());
  }

  save_changes() {
    this.saved++;
  }

  /** @param {string} event @param {() => void} act */
  on(event, act) {
    this.heard.set(event, (this.heard.get(event) ?? new Set()).add(act));
  }

  /** @param {string} event @param {() => void} act */
  off(event, act) {
    this.heard.get(event)?.delete(act);
  }

  send() {}
}

test("values are read under their own names, and saved at once", () => {
  const model = new TinyModel({ _chart: 1, order: "worst" });
  assert.deepEqual(valuesOf(model, { chart: "_chart", order: "order" }), {
    chart: 1,
    order: "worst",
  });
  save(model, { order: "nearest", threshold: 0.5 });
  assert.deepEqual(model.values, { _chart: 1, order: "nearest", threshold: 0.5 });
  assert.equal(model.saved, 1);
});

test("changes are followed until the end", () => {
  const model = new TinyModel({});
  /** @type {Record<string, unknown>[]} */
  const changes = [];
  const stop = follow(model, { chart: "_chart", order: "order" }, (change) => changes.push(change));
  model.set("_chart", 2);
  model.set("other", 3);
  model.set("order", "worst");
  stop();
  model.set("order", "nearest");
  assert.deepEqual(changes, [{ chart: 2 }, { order: "worst" }]);
});

test("a loop asks for animation frames only while there is more to come", (context) => {
  /** @type {Map<number, FrameRequestCallback>} */
  const asked = new Map();
  let number = 0;
  const frames = {
    /** @param {FrameRequestCallback} act */
    requestAnimationFrame: (act) => asked.set(++number, act) && number,
    /** @param {number} request */
    cancelAnimationFrame: (request) => asked.delete(request),
  };
  Object.assign(globalThis, frames);
  context.after(() =>
    Object.keys(frames).forEach((name) => Reflect.deleteProperty(globalThis, name)),
  );
  /** @param {number} now */
  const animate = (now) => {
    const acts = [...asked.values()];
    asked.clear();
    acts.forEach((act) => act(now));
  };
  /** @type {number[][]} */
  const steps = [];
  const loop = new AnimationLoop((now, seconds) => steps.push([now, seconds]) % 3 !== 0);
  loop.wake();
  loop.wake();
  assert.equal(asked.size, 1);
  [1000, 1016, 9000].forEach(animate);
  assert.deepEqual(steps, [
    [1000, 0],
    [1016, 0.016],
    [9000, 0.1],
  ]);
  assert.equal(asked.size, 0);
  loop.wake();
  animate(9500);
  assert.deepEqual(steps[3], [9500, 0]); // it has rested: no time has passed
  loop.end();
  loop.wake();
  assert.equal(asked.size, 0);
});
