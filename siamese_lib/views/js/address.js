// @ts-check
// The state of a page in its address, so that whoever gets the address sees the same moment. What the
// page does by itself, such as to play its film once, does not count.

/** @typedef {Record<string, any>} AddressState values that JSON can hold, by name */

const ADDRESS_PAUSE = 300; // milliseconds between changes: browsers allow only some

/** @returns {AddressState} what the page's address says, or nothing */
export function stateInAddress() {
  try {
    const state = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return state && typeof state === "object" && !Array.isArray(state) ? state : {};
  } catch {
    return {}; // another kind of address, or a damaged one
  }
}

/** Return a function that keeps what it is given in the page's address, once the reader has acted. */
export function addressKeeper() {
  let state = stateInAddress();
  let acted = false;
  for (const event of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(event, () => (acted = true), { capture: true, once: true });
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {AddressState} changes */
  return (changes) => {
    if (!acted) return;
    state = { ...state, ...changes };
    timer ??= setTimeout(() => {
      timer = undefined;
      history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(state))}`);
    }, ADDRESS_PAUSE);
  };
}
