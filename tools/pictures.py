"""Draw the pictures of the README: the chart of pushes on sample data, as a browser shows it, light and dark."""

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from imodels_nb import charts, sample
from imodels_nb.charts.theme import Theme

FOLDER = Path("docs/pictures")
VIEW = {"width": 880, "height": 400}  # as wide as a README is shown; the page is as high as it needs
STEPS = {"First changeset": ("PageUp", 4), "Last changeset": ("PageDown", 2)}  # so that one sees what the range is
SETTLED = """() => {
  const [{ first, last, exact }] = [...document.querySelectorAll(".imodels-nb-canvas")].map((canvas) => canvas.dataset);
  const range = [...document.querySelectorAll("[role=slider]")].map((end) => end.ariaValueNow);
  return exact === "true" && document.fonts.status === "loaded" && `${range}` === `${[first, last]}`;
}"""


def main() -> None:
    """Draw each theme, and say where it is."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for theme in charts.THEMES:
            file = FOLDER / f"pushes-{theme}.png"
            file.write_bytes(_picture(browser, theme))
            print(f"{file}: {file.stat().st_size / 1e3:.0f} kB")
        browser.close()


def _picture(browser: Browser, theme: Theme) -> bytes:
    chart = charts.push_timeline(sample.load_changesets(), sample.load_named_versions(), theme=theme)
    chart.title.text = "Sample data: pushes over time"
    with TemporaryDirectory() as folder:
        chart.save(f"{folder}/chart.html")
        page = browser.new_page(viewport=VIEW, device_scale_factor=1.5)
        page.goto(Path(folder, "chart.html").as_uri())
        page.wait_for_selector("[data-first]")
        for end, (key, times) in STEPS.items():
            for _ in range(times):
                page.get_by_role("slider", name=end).press(key, timeout=5_000)
        page.evaluate("document.activeElement.blur()")
        page.wait_for_function(SETTLED)  # the chart follows its slider frame by frame
        return page.screenshot(full_page=True, animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
