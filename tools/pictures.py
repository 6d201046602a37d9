"""Moving pictures of the README: the range slider on sample data."""

import math
import os
import shutil
import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageColor
from playwright.sync_api import Browser, Page, sync_playwright

from imodels_nb import KINDS, charts, sample
from imodels_nb.charts.theme import Theme

FOLDER = Path("docs/pictures")
WIDTH = 660
COLORS = 48
CLOSE = 12  # difference of two colors that look like one
FRAME_MS = 80
PAUSE_MS = 1200
STEPS = 6  # frames of each drag

# A dot in the place of the mouse, which a screenshot does not show.
CURSOR = """() => {
  const dot = document.createElement("div");
  dot.style = "position:fixed; left:-99px; width:14px; height:14px; margin:-7px; border-radius:50%;" +
    "background:#d1495b; opacity:0.8; z-index:9; pointer-events:none";
  document.body.append(dot);
  document.addEventListener("pointermove", (event) => {
    dot.style.left = `${event.clientX}px`;
    dot.style.top = `${event.clientY}px`;
  }, true);
}"""
IS_SETTLED = """() => {
  const [{ first, last, exact }] = [...document.querySelectorAll(".imodels-nb-canvas")].map((canvas) => canvas.dataset);
  const range = [...document.querySelectorAll("[role=slider]")].map((end) => end.ariaValueNow);
  return exact === "true" && document.fonts.status === "loaded" && `${range}` === `${[first, last]}`;
}"""


def main() -> None:
    """Write one picture for each theme, and print its size."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for theme in charts.THEMES:
            file = FOLDER / f"slider-{theme}.gif"
            write_gif(file, list(take_frames(browser, theme)))
            print(f"{file}: {file.stat().st_size / 1e3:.0f} kB")
        browser.close()


def take_frames(browser: Browser, theme: Theme) -> Iterator[tuple[bytes, int]]:
    """Yield screenshots while the range is dragged, each with its milliseconds."""
    chart = charts.push_timeline(sample.load_changesets(), sample.load_named_versions(), theme=theme)
    chart.title.text = "Sample data: pushes over time"
    with TemporaryDirectory() as folder:
        chart.save(f"{folder}/chart.html")
        page = browser.new_page(viewport={"width": WIDTH, "height": 300})
        page.goto(Path(folder, "chart.html").as_uri())
        page.wait_for_selector("[data-first]")
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": WIDTH, "height": height})
        page.evaluate(CURSOR)
        yield take_screenshot(page), PAUSE_MS
        width = page.get_by_role("group", name="Overview and range").bounding_box()["width"]  # type: ignore[index]
        yield from drag(page, find_grip(page, 0), 0.55 * width)  # narrow the range from the left
        yield from drag(page, find_grip(page, 1), -0.25 * width)  # and from the right
        yield from drag(page, find_window(page), -0.5 * width)  # and move it
        yield from drag(page, find_window(page), 0.3 * width)


def find_grip(page: Page, number: int) -> tuple[float, float]:
    """Return the middle of one end of the range."""
    box = page.get_by_role("slider").nth(number).bounding_box()
    assert box  # noqa: S101 - it is visible
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def find_window(page: Page) -> tuple[float, float]:
    """Return the middle between both ends of the range."""
    (left, y), (right, _) = find_grip(page, 0), find_grip(page, 1)
    return (left + right) / 2, y


def drag(page: Page, start: tuple[float, float], distance: float) -> Iterator[tuple[bytes, int]]:
    """Yield screenshots of a drag to the right; a negative distance is to the left."""
    x, y = start
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, STEPS + 1):
        page.mouse.move(x + distance * step / STEPS, y)
        yield take_screenshot(page), FRAME_MS if step < STEPS else PAUSE_MS
    page.mouse.up()


def take_screenshot(page: Page) -> bytes:
    """Return a screenshot once the chart shows its range exactly."""
    page.wait_for_function(IS_SETTLED)
    return page.screenshot(animations="disabled")


def build_palette(sheet: Image.Image) -> Image.Image:
    """Return the most frequent colors, and those of paper and kinds exactly.

    Two similar kinds would become one color, and white would become gray.
    """
    values = sheet.quantize(COLORS, dither=Image.Dither.NONE).getpalette() or []
    frequent = [tuple(values[start : start + 3]) for start in range(0, 3 * COLORS, 3)]
    exact = [sheet.getpixel((0, 0)), *(ImageColor.getrgb(kind.color) for kind in KINDS.values())]
    others = [color for color in frequent if all(math.dist(color, known) > CLOSE for known in exact)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*chain(*exact, *others)])
    return palette


def write_gif(file: Path, frames: list[tuple[bytes, int]]) -> None:
    """Write the frames as one GIF with a common palette."""
    images = [Image.open(BytesIO(png)).convert("RGB") for png, _ in frames]
    sheet = Image.new("RGB", (images[0].width, images[0].height * 2))
    sheet.paste(images[0], (0, 0))
    sheet.paste(images[-1], (0, images[0].height))
    palette = build_palette(sheet)
    packed = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    packed[0].save(
        file, save_all=True, append_images=packed[1:], duration=[ms for _, ms in frames], loop=0, optimize=True
    )


if __name__ == "__main__":
    sys.exit(main())
