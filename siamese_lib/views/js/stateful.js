// @ts-check
// The widget around a view whose whole state is one small object (stateful.py).

/** @import { Model } from "./widget_model.js" */

import { follow, save } from "./widget_model.js";

/** @typedef {Record<string, any>} StateValues what the reader changes, as JSON can hold it */

/**
 * @typedef {object} MountOptions
 * @property {StateValues} state all of it
 * @property {(changes: StateValues) => void} onChange called when the reader changes something
 */

/**
 * @typedef {object} Mounted
 * @property {HTMLElement} root
 * @property {(state: StateValues, byOther?: boolean) => void} set shows a state, and reports
 *   nothing; `byOther` says that another view of the same widget has reported it
 * @property {() => void} destroy
 */

/** @typedef {(element: HTMLElement, payload: any, options: MountOptions) => Mounted} Mount */

/** The view that reports now: all views of a widget hear it. @type {HTMLElement | null} */
let reporting = null;

/**
 * Make a widget of a view.
 * @param {Mount} mount
 */
export function widgetOf(mount) {
  /** @param {{ model: Model, el: HTMLElement }} widget */
  function render({ model, el }) {
    /** @param {StateValues} changes */
    const onChange = (changes) => {
      reporting = el;
      save(model, { state: { ...model.get("state"), ...changes } });
      reporting = null;
    };
    const view = mount(el, model.get("_payload"), { state: model.get("state"), onChange });
    const stop = follow(model, { state: "state" }, ({ state }) =>
      view.set(state, reporting !== null && reporting !== el),
    );
    return () => {
      stop();
      view.destroy();
    };
  }

  return { render };
}
