// @ts-check
// The keys of the view.

/** @import { Camera } from "./camera.js" */
/** @import { Clock } from "./clock.js" */

export const KEYS_HELP =
  "Drag to pan. Turn the wheel or press plus and minus to zoom. Double-click or press 0 to show " +
  "the whole map. Click a point to select it; Escape clears the selection. Space plays and " +
  "pauses, the left and right arrows step from frame to frame, Home and End go to the first and " +
  "the last frame.";

/**
 * @param {HTMLElement} root
 * @param {{ clock: Clock, camera: Camera, escape: () => void }} acts
 * @param {AbortSignal} signal ends it
 */
export function listenToKeys(root, { clock, camera, escape }, signal) {
  /** @param {number} factor */
  const zoom = (factor) => camera.zoomAt([camera.width / 2, camera.height / 2], factor);
  /** @type {Record<string, () => void>} */
  const onMap = {
    "+": () => zoom(1.25),
    "=": () => zoom(1.25),
    "-": () => zoom(0.8),
    0: () => camera.reset(),
    Escape: escape,
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
      const act = onMap[event.key] ?? (clock.last > 0 ? onFilm[event.key] : undefined);
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    { signal },
  );
}
