// @ts-check
// What around a view makes it draw again: its size, the theme, whether it is in sight.

const FADING = 50; // milliseconds until a theme's new colours are there
const IN_SIGHT = 0.25; // of the stage, for a film to begin

/**
 * @param {HTMLElement} stage
 * @param {object} acts
 * @param {() => void} acts.resized
 * @param {() => void} acts.restyled the colours may be others
 * @param {(some: boolean, enough: boolean) => void} acts.sighted whether any of it is in sight, and
 *   whether enough for a film to begin
 * @param {AbortSignal} signal ends it
 */
export function watchSurroundings(stage, { resized, restyled, sighted }, signal) {
  const size = new ResizeObserver(resized);
  const theme = new MutationObserver(() => setTimeout(restyled, FADING));
  const sight = new IntersectionObserver(
    (entries) => {
      const { isIntersecting, intersectionRatio } = entries[entries.length - 1];
      sighted(isIntersecting, intersectionRatio >= IN_SIGHT);
    },
    { threshold: [0, IN_SIGHT] },
  );
  size.observe(stage);
  theme.observe(document.body, { attributes: true }); // JupyterLab names its theme there
  sight.observe(stage);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyled, { signal });
  signal.addEventListener("abort", () => {
    for (const watcher of [size, theme, sight]) watcher.disconnect();
  });
}
