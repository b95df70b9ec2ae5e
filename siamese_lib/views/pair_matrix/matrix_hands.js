// @ts-check
// Mouse, finger and keys on the matrix.

/** @import { Clock } from "../js/clock.js" */
/** @import { Cell, MatrixBoard } from "./matrix_board.js" */

export const BOARD_HELP =
  "The arrow keys go from tile to tile, with Shift ten tiles at a time. Enter keeps a pair, and " +
  "Escape lets it go.";

const FAR = 10; // cells
/** @type {Record<string, Cell>} */
const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {MatrixBoard} board
 * @param {object} acts
 * @param {number} acts.count of rows
 * @param {() => Cell} acts.start where the keyboard's cursor begins
 * @param {(cell: Cell | null, byKey: boolean) => void} acts.look
 * @param {(cell: Cell | null) => void} acts.keep
 */
export function listenOnBoard(board, { count, start, look, keep }) {
  const { element } = board;
  /** @type {Cell | null} */
  let cursor = null;
  /** @param {Cell | null} cell @param {boolean} byKey */
  const go = (cell, byKey) => {
    cursor = cell;
    look(cell, byKey);
  };
  element.addEventListener("pointermove", (event) => go(board.cellAt(event), false));
  element.addEventListener("pointerleave", () => go(null, false));
  element.addEventListener("blur", () => go(null, false));
  element.addEventListener("click", (event) => keep(board.cellAt(event)));
  element.addEventListener("focus", () => {
    if (element.matches(":focus-visible")) go(start(), true);
  });
  element.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (key in WAYS) go(movedCell(cursor ?? start(), WAYS[key], shiftKey ? FAR : 1, count), true);
    else if (key === "Enter" || key === " ") keep(cursor);
    else if (key === "Escape") keep(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/**
 * Move a cell, over the diagonal and not beyond the edges.
 * @param {Cell} cell
 * @param {Cell} way
 * @param {number} far
 * @param {number} count of rows
 * @returns {Cell}
 */
export function movedCell([row, column], [down, right], far, count) {
  /** @param {number} at */
  const within = (at) => Math.min(Math.max(at, 0), count - 1);
  const moved = [within(row + far * down), within(column + far * right)];
  if (moved[0] !== moved[1]) return [moved[0], moved[1]];
  const over = [within(moved[0] + down), within(moved[1] + right)];
  return over[0] === over[1] ? [row, column] : [over[0], over[1]];
}

/**
 * Keys on the film bar, which its buttons name.
 * @param {HTMLElement} bar
 * @param {Clock} clock
 */
export function listenOnBar(bar, clock) {
  /** @type {Record<string, () => void>} */
  const acts = {
    " ": () => clock.play(!clock.playing),
    ArrowLeft: () => clock.stepBy(-1),
    ArrowRight: () => clock.stepBy(1),
    Home: () => clock.jumpTo(0),
    End: () => clock.jumpTo(clock.last),
  };
  bar.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in acts)) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) return; // presses it
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  });
}
