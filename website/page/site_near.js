// @ts-check
// What is done only when the reader comes near.

const NEAR = "800px";

/**
 * Call a function once for each element, when it is nearly in sight.
 * @param {string} selector
 * @param {(element: HTMLElement) => void} act
 */
export function whenNear(selector, act) {
  const sight = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        sight.unobserve(target);
        act(/** @type {HTMLElement} */ (target));
      }
    },
    { rootMargin: NEAR },
  );
  for (const element of document.querySelectorAll(selector)) sight.observe(element);
}

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/**
 * Run a script once. A page that was opened from disk can read other files in no other way.
 * @param {string} src
 */
export function loadScript(src) {
  const found = loaded.get(src);
  if (found) return found;
  /** @type {Promise<void>} */
  const promise = new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${src} cannot be read`));
    script.src = src;
    document.head.append(script);
  });
  loaded.set(src, promise);
  return promise;
}
