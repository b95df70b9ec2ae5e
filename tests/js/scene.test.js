// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { Camera } from "../../siamese_lib/views/js/camera.js";
import { stampOf } from "../../siamese_lib/views/js/canvas.js";
import { Classes } from "../../siamese_lib/views/js/point_classes.js";
import { Film } from "../../siamese_lib/views/js/film.js";
import { frontSizeOf, pointOpacity, pointSize, sceneOf } from "../../siamese_lib/views/js/scene.js";
import { rgbOf } from "../../siamese_lib/views/js/theme.js";
import { Trust } from "../../siamese_lib/views/js/trust.js";
import { filmOf } from "./made_up.js";

const MAP = { width: 800, height: 480, zoom: 1 };

test("points shrink in a crowd and grow where the reader zooms in, within limits", () => {
  const sizes = [10, 1000, 10_000, 70_000].map((count) => pointSize(count, MAP));
  assert.equal(sizes[0], 8);
  assert.equal(sizes[3], 2.4);
  assert.ok(sizes[1] > sizes[2] && sizes[2] > sizes[3]);
  assert.ok(pointSize(1000, { ...MAP, zoom: 10 }) > sizes[1]);
  assert.equal(pointSize(10, { ...MAP, zoom: 1e9 }), 40);
});

test("points are clearer where there are few, or the reader zooms in", () => {
  assert.ok(pointOpacity(100, 1) > pointOpacity(70_000, 1));
  assert.ok(pointOpacity(70_000, 8) > pointOpacity(70_000, 1));
  assert.equal(pointOpacity(70_000, 0.1), pointOpacity(70_000, 1));
  assert.equal(pointOpacity(1, 1), 0.95);
});

test("points on top are larger than the others, small ones by more", () => {
  assert.deepEqual([2, 20].map(frontSizeOf), [6, 27]);
});

/**
 * @param {number[]} selected
 * @param {Partial<import("../../siamese_lib/views/js/scene.js").SceneSource>} [more]
 */
function scene(selected, more = {}) {
  const film = new Film(filmOf([Array.from({ length: 40 }, (_, i) => [i, i % 7])]));
  const about = { labels: new Uint16Array(40), names: ["a"], colors: ["#336699"], marked: [5] };
  const camera = Object.assign(new Camera(true, () => {}), { width: 800, height: 480 });
  const classes = new Classes(about, 40, []);
  const highlighted = selected.length ? [7, 8] : [];
  const none = { trust: new Trust(null), shows: { trust: true } };
  const shown = { film, p: 0, camera, classes, about, selected, highlighted, ratio: 2 };
  return sceneOf({ ...shown, ...none, ...more }, [1, 2, 3]);
}

test("what is chosen is drawn on top, and the others step back", () => {
  const [none, one, many] = [[], [3], [...Array(9).keys()]].map((chosen) => scene(chosen));
  assert.deepEqual([...none.front], [5]);
  assert.deepEqual([...one.front], [7, 8, 3, 5]);
  assert.deepEqual([...many.front], [0, 1, 2, 3, 4, 5, 6, 7, 8, 5]); // highlights would drown
  assert.ok(none.layers[0][3] > one.layers[0][3] && one.layers[0][3] > many.layers[0][3]);
  assert.ok(one.frontSize > many.frontSize && many.frontRim === 0);
  assert.deepEqual([none.width, none.ratio, none.ground], [800, 2, [1, 2, 3]]);
});

test("points have sizes by their trust if that is known and asked for", () => {
  const trust = new Trust(new Float32Array(40).buffer);
  assert.equal(scene([]).trust, null);
  assert.equal(scene([], { trust, shows: { trust: false } }).trust, null);
  assert.equal(scene([], { trust }).trust, trust);
});

test("a stamp covers as many pixels as its disc is large, around its middle", () => {
  const width = 100;
  for (const size of [2.4, 5, 8.5]) {
    const { reach, discs } = stampOf(size, width);
    assert.equal(discs.length, 16);
    discs.forEach(({ offsets, covers }, place) => {
      const total = covers.reduce((sum, cover) => sum + cover / 256, 0);
      assert.ok(Math.abs(total / (Math.PI * (size / 2) ** 2) - 1) < 0.15, `${size}: ${total}`);
      let [x, y] = [0, 0];
      offsets.forEach((offset, i) => {
        const row = Math.round(offset / width);
        assert.ok(Math.abs(row) <= reach && Math.abs(offset - row * width) <= reach);
        x += (covers[i] / 256 / total) * (offset - row * width + 0.5);
        y += (covers[i] / 256 / total) * (row + 0.5);
      });
      assert.ok(Math.abs(x - ((place % 4) + 0.5) / 4) < 0.1);
      assert.ok(Math.abs(y - (Math.floor(place / 4) + 0.5) / 4) < 0.1);
    });
  }
});

test("colours of a style sheet are read", () => {
  assert.deepEqual(rgbOf("rgb(20, 23, 28)"), [20, 23, 28]);
  assert.deepEqual(rgbOf("rgba(20, 23, 28, 0.5)"), [20, 23, 28]);
  assert.deepEqual(rgbOf(""), [255, 255, 255]);
});
