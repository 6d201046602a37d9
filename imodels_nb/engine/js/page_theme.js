// Light or dark: the theme of the page around a chart.
/** @import { Theme } from "./types.d.ts" */

const DARK_SCHEME = "(prefers-color-scheme: dark)";
const THEME_ATTRIBUTES = ["data-jp-theme-light", "class", "style", "theme", "data-theme", "data-bs-theme"];
const MIN_ALPHA = 0.5; // a background with a lower alpha shows the one behind it
const MIDDLE = 128; // brightness between black and white

/**
 * Return the theme of JupyterLab, or that of the background behind an element in any other page.
 * @param {HTMLElement} element
 * @returns {Theme}
 */
export function detectPageTheme(element) {
  const light = document.body.dataset.jpThemeLight;
  if (light !== undefined) {
    return light === "false" ? "dark" : "light";
  }
  for (let behind = element.parentElement; behind; behind = behind.parentElement) {
    const brightness = parseBrightness(getComputedStyle(behind).backgroundColor);
    if (brightness !== null) {
      return brightness < MIDDLE ? "dark" : "light";
    }
  }
  return isBlankPageDark() ? "dark" : "light";
}

/** Return whether the browser draws a page without a background in dark. */
function isBlankPageDark() {
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  return scheme.includes("dark") && (!scheme.includes("light") || matchMedia(DARK_SCHEME).matches);
}

/**
 * Return the brightness of a color between 0 and 255, or null for one that is not opaque.
 * @param {string} color as `rgb(1, 2, 3)` or `rgba(1, 2, 3, 0.4)`
 */
export function parseBrightness(color) {
  const [red, green, blue, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
  if (blue === undefined || alpha < MIN_ALPHA) {
    return null;
  }
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * Call a function when the theme of the page may have changed, and return a function that unsubscribes.
 * @param {() => void} listener
 */
export function observeTheme(listener) {
  const observer = new MutationObserver(listener);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: THEME_ATTRIBUTES });
  }
  const darkScheme = matchMedia(DARK_SCHEME);
  darkScheme.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    darkScheme.removeEventListener("change", listener);
  };
}
