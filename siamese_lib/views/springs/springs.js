// @ts-check
// The widget: points that pull and push each other (springs.py).

/** @import { MountOptions, Mounted } from "../js/stateful.js" */
/** @import { SpringsPayload } from "./springs_view.js" */

import { widgetOf } from "../js/stateful.js";
import { SpringsView } from "./springs_view.js";

/**
 * Show the springs in an element.
 * @param {HTMLElement} element
 * @param {SpringsPayload} payload
 * @param {MountOptions} options
 * @returns {Mounted}
 */
export function mount(element, payload, options) {
  const view = new SpringsView(element, payload, options);
  return {
    root: view.root,
    set: (state) => view.set(state),
    destroy: () => view.destroy(),
  };
}

export default widgetOf(mount);
