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
 * @property {number[]} losses
 * @property {[step: number, precision: number][]} precisions
 * @property {LabShown | null} newest
 */

/**
 * @typedef {object} LabHearer
 * @property {(branch: LabBranch) => void} frame called with the branch that is driven
 * @property {() => void} settings called when the settings are others
 * @property {(shown: LabShown[]) => void} past called with one branch's past, or with two branches
 * @property {(text: string) => void} error
 */

export class LabClient {
  /** @type {LabBranch[]} */
  branches = [];
  current = 0;
  playing = false;
  session = 0; // how often it was begun; answers to earlier ones are left out
  #worker;
  #hearer;
  /** A question about the past, while an earlier one is answered. @type {LabMessage | null} */
  #next = null;
  #asking = false;

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
    this.playing = false;
    this.session++;
    this.forget();
    this.#asking = false;
    const { session } = this;
    this.send({ type: "state", state, session, ...(data ? { data } : {}) });
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
    const before = type === "branched" ? this.branch.precisions.filter(([at]) => at <= step) : [];
    this.current = branch;
    if (type === "changed") this.branch.state = state;
    else {
      this.branches[branch] = { state, step: 0, losses: [], precisions: before, newest: null };
    }
    this.#hearer.settings();
  }

  /** @param {LabMessage} message */
  #frame({ branch: number, step, playing, losses, points, precision, neighbors, verdict }) {
    this.current = number;
    this.playing = playing;
    const { branch } = this;
    addLosses(branch, losses, step);
    notePrecision(branch, step, precision);
    const loss = branch.losses[step - 1];
    branch.newest = { branch: number, step, points, precision, neighbors, verdict, loss };
    this.#hearer.frame(branch);
  }

  /** @param {(LabShown & { losses: number[] })[]} shown */
  #compared(shown) {
    for (const { branch, losses, step, precision } of shown) {
      const known = this.branches[branch];
      notePrecision(known, step, precision);
      addLosses(known, losses, known.losses.length + losses.length);
    }
    this.#answered(shown);
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

/** @param {LabBranch} branch @param {number[]} losses @param {number} step */
function addLosses(branch, losses, step) {
  for (const loss of losses) branch.losses.push(loss);
  branch.step = step;
}

/**
 * Keep a measured precision, in the order of the steps.
 * @param {LabBranch} branch
 * @param {number} step
 * @param {number} precision
 */
function notePrecision({ precisions }, step, precision) {
  let place = precisions.length;
  while (place && precisions[place - 1][0] >= step) place--;
  const known = precisions[place]?.[0] === step;
  precisions.splice(place, Number(known), [step, precision]);
}
