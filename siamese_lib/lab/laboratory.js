// @ts-check
// The widget: a training that the reader changes while it runs (laboratory.py).

/** @import { MountOptions, Mounted } from "../views/js/stateful.js" */
/** @import { LabPayload } from "./lab_data.js" */

import { widgetOf } from "../views/js/stateful.js";
import { LabView } from "./lab_view.js";

/**
 * Show the laboratory in an element.
 * @param {HTMLElement} element
 * @param {LabPayload} payload
 * @param {MountOptions} options
 * @returns {Mounted & { shown: () => LabView["shown"] }} with what is on the map
 */
export function mount(element, payload, options) {
  const view = new LabView(element, payload, options);
  return {
    root: view.root,
    shown: () => view.shown,
    set: (state, byOther) => view.set(state, byOther),
    destroy: () => view.destroy(),
  };
}

export default widgetOf(mount);
