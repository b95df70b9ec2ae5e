// @ts-check
// The points nearest to the selected point of a map, as pictures: what NeighbourStrip is in Python.

/** @import { View } from "../../siamese_lib/views/js/view.js" */

import { pictureCanvas, showPicture } from "../../siamese_lib/export/page_widgets.js";
import { make } from "../../siamese_lib/views/js/dom.js";

const PATIENCE = 100; // milliseconds until the pictures are looked for again

export class NeighbourRow {
  #map;
  #frame;
  #k;
  #root = make("ol", { class: "site-row", "aria-label": "Nearest points on the map" });

  /**
   * @param {HTMLElement} element
   * @param {View} map
   * @param {number} k number of neighbours
   */
  constructor(element, map, k) {
    this.#map = map;
    this.#frame = map.clock.nearest;
    this.#k = k;
    element.append(this.#root);
    this.show();
  }

  /**
   * Follow what the map reports. It names a frame before it has moved there.
   * @param {{ frame?: number }} changes
   */
  follow({ frame = this.#frame }) {
    this.#frame = frame < 0 ? this.#map.film.last : frame;
    this.show();
  }

  /** Show the neighbours, and highlight them on the map. */
  show() {
    const map = this.#map;
    if (!map.pictures) return void setTimeout(() => this.show(), PATIENCE);
    if (map.selected.length !== 1) {
      this.#root.replaceChildren(make("li", {}, "Choose a point on the map."));
      return;
    }
    const [query] = map.selected;
    const near = nearest(map.film.places(this.#frame), query, this.#k);
    map.set({ highlighted: near.map(({ point }) => point) });
    const found = near.map(({ point, away }) => this.#item(point, query, away));
    this.#root.replaceChildren(this.#item(query, query, null), ...found);
  }

  /**
   * @param {number} point
   * @param {number} query
   * @param {number | null} away
   */
  #item(point, query, away) {
    const { about, classes, pictures } = this.#map;
    const picture = pictureCanvas();
    if (pictures) showPicture(picture, pictures, point);
    const name = about.names[classes.of[point]] ?? "";
    const right = classes.of[point] === classes.of[query];
    const sign = away === null || !name ? "" : right ? "✓ " : "✗ ";
    const kind = away === null ? "query" : right ? "right" : "wrong";
    return make(
      "li",
      { class: kind, title: String(point) },
      picture,
      make("b", {}, `${sign}${name}`),
      away === null ? "query" : String(Number(away.toPrecision(3))),
    );
  }
}

/**
 * Find the points nearest to one of them, nearest first.
 * @param {ArrayLike<number>} places x and y of each point
 * @param {number} query
 * @param {number} k
 */
export function nearest(places, query, k) {
  const found = [];
  for (let point = 0; 2 * point < places.length; point++) {
    if (point === query) continue;
    const [x, y] = [0, 1].map((axis) => places[2 * point + axis] - places[2 * query + axis]);
    found.push({ point, away: Math.hypot(x, y) });
  }
  return found.sort((a, b) => a.away - b.away || a.point - b.point).slice(0, k);
}
