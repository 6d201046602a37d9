"""Tests of the page of ``make voila``: the explorer without code and internet."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.servers import serving
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def page_url(lab_notebooks: Path) -> Iterator[str]:
    with serving("voila", lab_notebooks) as url:
        yield f"{url}/voila/render/explorer.ipynb"


def test_the_explorer_page_needs_no_internet(page: Page, page_url: str, screenshots: Path) -> None:
    elsewhere: list[str] = []
    page.on("requestfailed", lambda request: elsewhere.append(f"{request.failure} {request.url}"))
    page.on("response", lambda response: elsewhere.append(response.url))
    page.goto(page_url)
    expect(page.get_by_role("heading", name="SAMPLE DATA")).to_be_visible()
    expect(page.get_by_text("from imodels_nb import")).to_have_count(0)  # no code
    first = page.get_by_role("button", name="schema storm")
    first.click()
    for number in range(2):
        expect(page.locator(".imodels-nb-canvas").nth(number)).to_have_attribute("data-first", "6400")
    expect(page.locator("code")).to_have_count(0)
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.set_viewport_size({"width": 800, "height": 700})
    for finding in (page.locator(".imodels-finding:enabled").last, first):
        finding.click()
        expect(finding).to_have_attribute("aria-pressed", "true")
        expect(page.locator(".imodels-nb-canvas").first).to_be_in_viewport(ratio=0.7)
    page.screenshot(path=screenshots / "voila-explorer-800.png")
    page.screenshot(path=screenshots / "voila-explorer.png", full_page=True)
    assert not [url for url in elsewhere if not re.match(r"http://127\.0\.0\.1|blob:|data:|csp https:", url)]
