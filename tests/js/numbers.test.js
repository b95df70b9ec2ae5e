// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bytesOf,
  clamp,
  eased,
  grouped,
  hexInk,
  roundLength,
  same,
  shortNumber,
  wordsOf,
} from "../../siamese_lib/views/js/numbers.js";

test("red, green and blue are read from a colour", () => {
  assert.deepEqual(["#000000", "#0a10ff"].map(hexInk), [
    [0, 0, 0],
    [10, 16, 255],
  ]);
});

test("a value is kept between two others", () => {
  assert.deepEqual(
    [-1, 0.5, 3].map((value) => clamp(value, 0, 1)),
    [0, 0.5, 1],
  );
});

test("an eased way begins and ends slowly, and is half done at half time", () => {
  assert.deepEqual([0, 0.5, 1].map(eased), [0, 0.5, 1]);
  assert.equal(eased(0.25), 1 / 16);
  const steps = Array.from({ length: 101 }, (_, i) => eased(i / 100));
  assert.ok(steps.every((value, i) => Math.abs(value + steps[100 - i] - 1) < 1e-12));
});

test("thousands are grouped", () => {
  assert.equal(grouped(1234567), "1,234,567");
});

test("lists are the same if all their numbers are", () => {
  assert.ok(same([], []) && same([1, 2], [1, 2]));
  assert.ok(!same([1], [1, 2]) && !same([1, 2], [2, 1]));
});

test("bytes are read where they lie, and words also at an odd address", () => {
  const bytes = Uint8Array.from([9, 1, 0, 2, 1]);
  const odd = new DataView(bytes.buffer, 1, 4);
  assert.deepEqual([...bytesOf(odd)], [1, 0, 2, 1]);
  assert.deepEqual([...wordsOf(odd)], [1, 258]);
  assert.deepEqual([...bytesOf(bytes.buffer)], [9, 1, 0, 2, 1]);
  assert.equal(bytesOf(bytes).buffer, bytes.buffer);
  assert.notEqual(wordsOf(bytes.subarray(1)).buffer, bytes.buffer);
});

test("a number is told in about four characters", () => {
  /** @type {[number | null | undefined, string][]} */
  const told = [
    [null, "–"],
    [undefined, "–"],
    [0, "0.0000"],
    [0.00012, "1.2e-4"],
    [0.0123, "0.0123"],
    [0.5, "0.500"],
    [-12.34, "-12.3"],
    [123.4, "123"],
    [2e6, "2.0e+6"],
  ];
  for (const [value, words] of told) assert.equal(shortNumber(value), words);
});

test("a round length is the largest of 1, 2, 5, 10, ... that is short enough", () => {
  const lengths = [-3, -2, -1, 0, 1, 2].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));
  for (let most = 0.0011; most < 900; most *= 1.3) {
    const expected = Math.max(...lengths.filter((length) => length <= most));
    assert.ok(Math.abs(roundLength(most) / expected - 1) < 1e-12, `${most}`);
  }
});
