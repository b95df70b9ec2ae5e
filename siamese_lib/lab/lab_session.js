// @ts-check
// A laboratory without a screen: trainings that branch off each other, driven step by step.

import { LabRun } from "./lab_run.js";
import { settingsAt, withSettings } from "./lab_state.js";

/** @typedef {import("./lab_state.js").LabState} LabState */

const CATCHING_UP = 8; // steps of a branch that is behind, for one of the current branch

export class LabSession {
  playing = false;
  current = 0; // the branch that is driven
  /** Another branch, which keeps up with it. @type {number | null} */
  paired = null;
  /** @type {LabRun[]} */
  branches;
  #data;
  #limits;

  /**
   * @param {import("./lab_samples.js").LabData} data
   * @param {LabState} state
   * @param {import("./lab_run.js").LabLimits} [limits]
   */
  constructor(data, state, limits) {
    this.#data = data;
    this.#limits = limits;
    this.branches = [new LabRun(data, state, limits)];
  }

  get run() {
    return this.#branch(this.current);
  }

  play() {
    this.playing = true;
  }

  pause() {
    this.playing = false;
  }

  /** One step of the current branch; its loss. A loss that is not a number pauses. */
  step() {
    const loss = this.run.advance();
    this.catchUp();
    if (!Number.isFinite(loss)) this.pause();
    return loss;
  }

  /** Train the paired branch some steps, if it is behind. */
  catchUp() {
    for (let step = 0; step < CATCHING_UP && this.behind; step++) {
      this.branches[/** @type {number} */ (this.paired)].advance();
    }
  }

  /** Whether the paired branch is. */
  get behind() {
    return this.paired !== null && this.#branch(this.paired).step < this.run.step;
  }

  /** @param {string} name @param {unknown} value from the next step on */
  change(name, value) {
    this.run.change(name, value);
  }

  /**
   * Begin the current branch again with the settings of now, and these others.
   * @param {Record<string, unknown>} settings by name
   */
  restart(settings) {
    const { state, step } = this.run;
    const begun = withSettings(settingsAt(state, step), { ...settings, changes: [] });
    this.branches[this.current] = new LabRun(this.#data, begun, this.#limits);
  }

  /**
   * What is remembered last of the current branch, up to a step.
   * @param {number} step
   */
  scrub(step) {
    return this.run.past(step);
  }

  /**
   * Begin a branch at a step of the current one, and go on with it.
   * @param {number} step
   * @returns {number} the number of the branch
   */
  branch(step) {
    const run = this.run.at(step);
    this.current = this.branches.push(run) - 1;
    return this.current;
  }

  /**
   * Begin another training beside the others, and go on with it.
   * @param {LabState} state
   */
  add(state) {
    this.current = this.branches.push(new LabRun(this.#data, state, this.#limits)) - 1;
  }

  /**
   * Go on with another branch.
   * @param {number} branch
   */
  choose(branch) {
    this.#branch(branch);
    this.current = branch;
  }

  /**
   * Let another branch keep up with the current one, or none.
   * @param {number | null} branch
   */
  pair(branch) {
    if (branch !== null) this.#branch(branch);
    this.paired = branch;
  }

  /**
   * Two branches at the last step, up to this one, that both remember.
   * @param {number} one
   * @param {number} other
   * @param {number} step
   */
  compare(one, other, step) {
    const runs = [one, other].map((branch) => this.#branch(branch));
    const at = runs[0].frames.stepBoth(runs[1].frames, step);
    return [one, other].map((branch, place) => {
      const settings = settingsAt(runs[place].state, Math.max(at - 1, 0));
      return { branch, settings, ...runs[place].past(at) };
    });
  }

  /** @param {number} branch */
  #branch(branch) {
    const run = this.branches[branch];
    if (run) return run;
    throw new RangeError(
      `branch is ${branch}; expected a whole number from 0 to ${this.branches.length - 1}.`,
    );
  }
}
