// @ts-check
// The state of a laboratory: all that its training depends on, as one frozen value. The same state
// gives the same weights after as many steps, in Node and in a page.

/**
 * @typedef {{ step: number, name: string, value: any }} LabChange a setting that changes before
 *   this step
 * @typedef {object} LabState
 * @property {number} margin
 * @property {number} learning_rate
 * @property {number} similar share of similar pairs, of the loss "pairs"
 * @property {number} flipped share of images with a wrong label
 * @property {readonly number[] | null} classes that take part; null for all. One alone has similar
 *   pairs only.
 * @property {number} images how many are trained on, at most
 * @property {string} loss
 * @property {string} output of the tower; "unit" is the normalised one
 * @property {number} dim numbers of an embedding
 * @property {string} optimizer
 * @property {number} batch pairs of a step for the loss "pairs", images for the others
 * @property {number} seed
 * @property {boolean} turned whether similar pairs are called different and the other way round
 * @property {readonly LabChange[]} changes during the training, in the order of their steps
 */

/** @type {Readonly<LabState>} */
export const FIRST_LAB_STATE = Object.freeze({
  margin: 1,
  learning_rate: 0.003,
  similar: 0.5,
  flipped: 0,
  classes: null,
  images: 1000,
  loss: "pairs",
  output: "linear",
  dim: 2,
  optimizer: "adam",
  batch: 32,
  seed: 0,
  turned: false,
  changes: Object.freeze([]),
});

export const AT_START = ["images", "output", "dim", "seed"]; // what cannot change during a training
const TOGETHER = ["loss", "turned"]; // what is right only with each other

/** @typedef {{ allows: (value: any) => boolean, expected: string }} Rule */

/** @param {number} low @param {number} high @returns {Rule} */
const numberFrom = (low, high) => ({
  allows: (value) => typeof value === "number" && value >= low && value <= high,
  expected: `a number from ${low} to ${high}`,
});

/** @param {number} low @param {number} high @returns {Rule} */
const wholeFrom = (low, high) => ({
  allows: (value) => Number.isInteger(value) && value >= low && value <= high,
  expected: `a whole number from ${low} to ${high}`,
});

/** @param {string[]} names @returns {Rule} */
const oneOf = (...names) => ({
  allows: (value) => names.includes(value),
  expected: `one of ${names.join(", ")}`,
});

/** @type {Record<string, Rule>} */
const LAB_RULES = {
  margin: numberFrom(0.01, 100),
  learning_rate: numberFrom(0, 100),
  similar: numberFrom(0, 1),
  flipped: numberFrom(0, 0.5),
  classes: {
    allows: (value) =>
      value === null ||
      (Array.isArray(value) &&
        value.every(Number.isInteger) &&
        value.length > 0 &&
        new Set(value).size === value.length),
    expected: "null for all classes, or a list of one whole number or more, each once",
  },
  images: wholeFrom(4, 1e6),
  loss: oneOf("pairs", "every_pair", "triplet"),
  output: oneOf("linear", "sigmoid", "unit"),
  dim: wholeFrom(1, 3),
  optimizer: oneOf("sgd", "momentum", "adam"),
  batch: wholeFrom(2, 1024),
  seed: wholeFrom(0, 0xffffffff),
  turned: { allows: (value) => typeof value === "boolean", expected: "true or false" },
};

/**
 * A state with other settings from its start.
 * @param {LabState} state
 * @param {Record<string, any>} settings by name
 * @returns {LabState}
 */
export function withSettings(state, settings) {
  for (const [name, value] of Object.entries(settings)) {
    if (name !== "changes") checkSetting(name, value);
  }
  const { changes, ...others } = { ...state, ...settings };
  if (!Array.isArray(changes)) {
    throw new RangeError(`changes is ${JSON.stringify(changes)}; expected a list.`);
  }
  const { classes } = others;
  /** @type {LabState} */
  const begun = Object.freeze({
    ...others,
    classes: classes && Object.freeze([...classes]),
    changes: Object.freeze([]),
  });
  checkTogether(begun);
  return changes.reduce(withChange, begun);
}

