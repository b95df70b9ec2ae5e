// @ts-check
// One training of a laboratory, which remembers its past.

import { gathered, LabBatches } from "./lab_batches.js";
import { LabMemory } from "./lab_memory.js";
import { precisionAt } from "./lab_precision.js";
import { labSamples, takingPart } from "./lab_samples.js";
import { settingsAt, stateUpTo, withChange, withSettings } from "./lab_state.js";
import { labDistances, labVerdict } from "./lab_verdict.js";
import { SmallTower } from "./small_tower.js";

/**
 * @typedef {import("./lab_state.js").LabState} LabState
 * @typedef {{ points: Float32Array, precision: number, neighbors: number }} LabFrame embeddings of the
 *   shown images, and the share of right ones among so many nearest
 * @typedef {{ tower: ReturnType<SmallTower["kept"]>, batches: ReturnType<LabBatches["kept"]>,
 *   classes: LabState["classes"], flipped: number }} LabMoment all that the next step depends on
 * @typedef {{ weights: Float32Array[], classes: LabState["classes"] }} LabGlimpse what a frame of
 *   the past is made of, when it is asked for
 * @typedef {{ frames?: number, moments?: number }} LabLimits how many are remembered
 */

const NEIGHBORS = 7;
const MOMENTUM = 0.9;
const RECENT = 20; // steps whose mean loss is judged

export class LabRun {
  /** @type {LabState} */
  state;
  step = 0;
  /** @type {number[]} */
  losses = []; // of each step
  /** @type {LabMemory<LabGlimpse>} */
  frames;
  /** @type {LabMemory<LabMoment>} */
  moments;
  #data;
  #size;
  #tower;
  #batches;
  #samples;
  /** @type {Pick<LabState, "classes" | "flipped">} */
  #drawnFor;

  /**
   * @param {import("./lab_samples.js").LabData} data
   * @param {LabState} state
   * @param {LabLimits} [limits]
   */
  constructor(data, state, { frames = 400, moments = 64 } = {}) {
    const { shape } = data;
    this.#data = data;
    this.#size = shape[0] * shape[1] * shape[2];
    this.state = state;
    this.#tower = new SmallTower(shape, state.dim, { output: state.output, seed: state.seed });
    this.#drawnFor = settingsAt(state, 0);
    this.#samples = labSamples(data, { ...state, ...this.#drawnFor });
    this.#batches = new LabBatches(this.#samples.labels, state.seed);
    this.frames = new LabMemory(frames);
    this.moments = new LabMemory(moments);
    this.#remember();
  }

  /** Train one step, and return its loss. */
  advance() {
    const settings = settingsAt(this.state, this.step);
    const { classes, flipped } = this.#drawnFor;
    if (String(settings.classes) !== String(classes) || settings.flipped !== flipped) {
      this.#draw(settings, this.state.seed + this.step);
    }
    const { images, targets } = this.#batch(settings);
    const loss = this.#tower.step(images, targets, stepSettings(settings));
    this.losses.push(loss);
    this.step++;
    this.#remember();
    return loss;
  }

  /** @param {string} name @param {unknown} value of a setting, from the next step on */
  change(name, value) {
    const { state, step } = this;
    const past = stateUpTo(state, step); // what was to change later does not any more
    const begun = step === 0 && !past.changes.length;
    const changed = begun
      ? withSettings(past, { [name]: value })
      : withChange(past, { step, name, value });
    labSamplesCheck(this.#data, settingsAt(changed, this.step));
    this.state = changed;
  }

  /**
   * What is remembered last, up to a step: where the shown images lie, and how good that is.
   * @param {number} step
   */
  past(step) {
    const { step: at, kept } = this.frames.upTo(step);
    return this.#seen(at, this.frame(kept));
  }

  /** The same of the last step. */
  now() {
    return this.#seen(this.step, this.frame());
  }

  /** @param {number} step @param {LabFrame} frame of that step */
  #seen(step, frame) {
    return { step, loss: this.losses[step - 1], ...frame, verdict: this.verdict(frame, step) };
  }

  /**
   * The embeddings of the shown images, and their precision.
   * @param {LabGlimpse} [glimpse] of the past, instead of now
   * @returns {LabFrame}
   */
  frame(glimpse) {
    const { images, labels } = this.#data.shown;
    const { dim } = this.state;
    const points = glimpse
      ? this.#tower.embedWith(glimpse.weights, images)
      : this.#tower.embed(images);
    const { classes } = glimpse ?? this.#drawnFor;
    const part = takingPart(points, dim, labels, classes);
    // The first half asks, the second answers: no image finds itself.
    const half = Math.floor(part.labels.length / 2);
    const all = Array.from(part.labels);
    const [asked, kept] = [part.points.subarray(0, half * dim), part.points.subarray(half * dim)];
    const queries = { points: asked, labels: all.slice(0, half) };
    const gallery = { points: kept, labels: all.slice(half) };
    const neighbors = neighborsOf(gallery.labels);
    const measurable = half > 0 && points.every(Number.isFinite);
    const precision = measurable ? precisionAt(neighbors, queries, gallery) : NaN;
    return { points, precision, neighbors };
  }

