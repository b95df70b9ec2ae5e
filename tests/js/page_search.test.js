// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { pageData } from "../../siamese_lib/export/page_data.js";
import { tileOf } from "../../siamese_lib/export/page_pictures.js";
import { nearestRows, prepared, PageSearch, vote } from "../../siamese_lib/export/page_search.js";
import { inTurns } from "../../siamese_lib/export/page_thumbs.js";
import { numbersFrom } from "./made_up.js";

/** @import { Metric, Neighbour } from "../../siamese_lib/export/page_search.js" */

/** @type {(numbers: number[]) => Uint8Array} */
const bytesOf = (numbers) => new Uint8Array(Float32Array.from(numbers).buffer);

/** @type {(count: number, seed: number) => number[]} */
function randoms(count, seed) {
  const random = numbersFrom(seed);
  return Array.from({ length: count }, () => Math.fround(2 * random() - 1));
}

/**
 * Sort every row by its distance, the obvious way.
 * @type {(rows: number[], query: number[], metric: Metric) => Neighbour[]}
 */
function sorted(rows, query, metric) {
  /** @type {(a: number[], b: number[]) => number} */
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  return Array.from({ length: rows.length / query.length }, (_, row) => {
    const vector = rows.slice(row * query.length, (row + 1) * query.length);
    const away = vector.map((x, i) => x - query[i]);
    const cosine = dot(vector, query) / Math.sqrt(dot(vector, vector) * dot(query, query));
    const distance = metric === "cosine" ? 1 - cosine : Math.sqrt(dot(away, away));
    return { row, distance };
  }).sort((a, b) => a.distance - b.distance);
}

for (const metric of /** @type {Metric[]} */ (["euclidean", "cosine"])) {
  test(`the nearest rows are those of a full sort: ${metric}`, () => {
    const [dim, k] = [6, 9];
    const [rows, queries] = [randoms(200 * dim, 1), randoms(20 * dim, 2)];
    const vectors = prepared(bytesOf(rows), dim, metric);
    const asked = prepared(bytesOf(queries), dim, metric);
    for (let q = 0; q < 20; q++) {
      const found = nearestRows(vectors, asked.subarray(q * dim, (q + 1) * dim), k, metric);
      const expected = sorted(rows, queries.slice(q * dim, (q + 1) * dim), metric).slice(0, k);
      assert.deepEqual(
        found.map(({ row }) => row),
        expected.map(({ row }) => row),
      );
      found.forEach(({ distance }, i) => {
        assert.ok(Math.abs(distance - expected[i].distance) < 1e-6);
      });
    }
  });
}

test("of rows equally far the lower comes first, also where only rounding differs", () => {
  const rows = [3, 1, 1, 1, 3, 1, 1, 1, 0.5, 0.5];
  const near = nearestRows(
    prepared(bytesOf(rows), 2, "euclidean"),
    Float64Array.of(1, 1),
    3,
    "euclidean",
  );
  assert.deepEqual(near, [
    { row: 1, distance: 0 },
    { row: 3, distance: 0 },
    { row: 4, distance: Math.fround(Math.SQRT1_2) },
  ]);
  const query = prepared(bytesOf([0.1, 0.1]), 2, "cosine");
  const parallel = nearestRows(prepared(bytesOf(rows), 2, "cosine"), query, 5, "cosine");
  assert.deepEqual(
    parallel.map(({ row }) => row),
    [1, 3, 4, 0, 2],
  );
  assert.equal(parallel[2].distance, 0);
});

test("there are no more neighbours than rows", () => {
  assert.equal(nearestRows(Float64Array.of(1, 2, 3), Float64Array.of(2), 9, "euclidean").length, 3);
});

test("most votes win; of equals, the one whose nearest member comes first", () => {
  assert.deepEqual(vote([4, 2, 2, 4, 2]), [2, 3]);
  assert.deepEqual(vote([7, 1, 1, 7]), [7, 2]);
  assert.deepEqual(vote([5]), [5, 1]);
});

