"""The page of many iModels: what it holds, and what it refuses."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imodels_nb import Portfolio, sample, write_portfolio
from imodels_nb.errors import SecretFound

IDS = ["a", "b", "c"]
TOKEN = "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    timelines = {name: sample.load_changesets(changesets=150, seed=number) for number, name in enumerate(IDS)}
    failures = pd.DataFrame(
        {"error": ["NotFound"], "status_code": pd.array([404], "Int64"), "message": ["Check <the> id."]},
        index=pd.Index(["d"], name="imodel_id"),
    )
    return Portfolio(pd.concat(timelines, names=["imodel_id"]), failures)


def _name(**names: str) -> pd.DataFrame:
    return pd.DataFrame({"display_name": list(names.values())}, index=pd.Index([*names], name="id"))


def test_the_page_is_whole_and_loads_nothing(portfolio: Portfolio, tmp_path: Path) -> None:
    names = _name(a="Depot <b>", b="Bridge\u202e", d="Gone")
    file = write_portfolio(tmp_path / "board.html", portfolio, names, title="Line <3>", time_zone="Europe/London")
    page = file.read_text("utf-8")
    for text in ("<h1><bdi>Line &lt;3&gt;</bdi>", "Depot &lt;b&gt;", "Bridge\ufffd", "Check &lt;the&gt; id.", "450"):
        assert text in page
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'" in page
    assert not re.search(r"<(?:script|link|iframe|a) |javascript:|url\(|@import|src=\"(?!data:image/svg)", page)
    assert set(re.findall(r"https?://[^'\"%\s]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert (
        file.read_bytes()
        == write_portfolio(
            tmp_path / "again.html", portfolio, names, title="Line <3>", time_zone="Europe/London"
        ).read_bytes()
    )


def test_people_are_pseudonyms(portfolio: Portfolio, tmp_path: Path) -> None:
    changesets = portfolio.changesets.assign(creator_name="Ada Lovelace")
    page = write_portfolio(tmp_path / "board.html", Portfolio(changesets, portfolio.failures)).read_text("utf-8")
    creators = portfolio.changesets["creator_id"].dropna().unique()
    assert not any(str(creator) in page for creator in [*creators, "Ada Lovelace"])
    assert re.search(r"person-[0-9a-f]{8}", page)


def test_a_secret_stops_the_page_or_is_masked(portfolio: Portfolio, tmp_path: Path) -> None:
    file = tmp_path / "board.html"
    with pytest.raises(SecretFound, match="the page, board, rows, row 1, name looks like it contains an access token"):
        write_portfolio(file, portfolio, _name(a=TOKEN, b=TOKEN, c=TOKEN))
    assert not file.exists()
    page = write_portfolio(file, portfolio, _name(a=TOKEN, d=TOKEN), redact=True).read_text("utf-8")
    assert TOKEN not in page
    assert page.count("[redacted]") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "board.pdf"}, "should end with .html"),
        ({"portfolio": 7}, "portfolio should be the result of fetch_portfolio"),
        ({"title": 7}, "title should be text"),
        ({"redact": "no"}, "redact should be True or False"),
        ({"now": "soon"}, "now should be a time"),
        ({"time_zone": "Moon/Crater"}, "Moon/Crater"),
        ({"imodels": pd.DataFrame({"name": ["a"]}, index=["a"])}, "imodels frame lacks display_name"),
        ({"named_versions": 7}, "named_versions should be a dict"),
    ],
)
def test_an_invalid_argument_is_named(
    portfolio: Portfolio, tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    file = tmp_path / str(arguments.pop("path", "board.html"))
    with pytest.raises((TypeError, ValueError), match=message):
        write_portfolio(file, **{"portfolio": portfolio} | arguments)
    assert not list(tmp_path.iterdir())
