// @ts-check
// A map of embedded images, and a film of how they moved there: the widget, and `mount` for any
// element of any page.

/** @import { Model } from "./js/widget_model.js" */
/** @import { Bytes, FrameMessage, Payload } from "./js/payload.js" */
/** @import { Options } from "./js/view.js" */

import { follow, save, valuesOf } from "./js/widget_model.js";
import { grow } from "./js/payload.js";
import { joinState, splitState } from "./js/shown.js";
import { View } from "./js/view.js";

const DATA = { film: "_film", about: "_about", images: "_images" };
const STATE = {
  frame: "frame",
  playing: "playing",
  selected: "selected",
  highlighted: "highlighted",
  shown: "_look",
};
/** @type {Record<string, string>} */
const TRAIT_OF = STATE;

/**
 * Draw what Python's `EmbeddingView.payload()` returns. The element's new child ".siamese-view"
 * carries the view as its property `view`.
 * @param {HTMLElement} element
 * @param {Payload} payload
 * @param {Options & { state?: Record<string, any> }} [options] with `state`, all that Python's
 *   `EmbeddingView.state` holds, `onChange` gets changes of that, too
 */
export function mount(element, payload, { state, ...options } = {}) {
  if (!state) return new View(element, payload, options);
  /** @param {Record<string, any>} changes */
  const onChange = (changes) => options.onChange?.(joinState(changes));
  return new View(element, payload, { ...options, ...splitState(state), onChange });
}

/**
 * Called once for each model. All its views share a payload, which keeps the frames that arrive one
 * by one for a view that opens later.
 */
export default () => {
  /** @type {Set<View>} */
  const views = new Set();
  /** @type {Payload} */
  let payload;

  /** @param {{ model: Model }} widget */
  function initialize({ model }) {
    const renew = () => {
      payload = /** @type {Payload} */ (valuesOf(model, DATA));
      views.forEach((view) => view.update(payload));
    };
    renew();
    follow(model, DATA, renew);
    /** @param {FrameMessage & { kind: string }} message @param {Bytes[]} buffers */
    const hear = (message, buffers) => {
      if (message.kind !== "frame") return;
      grow(payload, message, buffers[0]);
      views.forEach((view) => view.append(message, buffers[0]));
    };
    model.on("msg:custom", hear);
  }

  /** @param {{ model: Model, el: HTMLElement }} widget */
  function render({ model, el }) {
    /** @param {Record<string, unknown>} changes */
    const onChange = (changes) => {
      const traits = Object.entries(changes).map(([name, value]) => [TRAIT_OF[name], value]);
      save(model, Object.fromEntries(traits));
    };
    const view = mount(el, payload, { ...valuesOf(model, STATE), onChange });
    views.add(view);
    const stop = follow(model, STATE, (changes) => view.set(changes));
    return () => {
      stop();
      views.delete(view);
      view.destroy();
    };
  }

  return { initialize, render };
};
