// @ts-check
// The keys of the view.

/** @import { Camera } from "./camera.js" */
/** @import { Clock } from "./clock.js" */

export const KEYS_HELP =
  "Drag to pan. Turn the wheel or press plus and minus to zoom. Double-click or press 0 to show " +
  "the whole map. Click a point to select it; Escape clears the selection. Space plays and " +
  "pauses, the left and right arrows step from frame to frame, Home and End go to the first and " +
  "the last frame. Shift and an arrow select the next point in that direction. F fills the screen.";

/**
 * @typedef {object} KeyActs
 * @property {Clock} clock
 * @property {Camera} camera
 * @property {() => void} escape
 * @property {() => void} full
 * @property {(direction: [x: number, y: number]) => void} step selects the next point
 */

/**
 * @param {HTMLElement} root
 * @param {KeyActs} acts
 * @param {AbortSignal} signal ends it
 */
export function listenToKeys(root, { clock, camera, escape, full, step }, signal) {
  /** @param {number} factor */
  const zoom = (factor) => camera.zoomAt([camera.width / 2, camera.height / 2], factor);
  /** @type {Record<string, () => void>} */
  const onMap = {
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(0.8),
    0: () => camera.reset(),
    Escape: escape,
    f: full,
  };
  /** @type {Record<string, [x: number, y: number]>} */
  const directions = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, 1],
    ArrowDown: [0, -1],
  };
  /** @type {Record<string, () => void>} */
  const onFilm = {
    " ": () => clock.play(!clock.playing),
    ArrowLeft: () => clock.stepBy(-1),
    ArrowRight: () => clock.stepBy(1),
    Home: () => clock.jumpTo(0),
    End: () => clock.jumpTo(clock.last),
  };
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement && event.target.type === "search") return;
      if (event.key === " " && event.target instanceof HTMLButtonElement) return; // presses it
      const way = event.shiftKey ? directions[event.key] : undefined;
      const act = way
        ? () => step(way)
        : (onMap[event.key] ?? (clock.last > 0 ? onFilm[event.key] : undefined));
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    { signal },
  );
}
