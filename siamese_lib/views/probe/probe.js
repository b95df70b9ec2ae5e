// @ts-check
// The widget: one image is changed by hand, and its point moves on maps (probe.py).

/** @import { MountOptions, Mounted } from "../js/stateful.js" */
/** @import { ProbePayload } from "./probe_view.js" */

import { widgetOf } from "../js/stateful.js";
import { ProbeView } from "./probe_view.js";

/**
 * Show a probe in an element.
 * @param {HTMLElement} element
 * @param {ProbePayload} payload
 * @param {MountOptions} options
 * @returns {Mounted}
 */
export function mount(element, payload, options) {
  const view = new ProbeView(element, payload, options);
  return {
    root: view.root,
    set: (state) => view.set(state),
    destroy: () => view.destroy(),
  };
}

export default widgetOf(mount);
