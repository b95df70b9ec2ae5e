// @ts-check
// What makes the pages of the site alive: the theme, views, figures and frames.

import { drawFigures } from "./site_figures.js";
import { placeFrames } from "./site_frames.js";
import { followTheme } from "./site_theme.js";
import { mountViews } from "./site_views.js";

// Summaries of what a search finds are read from other pages, which a page from disk cannot do.
// @ts-expect-error Sphinx declares it in a script of its own
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

function openSite() {
  const frames = placeFrames();
  followTheme(frames.wear);
  mountViews();
  drawFigures();
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", openSite);
else openSite();