/** Ten queries on a line among a gallery of two classes, left and right; the last is unknown. */
function search() {
  const gallery = {
    embeddings: bytesOf([0, 1, 2, 7, 8, 9].flatMap((x) => [x, 3])),
    labels: new Uint8Array(Uint16Array.from([0, 0, 0, 1, 1, 1]).buffer),
  };
  const labels = Uint16Array.from([1, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
  const queries = bytesOf([...labels.keys()].flatMap((x) => [x, 3]));
  return new PageSearch(
    { queries, gallery, dim: 2, classes: 2, k: 3, metric: "euclidean" },
    labels,
  );
}

test("a search answers with rows, a verdict, and whether it is right", () => {
  const asked = search();
  assert.deepEqual(
    asked.nearest(2).map(({ row }) => row),
    [2, 1, 0],
  );
  assert.deepEqual(asked.verdict(2), { label: 0, votes: 3, right: true });
  assert.deepEqual(asked.verdict(0), { label: 0, votes: 3, right: false });
  assert.deepEqual(asked.verdict(9), { label: 1, votes: 3, right: null });
  asked.k = 1;
  assert.equal(asked.nearest(2).length, 1);
});

test("a mistake is found from anywhere, but not the one that is shown", () => {
  const asked = search();
  assert.deepEqual(asked.mistakeFrom(7, 3, 1e9), { query: 0, tried: 4 });
  assert.deepEqual(asked.mistakeFrom(7, 0, 1e9), { query: null, tried: 10 });
  assert.deepEqual(asked.mistakeFrom(1, 5, -1), { query: null, tried: 1 });
});

test("drawn images keep their numbers, and a number leads to the nearest image", () => {
  assert.deepEqual([...search().numbers], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(search().queryNear(4), 4);
  const rows = (/** @type {number[]} */ numbers) =>
    new Uint8Array(Uint32Array.from(numbers).buffer);
  const gallery = {
    embeddings: bytesOf([0, 9]),
    labels: new Uint8Array(4),
    rows: rows([70, 80_000]),
  };
  const part = { queries: bytesOf([1, 2, 3]), rows: rows([5, 40, 100]), gallery };
  const drawn = new PageSearch(
    { ...part, dim: 1, classes: 1, k: 1, metric: "euclidean" },
    new Uint16Array(3),
  );
  assert.deepEqual([...drawn.numbers, ...drawn.galleryNumbers], [5, 40, 100, 70, 80_000]);
  assert.deepEqual(
    [-1, 5, 21, 40, 71, 1e9].map((number) => drawn.queryNear(number)),
    [0, 0, 0, 1, 2, 2],
  );
});

test("on the first page of thumbnails the classes take turns, if it would show few of them", () => {
  const sorted = Array.from({ length: 300 }, (_, image) => Math.floor(image / 100));
  assert.deepEqual(inTurns(sorted).slice(0, 4), [0, 100, 200, 1]);
  assert.equal(new Set(inTurns(sorted)).size, 300);
  const mixed = sorted.map((_, image) => image % 3);
  assert.deepEqual(inTurns(mixed), [...mixed.keys()]);
});

test("bytes in the page's JSON are bytes again", () => {
  const text = '{"queries": {"base64": "AAH/"}, "gallery": {"labels": {"base64": ""}}, "k": 7}';
  const data = pageData(text);
  assert.deepEqual([...data.queries], [0, 1, 255]);
  assert.deepEqual([data.gallery.labels.length, data.k], [0, 7]);
});

test("an image lies in its sheet, 50 in a row and 50 rows", () => {
  assert.deepEqual(tileOf(0), { sheet: 0, row: 0, column: 0 });
  assert.deepEqual(tileOf(2499), { sheet: 0, row: 49, column: 49 });
  assert.deepEqual(tileOf(2577), { sheet: 1, row: 1, column: 27 });
});

test("what the reader adds is found after the gallery's own images, until it is taken out", () => {
  const asked = search();
  const vector = Float32Array.of(1.25, 3);
  const rows = () => asked.nearestTo(vector).map(({ row }) => row);
  assert.deepEqual(rows(), [1, 2, 0]);
  asked.add([
    { vector: Float32Array.of(1.5, 3), label: 4 },
    { vector, label: 5 },
  ]);
  assert.deepEqual(rows(), [7, 1, 6]); // of two equally far, the gallery's own is first
  assert.deepEqual(asked.vote(asked.nearestTo(vector)), [5, 1]);
  assert.equal(asked.judged(1, 4), false);
  asked.setMetric("cosine");
  assert.equal(asked.nearestTo(vector)[0].row, 7);
  asked.setMetric("euclidean");
  asked.add([]);
  assert.deepEqual(rows(), [1, 2, 0]);
  assert.equal(asked.galleryLabels.length, asked.own);
});
