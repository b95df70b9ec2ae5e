// @ts-check
// The widget: a threshold on distances that can be dragged.

/** @import { Model } from "../js/widget_model.js" */
/** @import { State } from "./threshold_charts.js" */

import { follow, save, valuesOf } from "../js/widget_model.js";
import { ThresholdView } from "./threshold_charts.js";

const TRAITS = {
  chart: "_chart",
  counts: "_counts",
  mistakes: "_mistakes",
  threshold: "threshold",
  order: "order",
};

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
