// @ts-check
// The exported page: a film, and a search for the gallery images nearest to any test image.

/** @import { PageData } from "./page_data.js" */
/** @import { PictureSource } from "../views/js/pictures.js" */
/** @import { Drawing } from "./page_examples.js" */

import { addressKeeper, stateInAddress } from "../views/js/address.js";
import { wordsOf } from "../views/js/numbers.js";
import { FIRST_SHOWN, joinState, splitState } from "../views/js/shown.js";
import { View } from "../views/js/view.js";
import { Answers } from "./page_answers.js";
import { pageData } from "./page_data.js";
import { Examples } from "./page_examples.js";
import { FilmNetwork, Journey } from "./page_journey.js";
import { DrawingPad } from "./page_pad.js";
import { picturesOf } from "./page_pictures.js";
import { PageSearch } from "./page_search.js";
import { makeSortable } from "./page_tables.js";
import { Thumbs } from "./page_thumbs.js";
import { byId } from "./page_widgets.js";

const MOST_NEIGHBOURS = 50;

class SearchPage {
  #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  #network;
  #keep = addressKeeper();

  /**
   * @param {PageData} data
   * @param {{ test: PictureSource, gallery: PictureSource }} pictures
   * @param {FilmNetwork | null} network
   */
  constructor(data, pictures, network) {
    this.#network = network;
    const { film, about } = data.view;
    const last = film.frames.length - 1;
    const { k, metric } = data;
    const own = { frame: last, playing: false, selected: [0], highlighted: [], k, metric };
    const state = stateInAddress({ ...own, ...FIRST_SHOWN });
    const playing = data.playing && last > 0 && state.frame === undefined;
    this.search = new PageSearch(
      { ...data, ...asked(data, state) },
      wordsOf(about.labels ?? new Uint16Array(film.count)),
    );
    this.map = new View(byId("map"), data.view, {
      ...splitState({ frame: playing ? 0 : last, ...state }),
      playing,
      onChange: (changes) => {
        this.#keep(joinState(changes));
        if (changes.selected?.length === 1) this.ask(changes.selected[0]);
      },
    });
    this.map.pictures = pictures.test;
    const acts = {
      /** @param {number} query */
      ask: (query) => this.ask(query),
      changed: () => {
        this.#keep({ k: search.k, metric: search.metric });
        this.answers.show();
        this.thumbs.show();
      },
    };
    const { search } = this;
    const known = { names: [...about.names], colors: [...about.colors] };
    const examples = new Examples(search, known, pictures.gallery);
    const shown = { test: pictures.test, gallery: examples };
    this.answers = new Answers(byId("search"), search, known, shown, acts, data);
    this.thumbs = new Thumbs(byId("browse"), search, this.map.classes, pictures.test, (query) => {
      this.ask(query);
      const behavior = this.#calm ? "auto" : "smooth";
      this.answers.verdict.scrollIntoView({ block: "nearest", behavior });
    });
    if (data.drawing && network) {
      const drawn = (/** @type {Drawing | null} */ drawing) => this.showDrawing(drawing);
      const { changed } = acts;
      const to = this.answers.pad;
      const inside = network.network;
      this.pad = new DrawingPad(to, data.drawing, inside, examples, { drawn, changed });
    }
    const [query = 0] = state.selected ?? [];
    this.ask(query < film.count ? query : 0);
  }

  /**
   * Show the neighbours of a drawing, and where it lies on the map; or the test image again.
   * @param {Drawing | null} drawing
   */
  showDrawing(drawing) {
    if (!drawing) return this.ask(this.answers.query);
    this.answers.drawing = drawing;
    this.answers.show();
    this.thumbs.mark(null);
    this.map.set({ selected: [], highlighted: [] });
    // A drawing that has no place at this frame is shown where it has one.
    if (!this.#network?.travels) this.map.set({ frame: -1, playing: false });
    this.#mark(drawing);
  }

  /** @param {Drawing | null} drawing */
  #mark(drawing) {
    const { map } = this;
    const network = this.#network;
    const guest = drawing && network?.mapped ? new Journey(network, drawing, map.film) : null;
    map.overlay.guest = guest;
    map.animation.wake();
    const place = guest?.place(network?.travels ? map.clock.goal : map.film.last);
    if (place) map.camera.reveal(place);
    guest?.prepare(
      () => map.overlay.guest === guest,
      () => map.animation.wake(),
    );
  }

  /**
   * Show the neighbours of a test image.
   * @param {number} query
   */
  ask(query) {
    const { selected } = this.map;
    if (selected.length !== 1 || selected[0] !== query) {
      this.map.set({ selected: [query], highlighted: [] });
    }
    this.#keep({ selected: [query] });
    this.answers.query = query;
    this.answers.drawing = null;
    this.answers.show();
    this.#mark(null);
    this.thumbs.mark(query);
  }
}

/**
 * Return the number of neighbours and the metric that an address asks for, or the page's own.
 * @param {PageData} data
 * @param {{ k?: any, metric?: any }} state
 * @returns {Pick<PageData, "k" | "metric">}
 */
function asked(data, { k, metric }) {
  const most = Math.min(MOST_NEIGHBOURS, wordsOf(data.gallery.labels).length);
  return {
    k: Number.isInteger(k) && k > 0 && k <= most ? k : data.k,
    metric: metric === "euclidean" || (metric === "cosine" && data.cosine) ? metric : data.metric,
  };
}

async function openPage() {
  for (const table of document.querySelectorAll("table")) makeSortable(table);
  const facts = byId("facts");
  try {
    const data = pageData(byId("data").textContent ?? "");
    const [test, gallery] = await Promise.all([data.images, data.gallery.images].map(picturesOf));
    const network = data.drawing ? await FilmNetwork.unpack(data.drawing) : null;
    byId("page").hidden = false;
    Object.assign(window, { explorer: new SearchPage(data, { test, gallery }, network) });
    facts.textContent = data.facts;
  } catch (error) {
    facts.textContent = `This page needs a browser of 2023 or later with JavaScript on (${error}).`;
    throw error;
  }
}

openPage();
