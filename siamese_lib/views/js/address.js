// @ts-check
// The state of a page in its address, so that whoever gets the address sees the same moment, also
// one of a film that plays by itself. Once such a film has ended, a reload plays it again.

/** @typedef {Record<string, any>} AddressState values that JSON can hold, by name */

const ADDRESS_PAUSE = 300; // milliseconds between changes: browsers allow only some

/**
 * Return what the page's address says, as far as it is known and of the kind of the page's own values.
 * @param {AddressState} own the state that the page has by itself
 * @returns {AddressState}
 */
export function stateInAddress(own) {
  const state = Object.entries(parsedAddress() ?? {});
  return Object.fromEntries(
    state.filter(([name, value]) => name in own && isAlike(value, own[name])),
  );
}

/** @returns {AddressState | null} null if it is another kind of address, or a damaged one */
function parsedAddress() {
  if (location.hash.length < 2) return {};
  try {
    const state = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return kindOf(state) === "object" ? state : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value */
const kindOf = (value) => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);

/**
 * Whether a value may stand for another: both are of one kind, or one says that there is none.
 * @param {unknown} value
 * @param {unknown} own
 */
const isAlike = (value, own) => own === null || value === null || kindOf(value) === kindOf(own);

/**
 * Return a function that keeps what it is given in the page's address. If the reader puts another
 * state there, the page opens again, as it would in a new window.
 */
export function addressKeeper() {
  const opened = parsedAddress() ?? {};
  let state = opened;
  let acted = false; // whether the reader has
  let ended = false; // whether the film has, by itself
  for (const event of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(event, () => (acted = true), { capture: true, once: true });
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let leaving = false; // whether the page opens again
  // What the page itself writes there is no such event.
  addEventListener("hashchange", () => {
    if (!parsedAddress()) return;
    leaving = true;
    location.reload();
  });
  /** @param {AddressState} changes */
  return (changes) => {
    state = { ...state, ...changes };
    ended ||= !acted && changes.playing === false;
    timer ??= setTimeout(() => {
      timer = undefined;
      if (leaving) return;
      const text = JSON.stringify(ended && !acted ? opened : state);
      history.replaceState(null, "", text === "{}" ? "#" : `#${encodeURIComponent(text)}`);
    }, ADDRESS_PAUSE);
  };
}
