// @ts-check
// Films of the same points, side by side: the widget, and `mount` for any element of any page.

/** @import { MountOptions, Mounted } from "../js/stateful.js" */
/** @import { SideBySideData } from "./side_by_side_view.js" */

import { widgetOf } from "../js/stateful.js";
import { SideBySideView } from "./side_by_side_view.js";

/**
 * Draw what Python's `SideBySide.payload()` returns.
 * @param {HTMLElement} element
 * @param {SideBySideData} payload
 * @param {MountOptions} options
 * @returns {Mounted}
 */
export function mount(element, payload, options) {
  return new SideBySideView(element, payload, options);
}

export default widgetOf(mount);
