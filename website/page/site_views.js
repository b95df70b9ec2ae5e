// @ts-check
// The book's own views, each in the place of its still picture.

/** @import { Mount } from "../../siamese_lib/views/js/stateful.js" */

import { pageData } from "../../siamese_lib/export/page_data.js";
import { NeighbourRow } from "./neighbour_row.js";
import { loadScript, whenNear } from "./site_near.js";

/** @typedef {{ css: string, mount: Mount }} Kind */

/**
 * Where the scripts of views put what they have.
 * @type {{ kinds: Record<string, Kind>, data: Record<string, string> }}
 */
const shelf = { kinds: {}, data: {} };
Object.assign(window, { siameseSite: shelf });

const ROW = "NeighbourStrip";
/** Views by name, once they are mounted. @type {Map<string, Promise<any>>} */
const mounted = new Map();
/**
 * What is called with each change of a view, by its name.
 * @type {Map<string, (changes: Record<string, any>) => void>}
 */
const followers = new Map();

/** Put each view in its place when the reader comes near. */
export function mountViews() {
  whenNear(".site-view", (element) => void mountedView(element));
}

/** @param {HTMLElement} element */
function mountedView(element) {
  const { name = "" } = element.dataset;
  const view = mounted.get(name) ?? mountView(element);
  mounted.set(name, view);
  return view;
}

/** @param {HTMLElement} element */
async function mountView(element) {
  const { kind = "", name = "", src = "", follows } = element.dataset;
  const scripts = follows ? [src] : [src, `_static/kind-${kind}.js`];
  await Promise.all(scripts.map(loadScript));
  const { payload, state } = /** @type {any} */ (pageData(shelf.data[name]));
  delete shelf.data[name];
  const still = [...element.children];
  const view = follows
    ? await mountRow(element, payload.k, follows)
    : mountKind(element, kind, name, payload, state);
  for (const child of still) child.remove();
  element.dataset.live = "";
  return view;
}

/**
 * @param {HTMLElement} element
 * @param {string} kind
 * @param {string} name
 * @param {any} payload
 * @param {Record<string, any>} state
 */
function mountKind(element, kind, name, payload, state) {
  const { css, mount } = shelf.kinds[kind];
  if (!document.querySelector(`style[data-kind="${kind}"]`)) {
    const style = document.createElement("style");
    style.dataset.kind = kind;
    style.textContent = css;
    document.head.append(style);
  }
  /** @param {Record<string, any>} changes */
  const onChange = (changes) => {
    followers.get(name)?.(changes);
    if (kind === "Prediction") say(payload.text, element);
  };
  return mount(element, payload, { state, onChange });
}

/**
 * @param {HTMLElement} element
 * @param {number} k
 * @param {string} name of the map that the row belongs to
 */
async function mountRow(element, k, name) {
  const map = document.getElementById(`view-${name}`);
  if (!map) throw new Error(`there is no view ${name}, as for a ${ROW}`);
  const row = new NeighbourRow(element, await mountedView(map), k);
  followers.set(name, (changes) => row.follow(changes));
  return row;
}

/**
 * Write what the reader answered next to what was measured.
 * @param {string} question
 * @param {HTMLElement} element of the question
 */
function say(question, element) {
  const words = element.querySelector(".sp-said")?.textContent ?? "";
  for (const answer of document.querySelectorAll(".site-answer")) {
    const said = answer.querySelector(".site-said");
    if (said && /** @type {HTMLElement} */ (answer).dataset.question === question) {
      said.textContent = words;
    }
  }
}
