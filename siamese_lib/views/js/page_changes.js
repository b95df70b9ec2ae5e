// @ts-check
// Changes around a view that make it draw again: its size, the theme, whether it is in sight.

const FADING = 50; // milliseconds until the colours of a new theme apply
const IN_SIGHT = 0.25; // of the stage, for a film to begin

/**
 * @param {HTMLElement} stage
 * @param {object} acts
 * @param {() => void} acts.resized
 * @param {() => void} acts.restyled called when the colours may have changed
 * @param {(some: boolean, enough: boolean) => void} acts.sighted called with whether any of the
 *   stage is in sight, and whether that is enough for a film to begin
 * @param {AbortSignal} signal ends it
 */
export function watchPage(stage, { resized, restyled, sighted }, signal) {
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
  theme.observe(document.body, { attributes: true }); // JupyterLab sets its theme there
  sight.observe(stage);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyled, { signal });
  signal.addEventListener("abort", () => {
    for (const watcher of [size, theme, sight]) watcher.disconnect();
  });
}
