// @ts-check
// Plotly's figures, from the numbers that stand in the page.

import { loadScript, whenNear } from "./site_near.js";

/** Draw each figure when the reader comes near. Plotly's script is loaded with the first one. */
export function drawFigures() {
  whenNear(".site-figure", async (element) => {
    const text = element.querySelector("script")?.textContent ?? "";
    const { data, layout, config } = JSON.parse(text);
    await loadScript("_static/plotly.min.js");
    element.replaceChildren();
    const { Plotly } = /** @type {any} */ (window);
    await Plotly.newPlot(element, data, layout, { ...config, responsive: true });
    element.dataset.drawn = "";
  });
}
