// @ts-check
// The colours and the font that the style sheet gives a view.

/**
 * @typedef {object} Theme
 * @property {string} font
 * @property {string} ground as "rgb(...)"
 * @property {string} ink
 * @property {string} quiet
 * @property {string} accent
 * @property {string} same of similar pairs
 * @property {string} different of different pairs
 * @property {number} small pixels of small text
 * @property {number} text pixels of other text
 */

/**
 * @param {Element} root
 * @returns {Theme}
 */
export function themeOf(root) {
  const style = getComputedStyle(root);
  /** @param {string} name */
  const own = (name) => style.getPropertyValue(`--sv-${name}`).trim();
  const text = parseFloat(style.fontSize);
  return {
    font: style.fontFamily,
    ground: style.backgroundColor,
    ink: style.color,
    quiet: own("quiet"),
    accent: own("accent"),
    same: own("same"),
    different: own("different"),
    small: parseFloat(own("small")) || text, // in full screen, small text is as large as other text
    text,
  };
}

/**
 * Read red, green and blue from 0 to 255; white if there are none.
 * @param {string} color as "rgb(...)" or "rgba(...)"
 */
export function rgbOf(color) {
  const parts = color.match(/[\d.]+/g) ?? [];
  return parts.length < 3 ? [255, 255, 255] : parts.slice(0, 3).map(Number);
}
