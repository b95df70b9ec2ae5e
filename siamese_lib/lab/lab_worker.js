// @ts-check
// A laboratory in a worker. `answer` takes a message, and `post` is given those that go back.
//
//   in                                 what it does                          what goes back
//   { type: "state", state, session?, data? }  begin; `data` at least the     started, frame
//                                      first time
//   { type: "play", until? }           train on and on, or until a step       frame, again and again
//   { type: "pause" }                  stop                                   frame
//   { type: "step" }                   pause, and train one step              frame
//   { type: "again", settings? }       begin again with the settings of now   started, frame
//                                      and these
//   { type: "change", name, value }    a setting, from the next step on       changed
//   { type: "branch", step }           pause, and begin a branch there        branched, frame
//   { type: "add", state }             pause, and begin another training      started, frame
//   { type: "choose", branch }         pause, and go on with another branch   frame
//   { type: "pair", other }            let a branch catch up and keep up,     frame
//                                      or null for none
//   { type: "scrub", step }            show the past                          past
//   { type: "compare", one, other, step } show both branches                  compared
//
//   { type: "started" | "changed" | "branched", branch, step, state }
//   { type: "frame", act, branch, step, playing, losses, loss, points, precision, neighbors, verdict }
//     `losses` are the new ones since the last frame of this branch, up to `step`
//   { type: "past", branch, step, loss, points, precision, neighbors, verdict }
//   { type: "compared", branches }     as LabSession.compare returns, each with its new losses and
//                                      how many `steps` it has
//   { type: "error", text }            what was wrong with a message; it may have paused
//
// Each answer has the `session` that the last "state" has named, and a frame the last `act` that a
// message has named.

import { LabSession } from "./lab_session.js";
import { FIRST_LAB_STATE, plainState, withSettings } from "./lab_state.js";

/** @typedef {Record<string, any>} LabMessage */

const FRAME_TIME = 34; // milliseconds between frames: some 30 a second
const SLICE = 15; // milliseconds of training, between which messages are heard

/**
 * What drives a laboratory: the clock and the pauses of a worker, or those of a test.
 * @typedef {object} LabDriver
 * @property {(message: LabMessage) => void} post
 * @property {() => number} now in milliseconds
 * @property {(act: () => void) => void} later runs `act` after the messages that wait
 */

export class LabWorker {
  #driver;
  /** @type {LabSession | undefined} */
  #session;
  /** @type {import("./lab_samples.js").LabData | undefined} */
  #data;
  #posted = -Infinity; // when the last frame was
  /** @type {number[]} */
  #sent = []; // of each branch, how many losses were posted
  #waiting = false; // whether a slice is about to come
  #until = Infinity; // the step at which to pause
  #number = 0; // of the session, as the page counts them
  #last = 0; // act

  /** @param {LabDriver} driver */
  constructor(driver) {
    this.#driver = driver;
  }

  /** @param {LabMessage} message */
  answer(message) {
    try {
      this.#act(message);
    } catch (error) {
      this.#post({ type: "error", text: String(Object(error).message ?? error) });
    }
  }

