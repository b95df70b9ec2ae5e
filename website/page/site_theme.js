// @ts-check
// The theme: Furo's switch says "light", "dark" or "auto". Views know JupyterLab's sign for it.

/**
 * Call a function with whether the page is dark, now and at each change.
 * @param {(dark: boolean) => void} wear
 */
export function followTheme(wear) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let worn = "";
  const look = () => {
    const { theme } = document.body.dataset;
    const dark = theme === "dark" || (theme !== "light" && system.matches);
    if (worn === String(dark)) return;
    worn = String(dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.body.dataset.jpThemeLight = String(!dark);
    wear(dark);
  };
  new MutationObserver(look).observe(document.body, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", look);
  look();
}
