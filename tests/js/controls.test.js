// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { threeDigits, valueOnLog } from "../../siamese_lib/views/js/log_slider.js";
import { Reporter } from "../../siamese_lib/views/js/reporter.js";

test("a slider goes from end to end by equal factors", () => {
  /** @type {[number, number]} */
  const ends = [0.1, 10];
  assert.deepEqual(
    [0, 0.25, 0.5, 0.65, 1].map((share) => valueOnLog(share, ends)),
    [0.1, 0.316, 1, 2, 10],
  );
  assert.equal(threeDigits(0.31623), "0.316");
});

test("a report comes at once, and the next ones wait together", () => {
  /** @type {unknown[]} */
  const heard = [];
  const reporter = new Reporter((changes) => heard.push(changes));
  reporter.note({ margin: 1 });
  reporter.note({ margin: 2 });
  reporter.note({ margin: 3, push: false });
  assert.deepEqual(heard, [{ margin: 1 }]);
  assert.deepEqual(reporter.settled({ margin: 1, frame: 3 }), { frame: 3 });
  reporter.flush();
  reporter.flush();
  assert.deepEqual(heard, [{ margin: 1 }, { margin: 3, push: false }]);
  assert.deepEqual(reporter.settled({ margin: 1 }), { margin: 1 });
});