  /** @param {LabMessage} message */
  #post(message) {
    this.#driver.post({ ...message, session: this.#number });
  }

  /** @param {LabMessage} message */
  #act(message) {
    const { type } = message;
    this.#last = message.act ?? this.#last;
    if (type === "state") return this.#begin(message);
    const session = this.#session;
    if (!session) throw new RangeError(`${type} came before state; expected state first.`);
    if (type === "scrub") {
      const past = session.scrub(message.step);
      return this.#post({ type: "past", branch: session.current, ...past });
    }
    if (type === "compare") return this.#compare(session, message);
    if (!Object.hasOwn(LAB_ACTS, type)) {
      throw new RangeError(
        `type is ${type}; expected one of state, scrub, compare, ${Object.keys(LAB_ACTS).join(", ")}.`,
      );
    }
    if (type === "play") this.#until = message.until ?? Infinity;
    if (PAUSING.includes(type)) session.pause();
    LAB_ACTS[type](session, message);
    if (type === "again") this.#sent[session.current] = 0;
    if (Object.hasOwn(TOLD, type)) this.#tell(TOLD[type]);
    if (type !== "change") this.#postFrame();
    this.#goOn();
  }

  /** @param {LabMessage} message */
  #begin({ state, session = 0, data = this.#data }) {
    this.#number = session;
    if (!data) throw new RangeError("data is missing; expected images with the first state.");
    this.#session = new LabSession(data, withSettings(FIRST_LAB_STATE, Object(state)));
    [this.#data, this.#sent] = [data, []];
    this.#tell("started");
    this.#postFrame();
  }

  /** Train for a slice if there is something to train, and again after the messages that wait. */
  #goOn() {
    if (this.#waiting || !(this.#session?.playing || this.#session?.behind)) return;
    this.#waiting = true;
    this.#driver.later(() => {
      this.#waiting = false;
      const session = this.#session;
      if (!session?.playing && !session?.behind) return;
      const begin = this.#driver.now();
      let busy = true;
      while (busy && this.#driver.now() - begin < SLICE) busy = this.#train(session);
      if (!busy || this.#driver.now() - this.#posted >= FRAME_TIME) this.#postFrame();
      this.#goOn();
    });
  }

  /**
   * Train a little.
   * @param {LabSession} session
   * @returns {boolean} whether there is more to do
   */
  #train(session) {
    if (session.playing && session.run.step >= this.#until) session.pause();
    if (session.playing) session.step();
    else session.catchUp();
    return session.playing || session.behind;
  }

  /** @param {string} type */
  #tell(type) {
    const { current, run } = /** @type {LabSession} */ (this.#session);
    this.#post({ type, branch: current, step: run.step, state: plainState(run.state) });
  }

  /** @param {LabSession} session @param {LabMessage} message */
  #compare(session, { one, other, step }) {
    const branches = session.compare(one, other, step).map((each) => ({
      ...each,
      losses: this.#unsent(each.branch),
      steps: session.branches[each.branch].step,
    }));
    this.#post({ type: "compared", branches });
  }

  /** The losses of a branch that were not posted yet. @param {number} branch */
  #unsent(branch) {
    const run = /** @type {LabSession} */ (this.#session).branches[branch];
    const losses = run.losses.slice(this.#sent[branch] ?? 0);
    this.#sent[branch] = run.step;
    return losses;
  }

  #postFrame() {
    const { current: branch, run, playing } = /** @type {LabSession} */ (this.#session);
    const [act, losses] = [this.#last, this.#unsent(branch)];
    this.#posted = this.#driver.now();
    this.#post({ type: "frame", act, branch, playing, losses, ...run.now() });
  }
}

const PAUSING = ["pause", "step", "branch", "add", "choose"];
/** What is told of the settings after these messages. @type {Record<string, string>} */
const TOLD = { change: "changed", again: "started", add: "started", branch: "branched" };

/** @type {Record<string, (session: LabSession, message: LabMessage) => void>} */
const LAB_ACTS = {
  play: (session) => session.play(),
  pause: () => {},
  step: (session) => void session.step(),
  again: (session, { settings }) => session.restart(settings ?? {}),
  change: (session, { name, value }) => session.change(name, value),
  branch: (session, { step }) => void session.branch(step),
  add: (session, { state }) => session.add(withSettings(FIRST_LAB_STATE, Object(state))),
  choose: (session, { branch }) => session.choose(branch),
  pair: (session, { other }) => session.pair(other),
};

/** Be the laboratory of this worker: call it once, in the worker's script. */
export function serveLab() {
  // A message to itself comes after those that wait; a timer would be held back to 4 ms.
  const { port1, port2 } = new MessageChannel();
  /** @type {(() => void)[]} */
  const acts = [];
  port1.onmessage = () => acts.shift()?.();
  const lab = new LabWorker({
    post: (message) => self.postMessage(message),
    now: () => performance.now(),
    later: (act) => {
      acts.push(act);
      port2.postMessage(0);
    },
  });
  self.onmessage = ({ data }) => lab.answer(data);
}
