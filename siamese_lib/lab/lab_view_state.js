// @ts-check
// The state of a laboratory's screen, made right: an address may hold anything.

/** @import { LabState } from "./lab_state.js" */

import { FIRST_LAB_STATE, stateFromAddress, withSettings } from "./lab_state.js";

/**
 * @typedef {LabState & LabViewing} LabViewState described in laboratory.py
 * @typedef {object} LabViewing
 * @property {number} step
 * @property {boolean} playing
 * @property {number | null} at
 * @property {LabState | null} other
 * @property {boolean} forces
 * @property {boolean} pictures
 */

export const LAB_SETTINGS = Object.keys(FIRST_LAB_STATE);

/**
 * What the training depends on.
 * @param {Record<string, any>} state
 * @returns {Record<string, any>}
 */
export const labSettingsOf = (state) =>
  Object.fromEntries(LAB_SETTINGS.map((name) => [name, state[name]]));

/**
 * A state of which all can be shown. What cannot is as in the first state, or left out.
 * @param {Record<string, any>} found
 * @param {number} most images that there are
 * @param {number} classes that there are
 * @returns {LabViewState}
 */
export function rightLabState(found, most, classes) {
  /** @param {Record<string, any>} state */
  const settings = (state) => withinData(stateFromAddress(labSettingsOf(state)), most, classes);
  const step = isStep(found.step) ? found.step : 0;
  const at = isStep(found.at) && found.at < step ? found.at : null;
  const { other } = found;
  return {
    ...settings(found),
    step,
    at,
    other: other && typeof other === "object" ? settings({ ...FIRST_LAB_STATE, ...other }) : null,
    playing: found.playing === true,
    forces: found.forces === true,
    pictures: found.pictures !== false,
  };
}

/** @param {unknown} step */
const isStep = (step) => Number.isInteger(step) && Number(step) >= 0;

/**
 * @param {LabState} state
 * @param {number} most
 * @param {number} classes
 */
function withinData(state, most, classes) {
  /** @param {readonly number[] | null} some */
  const known = (some) => some === null || some.every((each) => each >= 0 && each < classes);
  const changes = state.changes.filter(({ name, value }) => name !== "classes" || known(value));
  const part = known(state.classes) ? state.classes : null;
  return withSettings(state, { images: Math.min(state.images, most), classes: part, changes });
}