/**
 * A state in which a setting changes before a step. It replaces the same setting's change there.
 * @param {LabState} state
 * @param {LabChange} change
 * @returns {LabState}
 */
export function withChange(state, change) {
  const { step, name, value } = Object(change);
  checkSetting(name, value);
  if (!(Number.isInteger(step) && step >= 0)) {
    throw new RangeError(`step is ${step}; expected a whole number, 0 or more.`);
  }
  if (AT_START.includes(name)) {
    throw new RangeError(`${name} cannot change during a training; set it, and start again.`);
  }
  const kept = Array.isArray(value) ? Object.freeze([...value]) : value;
  const changes = [
    ...state.changes.filter((each) => each.step !== step || each.name !== name),
    Object.freeze({ step, name, value: kept }),
  ].sort((one, other) => one.step - other.step);
  /** @type {LabState} */
  const changed = Object.freeze({ ...state, changes: Object.freeze(changes) });
  const joint = changes.filter((each) => TOGETHER.includes(each.name));
  if (TOGETHER.includes(name))
    joint.forEach((each) => checkTogether(settingsAt(changed, each.step)));
  return changed;
}

/**
 * The settings of a step, with all changes up to it.
 * @param {LabState} state
 * @param {number} step
 * @returns {LabState}
 */
export function settingsAt(state, step) {
  const due = state.changes.filter((change) => change.step <= step);
  return { ...state, ...Object.fromEntries(due.map(({ name, value }) => [name, value])) };
}

/**
 * The state without the changes after a step: where a branch begins.
 * @param {LabState} state
 * @param {number} step
 * @returns {LabState}
 */
export const stateUpTo = (state, step) =>
  withSettings(state, { changes: state.changes.filter((change) => change.step <= step) });

/**
 * A plain object, as JSON and Python's laboratory.state hold it.
 * @param {LabState} state
 * @returns {Record<string, any>}
 */
export const plainState = (state) => JSON.parse(JSON.stringify(state));

/**
 * The state that an address holds. What is of the wrong kind, out of range or unknown is left out,
 * so that no address breaks the page.
 * @param {unknown} found in the address
 * @returns {LabState}
 */
export function stateFromAddress(found) {
  const { changes, ...settings } = Object(found);
  /** @type {LabState} */
  let state = FIRST_LAB_STATE;
  // The second time for what is right only with a later one: "unit" before its dimensions.
  for (const [name, value] of [...Object.entries(settings), ...Object.entries(settings)]) {
    state = orSame(state, () => withSettings(state, { [name]: value }));
  }
  if (!Array.isArray(changes)) return state;
  for (const change of changes) state = orSame(state, () => withChange(state, change));
  return state;
}

/** @param {LabState} state @param {() => LabState} change */
function orSame(state, change) {
  try {
    return change();
  } catch (error) {
    if (error instanceof RangeError) return state;
    throw error;
  }
}

/** @param {string} name @param {unknown} value */
function checkSetting(name, value) {
  if (!Object.hasOwn(LAB_RULES, name)) {
    throw new RangeError(
      `${name} is no setting; expected one of ${Object.keys(LAB_RULES).join(", ")}.`,
    );
  }
  if (LAB_RULES[name].allows(value)) return;
  const given = typeof value === "number" ? value : JSON.stringify(value);
  throw new RangeError(`${name} is ${given}; expected ${LAB_RULES[name].expected}.`);
}

/** @param {LabState} state */
function checkTogether({ output, dim, loss, turned }) {
  if (output === "unit" && dim < 2) {
    throw new RangeError(`output is unit and dim is ${dim}; expected 2 or 3 for a circle or ball.`);
  }
  if (turned && loss !== "pairs") {
    throw new RangeError(`turned is true and loss is ${loss}; expected the loss pairs.`);
  }
}
