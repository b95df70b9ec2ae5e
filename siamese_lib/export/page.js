// @ts-check
// The exported page: a film, and a search for the gallery images nearest to any test image.

/** @import { PageData } from "./page_data.js" */
/** @import { PictureSource } from "../views/js/pictures.js" */

import { wordsOf } from "../views/js/numbers.js";
import { View } from "../views/js/view.js";
import { Answers } from "./page_answers.js";
import { pageData } from "./page_data.js";
import { picturesOf } from "./page_pictures.js";
import { PageSearch } from "./page_search.js";
import { makeSortable } from "./page_tables.js";
import { Thumbs } from "./page_thumbs.js";
import { byId } from "./page_widgets.js";

class SearchPage {
  #calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  /**
   * @param {PageData} data
   * @param {{ test: PictureSource, gallery: PictureSource }} pictures
   */
  constructor(data, pictures) {
    const { film, about } = data.view;
    const playing = data.playing && film.frames.length > 1;
    this.search = new PageSearch(data, wordsOf(about.labels ?? new Uint16Array(film.count)));
    this.map = new View(byId("map"), data.view, {
      frame: playing ? 0 : film.frames.length - 1,
      playing,
      onChange: ({ selected }) => {
        if (selected?.length === 1) this.ask(selected[0]);
      },
    });
    this.map.pictures = pictures.test;
    const acts = {
      /** @param {number} query */
      ask: (query) => this.ask(query),
      changed: () => {
        this.answers.show();
        this.thumbs.show();
      },
    };
    const { search } = this;
    this.answers = new Answers(byId("search"), search, about, pictures, acts, data);
    this.thumbs = new Thumbs(byId("browse"), search, this.map.classes, pictures.test, (query) => {
      this.ask(query);
      const behavior = this.#calm ? "auto" : "smooth";
      this.answers.verdict.scrollIntoView({ block: "nearest", behavior });
    });
    this.ask(0);
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
    this.answers.query = query;
    this.answers.show();
    this.thumbs.mark(query);
  }
}

async function openPage() {
  for (const table of document.querySelectorAll("table")) makeSortable(table);
  const facts = byId("facts");
  try {
    const data = pageData(byId("data").textContent ?? "");
    const [test, gallery] = await Promise.all([data.images, data.gallery.images].map(picturesOf));
    byId("page").hidden = false;
    Object.assign(window, { explorer: new SearchPage(data, { test, gallery }) });
    facts.textContent = data.facts;
  } catch (error) {
    facts.textContent = `This page needs a browser of 2023 or later with JavaScript on (${error}).`;
    throw error;
  }
}

openPage();
