// @ts-check
// The page's side of a laboratory: what the worker has said of each branch.

/** @import { LabState } from "./lab_state.js" */
/** @import { LabMessage } from "./lab_worker.js" */

/**
 * @typedef {object} LabShown what is on a map
 * @property {number} branch
 * @property {number} step
 * @property {Float32Array} points
 * @property {number} precision
 * @property {number} neighbors of which it is the precision
 * @property {number | undefined} loss of the step before
 * @property {{ name: string, text: string }} verdict
 */

/**
 * @typedef {object} LabBranch
 * @property {LabState} state
 * @property {number} step
 * @property {LabSeries} losses
 * @property {LabSeries} precisions
 * @property {LabShown | null} newest
 */

/**
 * @typedef {object} LabHearer
 * @property {(branch: LabBranch) => void} frame called with the branch that is driven
 * @property {() => void} settings called when the settings are others
 * @property {(shown: LabShown[]) => void} past called with one branch's past, or with two branches
 * @property {(text: string) => void} error
 */

import { LabSeries } from "./lab_series.js";

export class LabClient {
  /** @type {LabBranch[]} */
  branches = [];
  current = 0;
  playing = false; // by the reader's last word, or what came of it
  session = 0; // how often it was begun; answers to earlier ones are left out
  #worker;
  #hearer;
  /** A question about the past, while an earlier one is answered. @type {LabMessage | null} */
  #next = null;
  #asking = false;
  #acts = 0; // how often it was told to train or to pause; answers to earlier ones say nothing

  /**
   * @param {string} code of the worker
   * @param {LabHearer} hearer
   */
  constructor(code, hearer) {
    this.#hearer = hearer;
    const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    this.#worker = new Worker(address);
    URL.revokeObjectURL(address);
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      hearer.error(`The laboratory cannot train here: ${event.message || "its worker failed"}.`);
    };
  }

  get branch() {
    return this.branches[this.current];
  }

  /**
   * Begin anew.
   * @param {Record<string, unknown>} state
   * @param {import("./lab_samples.js").LabData} [data] the first time
   */
  begin(state, data) {
    this.branches = [];
    this.current = 0;
    this.session++;
    this.forget();
    this.#asking = false;
    const { session } = this;
    this.drive({ type: "state", state, session, ...(data ? { data } : {}) }, false);
  }

  /** Do not ask any more what waits for an earlier answer. */
  forget() {
    this.#next = null;
  }

  /** @param {LabMessage} message */
  send(message) {
    this.#worker.postMessage(message);
  }

  /**
   * Tell the worker something that makes it train or pause.
   * @param {LabMessage} message
   * @param {boolean} playing whether it trains on
   */
  drive(message, playing) {
    this.playing = playing;
    this.send({ ...message, act: ++this.#acts });
  }

  /**
   * Ask about the past. Of questions that come faster than their answers, the last one counts.
   * @param {LabMessage} message
   */
  ask(message) {
    if (this.#asking) {
      this.#next = message;
      return;
    }
    this.#asking = true;
    this.send(message);
  }

  end() {
    this.#worker.terminate();
  }

  /** @param {LabMessage} message */
  #hear(message) {
    if (message.session !== this.session) return;
    if (message.type === "frame") this.#frame(message);
    else if (message.type === "error") this.#failed(message.text);
    else if (message.type === "past") this.#answered([/** @type {LabShown} */ (message)]);
    else if (message.type === "compared") this.#compared(message.branches);
    else this.#began(message);
  }

  /** @param {LabMessage} message */
  #began({ type, branch, step, state }) {
    if (type === "changed") this.branch.state = state;
    else {
      const precisions = type === "branched" ? this.branch.precisions.upTo(step) : new LabSeries();
      this.branches[branch] = { state, step, losses: new LabSeries(), precisions, newest: null };
    }
    this.current = branch;
    this.#hearer.settings();
  }

  /** @param {LabMessage} message */
  #frame({ act, playing, losses, ...newest }) {
    this.current = newest.branch;
    if (act === this.#acts) this.playing = playing;
    this.#add(newest.branch, losses, newest.step, newest.precision);
    this.branch.step = newest.step;
    this.branch.newest = /** @type {LabShown} */ (newest);
    this.#hearer.frame(this.branch);
  }

  /** @param {(LabShown & { losses: number[], steps: number })[]} shown */
  #compared(shown) {
    for (const { branch, losses, steps, step, precision } of shown) {
      this.#add(branch, losses, step, precision);
      this.branches[branch].step = steps;
    }
    this.#answered(shown);
  }

  /**
   * @param {number} number of the branch
   * @param {number[]} losses of its last steps, that are new
   * @param {number} step
   * @param {number} precision of this step
   */
  #add(number, losses, step, precision) {
    const branch = this.branches[number];
    for (const loss of losses) branch.losses.add(branch.losses.last + 1, loss);
    branch.precisions.add(step, precision);
  }

  /** @param {LabShown[]} shown */
  #answered(shown) {
    this.#hearer.past(shown);
    this.#askNext();
  }

  /** @param {string} text */
  #failed(text) {
    this.#hearer.error(text);
    this.#askNext();
  }

  #askNext() {
    const next = this.#next;
    [this.#next, this.#asking] = [null, false];
    if (next) this.ask(next);
  }
}
