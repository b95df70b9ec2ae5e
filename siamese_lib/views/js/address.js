// @ts-check
// The state of a page in its address, so that whoever gets the address sees the same moment, also
// one of a film that plays by itself.

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

/** Return a function that keeps what it is given in the page's address. */
export function addressKeeper() {
  let state = stateInAddress();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {AddressState} changes */
  return (changes) => {
    state = { ...state, ...changes };
    timer ??= setTimeout(() => {
      timer = undefined;
      history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(state))}`);
    }, ADDRESS_PAUSE);
  };
}
