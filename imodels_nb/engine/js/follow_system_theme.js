// The script of a converted notebook: its theme is that of the system, light or dark.

const DARK_SYSTEM = matchMedia("(prefers-color-scheme: dark)");

/** Set the theme of the page, as JupyterLab names it. */
function followSystemTheme() {
  document.body.dataset.jpThemeLight = String(!DARK_SYSTEM.matches);
}

DARK_SYSTEM.addEventListener("change", followSystemTheme);
addEventListener("DOMContentLoaded", followSystemTheme);