  /**
   * A sentence about the training.
   * @param {LabFrame} [frame] the one to judge
   * @param {number} [step] when it was
   */
  verdict(frame = this.frame(), step = this.step) {
    if (step === 0) return { name: "new", text: "Not trained yet." };
    const settings = settingsAt(this.state, step - 1);
    const { margin, loss: kind, similar, turned } = settings;
    const recent = this.losses.slice(Math.max(0, step - RECENT), step);
    const loss = recent.reduce((sum, each) => sum + each) / recent.length;
    const share = turned ? 1 - similar : similar;
    const { dim } = this.state;
    const part = takingPart(frame.points, dim, this.#data.shown.labels, settings.classes);
    const distances = labDistances(part.points, dim, part.labels, margin);
    return labVerdict({ loss, margin, kind, share, ...distances });
  }

  weights() {
    return this.#tower.weights();
  }

  /**
   * The same training at an earlier step, which is computed from the moment before it. Changes after
   * that step are left out.
   * @param {number} step
   */
  at(step) {
    if (!(Number.isInteger(step) && step >= 0 && step <= this.step)) {
      throw new RangeError(`step is ${step}; expected a whole number from 0 to ${this.step}.`);
    }
    const found = this.moments.upTo(step);
    const { tower, batches, ...drawnFor } = found.kept;
    const run = new LabRun(this.#data, stateUpTo(this.state, step));
    run.#draw(drawnFor, 0);
    run.#batches.restore(batches);
    run.#tower.restore(tower);
    run.step = found.step;
    run.losses = this.losses.slice(0, found.step);
    run.frames = this.frames.copyUpTo(found.step);
    run.moments = this.moments.copyUpTo(found.step);
    while (run.step < step) run.advance();
    return run;
  }

  /** @param {Pick<LabState, "classes" | "flipped">} settings @param {number} seed */
  #draw({ classes, flipped }, seed) {
    this.#drawnFor = { classes, flipped };
    this.#samples = labSamples(this.#data, { ...this.state, classes, flipped });
    this.#batches = new LabBatches(this.#samples.labels, seed >>> 0);
  }

  /** @param {LabState} settings */
  #batch({ loss, batch, similar, turned }) {
    const { images, labels } = this.#samples;
    const { images: wanted, targets } =
      loss === "pairs" ? this.#pairs(batch, similar, turned) : this.#balanced(batch, labels);
    const numbers = wanted.map((at) => images[at]);
    return { images: gathered(this.#data.images, this.#size, numbers), targets };
  }

  /** @param {number} count @param {number} similar @param {boolean} turned */
  #pairs(count, similar, turned) {
    const { images, same } = this.#batches.pairs(count, similar);
    return { images, targets: Array.from(same, (one) => (turned ? 1 - one : one)) };
  }

  /** @param {number} count @param {number[]} labels */
  #balanced(count, labels) {
    const images = this.#batches.balanced(count);
    return { images, targets: Array.from(images, (at) => labels[at]) };
  }

  #remember() {
    this.frames.note(this.step, () => ({
      weights: this.#tower.weights(),
      classes: this.#drawnFor.classes,
    }));
    this.moments.note(this.step, () => ({
      tower: this.#tower.kept(),
      batches: this.#batches.kept(),
      classes: this.#drawnFor.classes,
      flipped: this.#drawnFor.flipped,
    }));
  }
}

/**
 * How many neighbours can all be right: as many images as the smallest class has, at most 7.
 * @param {number[]} labels of the gallery
 */
function neighborsOf(labels) {
  /** @type {Map<number, number>} */
  const sizes = new Map();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return Math.min(NEIGHBORS, ...sizes.values());
}

/**
 * What a step of the tower needs.
 * @param {LabState} settings
 */
function stepSettings({ loss, margin, optimizer, learning_rate: learningRate }) {
  const momentum = optimizer === "momentum" ? MOMENTUM : 0;
  return {
    loss,
    margin,
    learningRate,
    hardest: false, // with the hardest triplets alone, a tower as small as this collapses
    optimizer: optimizer === "adam" ? "adam" : "sgd",
    momentum,
  };
}

/**
 * Refuse settings that leave too few images, before they are a part of the state.
 * @param {import("./lab_samples.js").LabData} data
 * @param {LabState} settings
 */
const labSamplesCheck = (data, settings) => new LabBatches(labSamples(data, settings).labels, 0);
