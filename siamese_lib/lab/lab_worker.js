// @ts-check
// A laboratory in a worker. `answer` takes a message, and `post` is given those that go back.
//
//   in                                 what it does                          what goes back
//   { type: "state", state, data? }    begin; `data` at least the first time  started, frame
//   { type: "play", until? }           train on and on, or until a step       frame, again and again
//   { type: "pause" }                  stop                                   frame
//   { type: "step" }                   pause, and train one step              frame
//   { type: "again" }                  pause, and begin again                 frame
//   { type: "again", settings }        begin again with the settings of now   started, frame
//                                      and these
//   { type: "change", name, value }    a setting, from the next step on       changed
//   { type: "scrub", step }            pause, and show the past               past
//   { type: "branch", step, settings } pause, and begin a branch there        branched, frame
//   { type: "add", state }             pause, and begin another training      started, frame
//   { type: "choose", branch }         pause, and go on with another branch   frame
//   { type: "pair", other }            let a branch keep up, or null for none frame
//   { type: "compare", one, other, step } show both branches                  compared
//
//   { type: "started" | "changed" | "branched", branch, state }
//   { type: "frame", branch, step, playing, losses, points, precision, verdict }  `losses` are the
//     new ones since the last frame of this branch, up to `step`
//   { type: "past", branch, step, loss, points, precision, verdict }
//   { type: "compared", branches }     as LabSession.compare returns, each with its new losses
//   { type: "error", text }            what was wrong with a message; it may have paused

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

  /** @param {LabDriver} driver */
  constructor(driver) {
    this.#driver = driver;
  }

  /** @param {LabMessage} message */
  answer(message) {
    try {
      this.#act(message);
    } catch (error) {
      this.#driver.post({ type: "error", text: String(Object(error).message ?? error) });
    }
  }

  /** @param {LabMessage} message */
  #act(message) {
    if (message.type === "state") return this.#begin(message);
    const session = this.#session;
    if (!session) throw new RangeError(`${message.type} came before state; expected state first.`);
    if (!Object.hasOwn(LAB_ACTS, message.type)) {
      throw new RangeError(
        `type is ${message.type}; expected one of state, ${Object.keys(LAB_ACTS).join(", ")}.`,
      );
    }
    if (message.type === "change") {
      session.change(message.name, message.value);
      return this.#tell("changed");
    }
    if (message.type === "again" && message.settings) return this.#restart(session, message);
    if (message.type === "play") this.#until = message.until ?? Infinity;
    else if (!["pair", "compare"].includes(message.type)) session.pause();
    if (message.type === "compare") return this.#compare(session, message);
    const reply = LAB_ACTS[message.type](session, message);
    if (reply) return this.#driver.post(reply);
    if (message.type === "again") this.#sent[session.current] = 0;
    if (message.type === "add") this.#tell("started");
    if (message.type === "branch") this.#tell("branched");
    this.#postFrame();
    this.#goOn();
  }

  /** @param {LabMessage} message */
  #begin({ state, data = this.#data }) {
    if (!data) throw new RangeError("data is missing; expected images with the first state.");
    this.#session = new LabSession(data, withSettings(FIRST_LAB_STATE, Object(state)));
    [this.#data, this.#sent] = [data, []];
    this.#tell("started");
    this.#postFrame();
  }

  /** @param {LabSession} session @param {LabMessage} message */
  #restart(session, { settings }) {
    session.restart(settings);
    this.#sent[session.current] = 0;
    this.#tell("started");
    this.#postFrame();
  }

  /** Train for a slice if the laboratory plays, and again after the messages that wait. */
  #goOn() {
    if (this.#waiting || !this.#session?.playing) return;
    this.#waiting = true;
    this.#driver.later(() => {
      this.#waiting = false;
      const session = this.#session;
      if (!session?.playing) return;
      const begin = this.#driver.now();
      do {
        if (session.run.step >= this.#until) session.pause();
        else session.step();
      } while (session.playing && this.#driver.now() - begin < SLICE);
      if (!session.playing || this.#driver.now() - this.#posted >= FRAME_TIME) this.#postFrame();
      this.#goOn();
    });
  }

  /** @param {string} type */
  #tell(type) {
    const { current, run } = /** @type {LabSession} */ (this.#session);
    this.#driver.post({ type, branch: current, state: plainState(run.state) });
  }

  /** @param {LabSession} session @param {LabMessage} message */
  #compare(session, { one, other, step }) {
    const branches = session
      .compare(one, other, step)
      .map((each) => ({ ...each, losses: this.#unsent(each.branch) }));
    this.#driver.post({ type: "compared", branches });
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
    const losses = this.#unsent(branch);
    this.#posted = this.#driver.now();
    const frame = run.frame();
    const [{ step }, verdict] = [run, run.verdict(frame)];
    this.#driver.post({ type: "frame", branch, step, playing, losses, ...frame, verdict });
  }
}

/**
 * What messages do; those that return a message have no frame.
 * @type {Record<string, (session: LabSession, message: LabMessage) => LabMessage | void>}
 */
const LAB_ACTS = {
  play: (session) => session.play(),
  pause: (session) => session.pause(),
  step: (session) => void session.step(),
  again: (session) => session.again(),
  change: () => {}, // does not pause
  scrub: (session, { step }) => ({
    type: "past",
    branch: session.current,
    ...session.scrub(step),
  }),
  branch: (session, { step, settings }) => void session.branch(step, settings),
  add: (session, { state }) => session.add(withSettings(FIRST_LAB_STATE, Object(state))),
  choose: (session, { branch }) => session.choose(branch),
  pair: (session, { other }) => session.pair(other),
  compare: () => {}, // has an answer of its own
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
