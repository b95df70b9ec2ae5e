// @ts-check
// How the reader chooses points: by a click, with a lasso, or with the keyboard.

/** @import { Place } from "./film.js" */
/** @import { PickSource } from "./picking.js" */

import { afterClick, pointAt, pointsIn, pointTowards } from "./picking.js";

/**
 * @typedef {PickSource & ChoosingView} ChoosingSource
 *
 * @typedef {object} ChoosingView
 * @property {number[]} selected
 * @property {(x: number, y: number) => number | null} pick
 * @property {(points: number[]) => void} select
 */

/** @param {ChoosingSource} view */
export const choosing = (view) => ({
  /**
   * @param {Place} place on the map
   * @param {boolean} add
   */
  clicked([x, y], add) {
    const selected = afterClick(view.selected, view.pick(x, y), add);
    if (selected) view.select(selected);
  },

  /** @param {Place[]} lasso on the map */
  enclosed(lasso) {
    view.select(pointsIn(view, lasso));
  },

  /**
   * Select the next point in a direction, or at first the one nearest to the middle of the map.
   * @param {Place} direction
   */
  step(direction) {
    const { film, p, camera, selected } = view;
    const [own] = selected.length === 1 ? selected : [null];
    const next =
      own === null
        ? pointAt(view, [camera.width / 2, camera.height / 2], Infinity)
        : pointTowards(view, film.place(own, p), direction, own);
    if (next !== null) view.select([next]);
  },
});
