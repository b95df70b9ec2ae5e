// @ts-check
// Functions that make elements. Text stays text: nothing here parses markup.

/** @typedef {string | number | ((event: MouseEvent) => void)} Attribute */
/** @typedef {Record<string, Attribute>} Attributes all set as they are, but `onclick`: called */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Switch off JupyterLab's shortcuts while an element has the focus. JupyterLab gets key presses
 * first, and "a" would add a cell.
 * @param {HTMLElement | SVGElement} element that can be focused
 */
function keepKeys(element) {
  element.dataset.lmSuppressShortcuts = "true";
}

/** @param {FocusEvent} event of a control in one of our views, also one that ipywidgets made */
function keepKeysOfView({ target }) {
  const control = /** @type {HTMLElement} */ (target);
  if (control.closest?.('[class*="siamese"]')) keepKeys(control);
}

// Once for each page, though each widget has its own copy of this module.
const keyPage = /** @type {{ document?: Document, siameseKeys?: boolean }} */ (globalThis);
if (keyPage.document && !keyPage.siameseKeys) {
  keyPage.document.addEventListener("focusin", keepKeysOfView, true);
  keyPage.siameseKeys = true;
}

/**
 * Name an element so that no other one on the page has the same id.
 * @param {string} kind
 */
export const newId = (kind) => `${kind}-${Math.random().toString(36).slice(2)}`;

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  fill(element, attributes, children);
  return element;
}

/**
 * Write names next to each other in this order, also those that are read from right to left.
 * @param {string[]} names
 * @returns {(Node | string)[]}
 */
export const namesInOrder = (names) =>
  names.flatMap((name, i) => [...(i ? [" · "] : []), make("bdi", {}, name)]);

/**
 * @param {Element} element
 * @param {Record<string, string | number>} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/**
 * Draw paths.
 * @param {string} box
 * @param {string[]} paths
 */
export function drawn(box, ...paths) {
  const shapes = paths.map((d) => makeSvg("path", { d }));
  return makeSvg("svg", { viewBox: box, "aria-hidden": "true" }, ...shapes);
}

/**
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function penOf(canvas, settings) {
  const pen = /** @type {HTMLCanvasElement} */ (canvas).getContext("2d", settings);
  if (!pen) throw new Error("the browser gives no canvas to draw on");
  return pen;
}

/**
 * @param {HTMLElement | SVGElement} element
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== "function") element.setAttribute(name, String(value));
    else /** @type {HTMLElement} */ (element).addEventListener("click", value);
  }
  element.append(...children);
}
