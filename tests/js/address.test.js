// @ts-check
import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { addressKeeper, stateInAddress } from "../../siamese_lib/views/js/address.js";

/** A page with an address, as far as this module uses it. @param {string} hash */
function openPage(hash) {
  /** @type {Map<string, () => void>} */
  const heard = new Map();
  const location = { hash, reload: mock.fn() };
  const history = {
    replaceState: (/** @type {null} */ _, /** @type {string} */ __, /** @type {string} */ now) =>
      (location.hash = now),
  };
  const addEventListener = (/** @type {string} */ event, /** @type {() => void} */ act) =>
    heard.set(event, act);
  Object.assign(globalThis, { location, history, addEventListener });
  return {
    location,
    reader: () => heard.get("keydown")?.(),
    paste: (/** @type {string} */ now) => {
      location.hash = now;
      heard.get("hashchange")?.();
    },
  };
}

/** @param {unknown} state */
const hashOf = (state) => `#${encodeURIComponent(JSON.stringify(state))}`;

test("an address says what is known and of the same kind", () => {
  const own = { frame: 4, hidden: [], camera: null, speed: 1 };
  openPage(hashOf({ frame: 2, hidden: ["a"], camera: [0, 0, 1], speed: "2", other: 1 }));
  assert.deepEqual(stateInAddress(own), { frame: 2, hidden: ["a"], camera: [0, 0, 1] });
  openPage(hashOf({ frame: [1], hidden: null }));
  assert.deepEqual(stateInAddress(own), { hidden: null });
  for (const hash of ["", "#", "#a-heading", "#%7B", hashOf([1]), hashOf(null), hashOf(3)]) {
    openPage(hash);
    assert.deepEqual(stateInAddress(own), {});
  }
});

test("a pasted address stays until the page opens again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { location, reader, paste } = openPage("");
  const keep = addressKeeper();
  reader();
  keep({ frame: 1 });
  mock.timers.tick(1000);
  assert.equal(location.hash, hashOf({ frame: 1 }));
  keep({ frame: 2 });
  paste(hashOf({ frame: 9 }));
  keep({ frame: 3 });
  mock.timers.tick(1000);
  assert.equal(location.hash, hashOf({ frame: 9 }));
  assert.equal(location.reload.mock.callCount(), 1);
  mock.timers.reset();
});

test("an address that holds no state opens nothing", () => {
  const { location, paste } = openPage(hashOf({ frame: 1 }));
  addressKeeper();
  paste("#a-heading");
  assert.equal(location.reload.mock.callCount(), 0);
  paste("");
  assert.equal(location.reload.mock.callCount(), 1);
});
