"""Tests of the page of ``python -m imodels_nb demo``, without any server."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    page = tmp_path_factory.mktemp("demo") / "quickstart.html"
    command = [sys.executable, "-m", "imodels_nb", "demo", "--no-browser", "--output", str(page)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return page, run.stdout


def test_the_demo_prints_the_address_and_no_log(demo: tuple[Path, str]) -> None:
    page, shown = demo
    assert shown.splitlines()[-1] == page.as_uri()
    assert len(shown.splitlines()) == 3


def test_the_page_begins_with_the_card_and_hides_the_log(demo: tuple[Path, str], page: Page) -> None:
    page.goto(demo[0].as_uri())
    expect(page.locator(".jp-OutputArea").first).to_contain_text("Signed in to the sample")
    assert not [text for text in ("LoginWidget", "authorization_pending", ".ipynb") if text in page.inner_text("body")]


def test_the_page_has_the_frame_and_working_charts(demo: tuple[Path, str], page: Page, screenshots: Path) -> None:
    asked: list[str] = []
    page.on("requestfailed", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.goto(demo[0].as_uri())
    expect(page.get_by_text("12,000 rows and 20 columns")).to_be_visible()
    charts = page.locator(".imodels-nb-chart")
    expect(charts).to_have_count(2)
    expect(charts.locator(".imodels-nb-picture")).to_have_count(0)
    for number in range(2):
        chart = charts.nth(number)
        before = chart.locator(".marks").screenshot()
        chart.get_by_role("slider", name="First changeset").press("PageUp")
        expect(chart.get_by_role("combobox", name="First changeset")).not_to_have_value("1")
        assert chart.locator(".marks").screenshot() != before
    page.screenshot(path=screenshots / "demo-page.png", full_page=True)
    assert not asked
