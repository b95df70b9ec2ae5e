// @ts-check
// A laboratory without a screen: trainings that branch off each other, driven step by step.

import { LabRun } from "./lab_run.js";
import { settingsAt } from "./lab_state.js";

/** @typedef {import("./lab_state.js").LabState} LabState */

export class LabSession {
  playing = false;
  current = 0; // the branch that is driven
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
    if (!Number.isFinite(loss)) this.pause();
    return loss;
  }

  /** @param {string} name @param {unknown} value from the next step on */
  change(name, value) {
    this.run.change(name, value);
  }

  /** Begin the current branch again from its start, with the same changes at the same steps. */
  again() {
    this.branches[this.current] = new LabRun(this.#data, this.run.state, this.#limits);
  }

  /**
   * What is remembered last of the current branch, up to a step.
   * @param {number} step
   */
  scrub(step) {
    const { step: at, kept } = this.run.frames.upTo(step);
    return { step: at, loss: this.run.losses[at - 1], ...kept };
  }

  /**
   * Begin a branch at a step of the current one, with other settings, and go on with it.
   * @param {number} step
   * @param {Record<string, unknown>} [settings] by name
   * @returns {number} the number of the branch
   */
  branch(step, settings = {}) {
    const run = this.run.at(step);
    for (const [name, value] of Object.entries(settings)) run.change(name, value);
    this.current = this.branches.push(run) - 1;
    return this.current;
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
   * Two branches at the same step.
   * @param {number} one
   * @param {number} other
   * @param {number} step
   */
  compare(one, other, step) {
    return [one, other].map((branch) => {
      const run = this.#branch(branch).at(step);
      const settings = settingsAt(run.state, step);
      return { branch, step, settings, loss: run.losses[step - 1], ...run.frame() };
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
