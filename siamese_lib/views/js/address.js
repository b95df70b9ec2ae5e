// @ts-check
// The state of a page in its address, so that whoever gets the address sees the same moment, also
// one of a film that plays by itself. Once such a film has ended, a reload plays it again.

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
  const opened = stateInAddress();
  let state = opened;
  let acted = false; // whether the reader has
  let ended = false; // whether the film has, by itself
  for (const event of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(event, () => (acted = true), { capture: true, once: true });
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {AddressState} changes */
  return (changes) => {
    state = { ...state, ...changes };
    ended ||= !acted && changes.playing === false;
    timer ??= setTimeout(() => {
      timer = undefined;
      const text = JSON.stringify(ended && !acted ? opened : state);
      history.replaceState(null, "", text === "{}" ? "#" : `#${encodeURIComponent(text)}`);
    }, ADDRESS_PAUSE);
  };
}
