// @ts-check
// Functions that make elements. Text stays text: nothing here parses markup.

/** @typedef {string | number | ((event: MouseEvent) => void)} Attribute */
/** @typedef {Record<string, Attribute>} Attributes all set as they are, but `onclick`: called */

const SVG = "http://www.w3.org/2000/svg";
const FOCUSABLE = new Set(["button", "input", "select"]);

/**
 * Switch off JupyterLab's shortcuts while an element has the focus. JupyterLab gets key presses
 * first, and "a" would add a cell.
 * @param {HTMLElement | SVGElement} element that can be focused
 */
export function keepKeys(element) {
  element.dataset.lmSuppressShortcuts = "true";
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (FOCUSABLE.has(tag)) keepKeys(element);
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
  if ("tabindex" in attributes) keepKeys(element);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value !== "function") element.setAttribute(name, String(value));
    else /** @type {HTMLElement} */ (element).addEventListener("click", value);
  }
  element.append(...children);
}
