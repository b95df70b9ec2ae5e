// @ts-check
// The page around a single view, which keeps the view's state in its address.

/** @import { Mount } from "../views/js/stateful.js" */

import { addressKeeper, stateInAddress } from "../views/js/address.js";
import { pageData } from "./page_data.js";

/**
 * Draw the view. A state in the address that the view cannot show is left out.
 * @param {Mount} mount
 */
export function openViewPage(mount) {
  const { payload, state } = /** @type {any} */ (
    pageData(document.getElementById("data")?.textContent ?? "")
  );
  const place = document.getElementById("view");
  if (!place) return;
  const keep = addressKeeper();
  /** @param {Record<string, any>} own */
  const open = (own) => mount(place, payload, { state: { ...state, ...own }, onChange: keep });
  try {
    Object.assign(window, { view: open(stateInAddress(state)) });
  } catch (error) {
    place.replaceChildren();
    Object.assign(window, { view: open({}) });
    console.warn(`The state in the address is not shown: ${error}`);
  }
}
