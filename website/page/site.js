// @ts-check
// What makes the pages of the site alive: the theme, views, figures and frames.

import { drawFigures } from "./site_figures.js";
import { placeFrames } from "./site_frames.js";
import { followTheme } from "./site_theme.js";
import { mountViews } from "./site_views.js";

// Summaries of what a search finds are read from other pages, which a page from disk cannot do.
/** @type {any} */
const sphinx = /** @type {any} */ (window).DOCUMENTATION_OPTIONS;
if (sphinx && location.protocol === "file:") sphinx.SHOW_SEARCH_SUMMARY = false;

function openSite() {
  const frames = placeFrames();
  followTheme(frames.wear);
  mountViews();
  drawFigures();
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", openSite);
else openSite();
