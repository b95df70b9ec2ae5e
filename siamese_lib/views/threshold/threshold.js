// @ts-check
// A threshold on distances that can be dragged: the widget, whose kernel counts, and `mount` for any
// element of any page, which counts by itself.

/** @import { MountOptions, Mounted, StateValues } from "../js/stateful.js" */
/** @import { Model } from "../js/widget_model.js" */
/** @import { PackedPairs } from "./judged_pairs.js" */
/** @import { State } from "./threshold_charts.js" */

import { Pictures } from "../js/pictures.js";
import { follow, save, valuesOf } from "../js/widget_model.js";
import { JudgedPairs } from "./judged_pairs.js";
import { ThresholdView } from "./threshold_charts.js";

const TRAITS = {
  chart: "_chart",
  counts: "_counts",
  mistakes: "_mistakes",
  threshold: "threshold",
  order: "order",
};

/**
 * Draw what Python's `ThresholdExplorer.payload()` returns.
 * @param {HTMLElement} element
 * @param {PackedPairs} payload
 * @param {MountOptions} options
 * @returns {Mounted}
 */
export function mount(element, payload, { state, onChange }) {
  const pairs = new JudgedPairs(payload);
  const own = { threshold: state.threshold, order: state.order };
  if (!(own.threshold >= 0 && own.threshold <= payload.chart.limit)) {
    throw new RangeError(`threshold is ${own.threshold}`); // the address of a page may hold any
  }
  const judged = () => {
    const counts = pairs.counts(own.threshold);
    return { ...own, counts, mistakes: pairs.mistakes(counts, own.order) };
  };
  const view = new ThresholdView(element, { chart: payload.chart, ...judged() }, (changes) => {
    set(changes);
    onChange(changes);
  });
  /** @param {StateValues} changes */
  function set(changes) {
    Object.assign(own, changes);
    view.update(judged());
  }
  Pictures.unpack(payload.images).then((pictures) => {
    pairs.pictures = pictures;
    view.update(judged());
  });
  return { root: view.root, set, destroy: () => view.destroy() };
}

/** @param {{ model: Model, el: HTMLElement }} widget */
function render({ model, el }) {
  const state = /** @type {State} */ (valuesOf(model, TRAITS));
  const view = new ThresholdView(el, state, (changes) => save(model, changes));
  const stop = follow(model, TRAITS, (changes) => view.update(changes));
  return () => {
    stop();
    view.destroy();
  };
}

export default { render };
