// @ts-check
// A button that lets an element fill the screen, and gives it its place back.

import { icon, iconButton } from "./icons.js";
import { set } from "./dom.js";

const ENTER = "Full screen";
const LEAVE = "Leave full screen";

export class FullScreen {
  #root;

  /**
   * @param {() => HTMLElement} root gives what fills the screen
   * @param {AbortSignal} signal ends it
   */
  constructor(root, signal) {
    this.#root = root;
    this.button = iconButton("full", ENTER, () => this.toggle());
    this.button.hidden = !document.fullscreenEnabled;
    document.addEventListener("fullscreenchange", () => this.#update(), { signal });
  }

  get on() {
    return document.fullscreenElement === this.#root();
  }

  toggle() {
    if (this.on) document.exitFullscreen();
    else if (document.fullscreenEnabled) this.#root().requestFullscreen();
  }

  #update() {
    const label = this.on ? LEAVE : ENTER;
    this.button.replaceChildren(icon(this.on ? "small" : "full"));
    set(this.button, { "aria-label": label, title: label });
  }
}
