// @ts-check
// Drags on a chart.

/**
 * @param {SVGSVGElement} svg
 * @param {object} acts
 * @param {(event: PointerEvent) => void} acts.move called when the pointer goes down and while it
 *   drags
 * @param {(dragging: boolean) => void} acts.hold called at the beginning and at the end
 */
export function listenToDrag(svg, { move, hold }) {
  let dragging = false;
  /** @param {boolean} value */
  const setDragging = (value) => {
    dragging = value;
    hold(value);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    setDragging(true);
    move(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (dragging) move(event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => setDragging(false));
  }
}
