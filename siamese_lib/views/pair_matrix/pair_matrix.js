// @ts-check
// The widget: which pairs of a batch still teach (pair_matrix.py).

/** @import { MountOptions, Mounted } from "../js/stateful.js" */
/** @import { BatchPayload } from "./matrix_batch.js" */

import { widgetOf } from "../js/stateful.js";
import { PairMatrixView } from "./matrix_view.js";

/**
 * Show the matrix in an element.
 * @param {HTMLElement} element
 * @param {BatchPayload} payload
 * @param {MountOptions} options
 * @returns {Mounted}
 */
export function mount(element, payload, options) {
  const view = new PairMatrixView(element, payload, options);
  return {
    root: view.root,
    set: (state) => view.set(state),
    destroy: () => view.destroy(),
  };
}

export default widgetOf(mount);
