// @ts-check
// Markup from the kernel, whose buttons and boxes report how they are used.
//
// Every [data-act] sends { act, value }: a button its data-value, a select its value, a form the
// value of its box. [data-copy] copies its text, and [data-full] fills the screen. A [data-value]
// that equals the trait `current` is marked. The buttons of a grid are one tab stop; the arrow keys
// go from one to another.

/** @import { Model } from "../views/js/widget_model.js" */

import { make, set } from "../views/js/dom.js";
import { follow, valuesOf } from "../views/js/widget_model.js";

const TRAITS = { html: "html", current: "current", stale: "stale" };
/** @type {Record<string, [right: number, down: number]>} */
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

class Panel {
  #root = make("div");
  #current = "";
  #send;

  /**
   * @param {HTMLElement} element
   * @param {Record<string, any>} values of the traits
   * @param {(act: string, value: unknown) => void} send
   */
  constructor(element, { kind, live, html, current }, send) {
    this.#send = send;
    this.#root.className = `sx-panel sx-${kind}`;
    if (live) set(this.#root, { role: "status", "aria-live": "polite" });
    element.append(this.#root);
    this.#listen();
    this.update({ html, current });
  }

  /** @param {{ html?: string, current?: string, stale?: boolean }} changes */
  update({ html, current = this.#current, stale }) {
    this.#current = current;
    if (stale !== undefined) this.#root.toggleAttribute("data-stale", stale);
    if (html !== undefined) this.#fill(html);
    for (const element of elementsIn(this.#root, ".sx-thumb")) {
      set(element, { "aria-pressed": String(element.dataset.value === current) });
    }
    this.#stopAt(null);
  }

  /**
   * Let Tab stop at one button of the grid: this one, the marked one, or the first.
   * @param {HTMLElement | null} chosen
   */
  #stopAt(chosen) {
    const cells = elementsIn(this.#root, ".sx-thumb");
    const focused = cells.find((cell) => cell === document.activeElement);
    const marked = cells.find((cell) => cell.dataset.value === this.#current);
    const stop = chosen ?? focused ?? marked ?? cells[0];
    for (const cell of cells) set(cell, { tabindex: cell === stop ? 0 : -1 });
  }

  /** @param {KeyboardEvent} event */
  #arrow(event) {
    const way = ARROWS[event.key];
    const cells = elementsIn(this.#root, ".sx-thumb");
    const at = cells.findIndex((cell) => cell === event.target);
    if (!way || at < 0) return;
    const across = cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
    const next = cells[at + way[0] + way[1] * across];
    if (next) {
      this.#stopAt(next);
      next.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /**
   * Show other markup, and give the focus back to the element that had it.
   * @param {string} html
   */
  #fill(html) {
    const root = this.#root;
    const focused = root.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    root.innerHTML = html;
    if (focused === null) return;
    const again = elementsIn(root, "[data-act]").find((element) => keyOf(element) === focused);
    again?.focus({ preventScroll: true });
  }

  #listen() {
    const root = this.#root;
    root.addEventListener("click", (event) => {
      const { act, value, copy, full } = targetOf(event).closest("button")?.dataset ?? {};
      if (full !== undefined) fillScreen(root.closest(".siamese-explorer"));
      else if (copy !== undefined) this.#copy(copy);
      else if (act) this.#send(act, value ?? null);
    });
    root.addEventListener("change", (event) => {
      const box = /** @type {HTMLInputElement} */ (targetOf(event));
      if (box.dataset.act) this.#send(box.dataset.act, box.value);
    });
    root.addEventListener("keydown", (event) => this.#arrow(event));
    // Send the form here, because JupyterLab may keep Enter for itself.
    root.addEventListener("keydown", (event) => {
      const box = targetOf(event);
      if (event.key !== "Enter" || !(box instanceof HTMLInputElement)) return;
      event.preventDefault();
      box.form?.requestSubmit();
    });
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = targetOf(event);
      this.#send(form.dataset.act ?? "", form.querySelector("input")?.value.trim());
    });
  }

  /** @param {string} text */
  async #copy(text) {
    try {
      await copyText(text);
      this.#send("say", `Copied ${text}.`);
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      this.#send("fail", `The indices could not be copied: ${message}.`);
    }
  }
}

/**
 * Let an element fill the screen, or give the screen back.
 * @param {Element | null} element
 */
function fillScreen(element) {
  if (document.fullscreenElement) document.exitFullscreen();
  else element?.requestFullscreen();
}

/**
 * @param {Element} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
const elementsIn = (root, selector) => [...root.querySelectorAll(selector)].filter(isHtml);

/**
 * @param {Element} element
 * @returns {element is HTMLElement}
 */
const isHtml = (element) => element instanceof HTMLElement;

/** @param {Event} event */
const targetOf = (event) => /** @type {HTMLElement} */ (event.target);

/**
 * Name what an element does, to find it again in new markup.
 * @param {Element | null} element
 */
function keyOf(element) {
  return element instanceof HTMLElement
    ? `${element.dataset.act}\n${element.dataset.value ?? ""}`
    : null;
}

/** @param {string} text */
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = make("textarea"); // a page without https has no clipboard
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  if (!done) throw new Error("the browser does not allow it");
}

/** @param {{ model: Model, el: HTMLElement }} widget */
function render({ model, el }) {
  const values = valuesOf(model, { ...TRAITS, kind: "kind", live: "live" });
  const panel = new Panel(el, values, (act, value) => model.send({ act, value }));
  return follow(model, TRAITS, (changes) => panel.update(changes));
}

export default { render };
