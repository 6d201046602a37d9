"""Tests of a report in a browser, without kernel, server and internet."""

import re
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.texts import HOSTILE
from playwright.sync_api import Browser, Page, expect

from imodels_nb import sample, write_report

pytestmark = pytest.mark.browser

_MARKS = "() => document.querySelectorAll('.imodels-nb-chart canvas.marks').length"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    return write_report(file, sample.load_changesets(), sample.load_named_versions(), title="Riverside Hospital")


def _watch(page: Page) -> list[str]:
    """Return a list that gets all errors of the page, and requests for other URLs."""
    wrong: list[str] = []
    page.on("request", lambda asked: wrong.append(asked.url) if asked.resource_type != "document" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    return wrong


def _wake(page: Page) -> None:
    for figure in page.locator("figure").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator("canvas.marks")).to_have_count(1)


def _range(figure: Any) -> tuple[str, str]:
    first, last = (figure.locator(f"input[name='{end}']").input_value() for end in ("first", "last"))
    return first, last


def test_charts_load_when_they_are_near(page: Page, report: Path) -> None:
    wrong = _watch(page)
    page.set_viewport_size({"width": 1200, "height": 300})
    page.goto(report.as_uri())
    assert page.evaluate(_MARKS) == 0
    assert page.locator(".imodels-nb-picture svg").count() >= 2
    _wake(page)
    for figure in page.locator("figure").all():
        figure.get_by_role("slider", name="First changeset").press("PageUp")
        expect(figure.locator("[data-first='1201']")).to_have_count(1)
    assert not wrong


def test_a_finding_moves_both_charts_to_its_range(page: Page, report: Path) -> None:
    wrong = _watch(page)
    page.goto(report.as_uri())
    page.get_by_role("button", name="Show changesets 6,400 to 6,478 in the charts").press("Enter")
    for figure in page.locator("figure").all():
        expect(figure.locator(".imodels-nb-canvas[data-exact]")).to_have_count(1)
        expect(figure.locator("input[name='first']")).to_have_value("6400")
        assert _range(figure) == ("6400", "6478")
    assert page.locator("figcaption:visible").count() == 0  # they tell the range of the pictures
    assert not wrong


def test_a_report_is_printed_on_four_pages(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    printed = page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 4


def test_the_page_connects_to_nothing(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    refused = page.evaluate(
        """async () => {
          const broken = [];
          document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
          await fetch("http://127.0.0.1:9/").catch(() => {});
          const script = document.createElement("script");
          script.textContent = "window.harm = 1";
          document.body.append(script, Object.assign(new Image(), { src: "http://127.0.0.1:9/x.png" }));
          await new Promise((later) => setTimeout(later, 300));
          return [broken, window.harm];
        }"""
    )
    assert set(refused[0]) == {"connect-src", "img-src", "script-src-elem"}
    assert refused[1] is None


def test_hostile_texts_stay_texts(page: Page, tmp_path: Path) -> None:
    wrong = _watch(page)
    changesets = sample.load_changesets(changesets=400).pipe(lambda rows: rows.assign(description=_many(len(rows))))
    people = pd.Index(changesets["creator_id"].unique().astype("str"), name="id")
    users = pd.DataFrame({"label": "x", "given_name": _many(len(people)), "surname": ""}, index=people)
    versions = sample.load_named_versions(changesets=400).pipe(
        lambda rows: rows.assign(name=_many(len(rows)), description=_many(len(rows)))
    )
    file, title = tmp_path / "report.html", " · ".join(HOSTILE)
    page.goto(write_report(file, changesets, versions, users, title=title, names=True).as_uri())
    _wake(page)
    for table in page.locator("details").all():
        table.locator("summary").click()
    as_texts = {_readable(text) for text in HOSTILE}
    assert _read_texts(page, "h1") == {_readable(title)}
    assert _read_texts(page, "#versions th bdi") == as_texts
    assert set() < _read_texts(page, "#charts td bdi") <= as_texts
    page.mouse.move(600, 400)
    assert page.evaluate("() => window.harm") is None
    assert not wrong


def _many(count: int) -> list[str]:
    return list(islice(cycle(HOSTILE), count))


def _read_texts(page: Page, selector: str) -> set[str]:
    return {"".join(text.split()) for text in page.locator(selector).all_inner_texts()}


def _readable(text: str) -> str:
    unseen = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\x07"}
    shown = (f"⟨U+{ord(letter):04X}⟩" if letter in unseen else letter for letter in text)
    return "".join("".join(shown).split())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [600, 1600])
def test_the_report_fits_and_follows_the_color_scheme(
    browser: Browser, report: Path, screenshots: Path, scheme: Any, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.as_uri())
    _wake(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 17, 17)"}[scheme]
    page.evaluate("() => scrollTo(0, 0)")
    page.screenshot(path=screenshots / f"report-{width}-{scheme}.png", full_page=True)
    context.close()


def test_a_printed_report_shows_pictures_on_white(page: Page, report: Path, screenshots: Path) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    page.goto(report.as_uri())
    page.evaluate("() => scrollTo(0, document.querySelector('figure').offsetTop)")
    for figure in page.locator("figure").all():
        expect(figure.locator("svg:visible")).to_have_count(1)
    expect(page.locator("button").first).to_be_hidden()
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.screenshot(path=screenshots / "report-printed.png", full_page=True)
