"""The rows of many iModels, and their board."""

import re
from typing import Any

import pandas as pd
import pytest

from imodels_nb import Portfolio, findings, portfolio_summary, sample
from imodels_nb.insights import build_board, read_portfolio, render_board, summarize_portfolio

COUNTS = {"a": 900, "b": 40, "c": 300}
NAMES = pd.DataFrame({"display_name": ["Depot", "<script>x</script>"]}, index=pd.Index(["a", "b"], name="id"))
FAILURES = pd.DataFrame(
    {"error": ["Forbidden"], "status_code": pd.array([403], "Int64"), "message": ["Ask <for> access."]},
    index=pd.Index(["d"], name="imodel_id"),
)


@pytest.fixture(scope="module")
def timelines() -> dict[str, pd.DataFrame]:
    return {name: sample.load_changesets(changesets=count, seed=count) for name, count in COUNTS.items()}


@pytest.fixture(scope="module")
def frame(timelines: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(timelines, names=["imodel_id"])


def _build_html(portfolio: Any, **options: Any) -> str:
    data = read_portfolio(portfolio, NAMES, **options)
    return render_board(build_board(data, summarize_portfolio(data)))


def test_each_row_is_what_its_own_frame_says(timelines: dict[str, pd.DataFrame], frame: pd.DataFrame) -> None:
    table = portfolio_summary(Portfolio(frame, FAILURES.iloc[:0]), NAMES)
    now = frame["push_date_time"].max()
    for imodel_id, rows in timelines.items():
        uploaded = rows["state"] == "fileUploaded"
        found = findings(rows, now=now.isoformat())
        assert table.loc[imodel_id].drop("name").to_list() == [
            rows["push_date_time"].min(),
            rows["push_date_time"].max(),
            len(rows),
            (~uploaded).sum(),
            rows.loc[uploaded, "file_size"].sum(),
            rows["creator_id"].nunique(),
            pd.NA,
            len(found),
            found["severity"].max(),
            found["sentence"].iloc[0],
        ]
    assert table["name"].fillna("unknown").to_dict() == {"a": "Depot", "b": "<script>x</script>", "c": "unknown"}


def test_dtypes_do_not_depend_on_the_data(frame: pd.DataFrame) -> None:
    some, none = portfolio_summary(frame), portfolio_summary(frame.iloc[:0])
    assert some.dtypes.equals(none.dtypes)
    assert list(map(str, some.dtypes)) == [
        *("str", "datetime64[us, UTC]", "datetime64[us, UTC]", "int64", "int64", "int64", "int64", "Int64", "Int64"),
        *("category", "str"),
    ]
    assert (len(none), none.index.name) == (0, "imodel_id")


def test_named_versions_come_as_a_dict_or_as_one_frame(frame: pd.DataFrame) -> None:
    versions = {name: sample.load_named_versions(changesets=COUNTS[name], seed=COUNTS[name]) for name in ("a", "b")}
    table = portfolio_summary(frame, named_versions=versions)
    visible = {
        name: int((frame_of_versions["state"] != "hidden").sum()) for name, frame_of_versions in versions.items()
    }
    assert table["named_versions"].fillna(-1).to_dict() == visible | {"c": -1}
    pd.testing.assert_frame_equal(
        table, portfolio_summary(frame, named_versions=pd.concat(versions, names=["imodel_id"]))
    )
    assert ">Versions<" in _build_html(frame, named_versions=versions)
    assert ">Versions<" not in _build_html(frame)


def test_rows_have_places_for_each_order(frame: pd.DataFrame) -> None:
    shown = _build_html(Portfolio(frame, FAILURES))
    rows = re.findall(r'<tr role="row" style="([^"]*)">.*?<span class="board-id">(.)</span>', shown)
    ranks = {imodel: dict(re.findall(r"--([\w-]+): (\d+)", style)) for style, imodel in rows}
    assert {imodel: rank["changesets"] for imodel, rank in ranks.items()} == {"a": "1", "c": "2", "b": "3"}
    assert {imodel: rank["name"] for imodel, rank in ranks.items()} == {"b": "1", "a": "2", "c": "3"}
    assert set(re.findall(r"order: (?:calc\(-1 \* )?var\(--([\w-]+)\)", shown)) == set(ranks["a"])


def test_texts_are_escaped_and_failures_are_listed(frame: pd.DataFrame) -> None:
    shown = _build_html(Portfolio(frame, FAILURES))
    assert "<script" not in shown
    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "Forbidden (403)" in shown
    assert "Ask &lt;for&gt; access." in shown
    assert shown == _build_html(Portfolio(frame, FAILURES))


def test_ids_are_found_whatever_their_case(timelines: dict[str, pd.DataFrame]) -> None:
    versions = {"A": sample.load_named_versions(changesets=COUNTS["a"], seed=COUNTS["a"])}
    table = portfolio_summary(pd.concat({"A": timelines["a"]}, names=["imodel_id"]), NAMES, versions)
    assert (table.loc["A", "name"], table["named_versions"].isna().any()) == ("Depot", False)


def test_a_portfolio_of_other_frames_has_the_plain_display(frame: pd.DataFrame) -> None:
    odd = Portfolio(frame[["id"]], FAILURES)
    assert odd._repr_html_() is None
    assert repr(odd).startswith("Portfolio(changesets=")


def test_an_empty_portfolio_is_a_sentence(frame: pd.DataFrame) -> None:
    empty = Portfolio(frame.iloc[:0], FAILURES.iloc[:0])
    assert empty._repr_html_() == "<p>0 iModels: 0 changesets with 0 B.</p>"
    assert repr(empty) == "0 iModels: 0 changesets with 0 B."


@pytest.mark.parametrize(
    ("portfolio", "message"),
    [
        (
            sample.load_changesets(changesets=3),
            r"indexed by imodel_id and changeset_index; pass the result of fetch_port",
        ),
        (
            pd.concat({"a": sample.load_changesets(changesets=3)[["id"]]}, names=["imodel_id"]),
            "lack parent_id, creator_id",
        ),
        (7, "portfolio should be the result of fetch_portfolio, not int"),
        ((1, 2), "portfolio should be the result of fetch_portfolio"),
    ],
)
def test_what_is_no_portfolio_is_named(portfolio: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        portfolio_summary(portfolio)
