// @ts-check
// Frames with pages of their own: as high as what is in them, and in the theme of this page.

/** @returns {{ wear: (dark: boolean) => void }} sets the theme of all frames */
export function placeFrames() {
  const frames = [...document.querySelectorAll("iframe.site-frame")].map(
    (frame) => /** @type {HTMLIFrameElement} */ (frame),
  );
  let dark = false;
  /** @param {HTMLIFrameElement} frame */
  const dress = (frame) => frame.contentWindow?.postMessage({ siameseDark: dark }, "*");
  for (const frame of frames) frame.addEventListener("load", () => dress(frame));
  addEventListener("message", ({ source, data }) => {
    const frame = frames.find(({ contentWindow }) => contentWindow === source);
    if (!frame || !Number.isFinite(data?.siameseHeight)) return;
    frame.style.height = `${data.siameseHeight}px`;
    dress(frame);
  });
  return {
    wear(now) {
      dark = now;
      frames.forEach(dress);
    },
  };
}
