// @ts-check
// What a page does in a frame of the site: it has the site's theme, and says how high it is.

const DARK = "prefers-color-scheme: dark";

/** The rules for dark pages. @type {CSSMediaRule[]} */
const darkRules = [...document.styleSheets]
  .flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule instanceof CSSMediaRule)
  .filter((rule) => rule.conditionText.includes(DARK));

/** @param {boolean} dark */
function wearTheme(dark) {
  for (const rule of darkRules) rule.media.mediaText = dark ? "all" : "not all";
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  document.body.dataset.jpThemeLight = String(!dark);
}

function sayHeight() {
  const { height } = document.body.getBoundingClientRect();
  parent.postMessage({ siameseHeight: Math.ceil(height) }, "*");
}

addEventListener("message", ({ source, data }) => {
  if (source === parent && typeof data?.siameseDark === "boolean") wearTheme(data.siameseDark);
});
new ResizeObserver(sayHeight).observe(document.body);
