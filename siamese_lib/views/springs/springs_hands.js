// @ts-check
// Hands on the map: mouse, finger and keys move points and the margin.

/** @import { SpringsMap } from "./springs_map.js" */

const NUDGE_PIXELS = 8; // pixels that an arrow key moves a point; with Shift four times as many
/** @type {Record<string, [right: number, down: number]>} */
const NUDGE_KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {Record<string, number>} */
const NEXT_KEYS = { PageUp: -1, PageDown: 1 };

/** @typedef {[x: number, y: number]} OnMap pixels from the map's top left corner */

/**
 * @typedef {object} Hands what they do
 * @property {(point: number | null) => void} choose
 * @property {(point: number) => OnMap} hold called before a drag, returns where the point is
 * @property {(point: number, place: OnMap) => void} drag
 * @property {(place: OnMap) => void} dragMargin called with a place on the circle
 * @property {() => void} release called at the end of a drag
 * @property {(point: number, right: number, down: number) => void} nudge by pixels
 */

/**
 * @param {SpringsMap} map
 * @param {Hands} hands
 */
export function listenToHands(map, hands) {
  const { svg, points } = map;
  /** @type {((place: OnMap) => void) | null} */
  let drag = null;
  /** @param {PointerEvent} event @returns {OnMap} */
  const placeOf = (event) => {
    const { left, top } = svg.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button || !(event.target instanceof Element)) return;
    const point = springsPointIn(event.target);
    const [x, y] = placeOf(event);
    if (point !== null) {
      points[point].element.focus({ preventScroll: true });
      const at = hands.hold(point);
      const [right, down] = [at[0] - x, at[1] - y];
      drag = (place) => hands.drag(point, [place[0] + right, place[1] + down]);
    } else if (event.target.classList.contains("sp-grip")) drag = hands.dragMargin;
    else return hands.choose(null);
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => drag?.(placeOf(event)));
  svg.addEventListener("pointerover", ({ target }) => {
    const point = target instanceof Element ? springsPointIn(target) : null;
    if (point !== null && !drag) map.raise(point);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => {
      if (drag) hands.release();
      drag = null;
    });
  }
  svg.addEventListener("focusin", ({ target }) => {
    const point = target instanceof Element ? springsPointIn(target) : null;
    if (point !== null) hands.choose(point);
  });
  svg.addEventListener("keydown", (event) => {
    const point = event.target instanceof Element ? springsPointIn(event.target) : null;
    if (point === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // the notebook may have a command on this key
    const arrow = NUDGE_KEYS[event.key];
    const other = NEXT_KEYS[event.key];
    if (arrow) {
      const far = NUDGE_PIXELS * (event.shiftKey ? 4 : 1);
      hands.nudge(point, far * arrow[0], far * arrow[1]);
    } else if (other) {
      const next = (point + other + points.length) % points.length;
      points[next].element.focus();
    } else return;
    event.preventDefault();
  });
  svg.addEventListener("keyup", (event) => {
    if (NUDGE_KEYS[event.key]) hands.release();
  });
  svg.addEventListener("focusout", () => {
    if (!drag) hands.release();
  });
}

/**
 * Return the number of the point that an element belongs to.
 * @param {Element} element
 */
function springsPointIn(element) {
  const number = element.closest("[data-point]")?.getAttribute("data-point");
  return number === null || number === undefined ? null : Number(number);
}
