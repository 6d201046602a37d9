"""The table of a range without a browser: its pages, searched and sorted."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from helpers.timelines import build_columns, build_frame, make_rows

from imodels_nb import ChangesetTable, FileSizes, PushTimeline, sample
from imodels_nb.frames import pseudonymize
from imodels_nb.widgets.table_rows import TableRows

ROWS = [replace(row, uploaded=row.index != 30) for row in make_rows(50)]
FRAME = build_frame(ROWS).assign(
    creator_id=pd.Categorical(["ada" if row.index % 3 else "Bob" for row in ROWS]),
    description=pd.array([f"Change <b>{row.index}</b> of Walls" for row in ROWS], dtype="str"),
)


@pytest.fixture(scope="module")
def timeline() -> PushTimeline:
    return PushTimeline(FRAME, index_range=(5, 40))


@pytest.fixture
def table(timeline: PushTimeline) -> ChangesetTable:
    return ChangesetTable(timeline)


def _request(table: ChangesetTable, **request: Any) -> Any:
    sent: list[Any] = []
    table.send = sent.append
    table._handle_custom_msg({"request": 7, "range": [5, 40], **request}, [])
    (page,) = sent
    assert page["request"] == 7
    return page


def _indexes(page: Any) -> list[int]:
    return [row["index"] for row in page["rows"]]


def test_a_table_begins_with_the_first_page_of_the_range(table: ChangesetTable) -> None:
    page: Any = table.page
    assert _indexes(page) == list(range(5, 15))
    assert (page["page"], page["pages"], page["matching"], page["total"]) == (0, 4, 36, 36)
    assert page["rows"][0] == {
        "index": 5,
        "seconds": int(ROWS[4].time.timestamp()),
        "time": f"{ROWS[4].time:%Y-%m-%d %H:%M}",
        "who": pseudonymize("ada"),
        "kinds": page["rows"][0]["kinds"],
        "size": page["rows"][0]["size"],
        "description": "Change <b>5</b> of Walls",
        "elements": "",
    }
    assert table.columns == ["index", "time", "who", "kinds", "size", "description"]


@pytest.mark.parametrize("column", ["time", "who", "kinds", "size", "description"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_are_sorted_by_any_column(table: ChangesetTable, column: str, *, descending: bool) -> None:
    pages = [_request(table, sort=column, descending=descending, page=page) for page in range(4)]
    rows = [row for page in pages for row in page["rows"]]
    assert sorted(_indexes({"rows": rows})) == list(range(5, 41))
    keys = {row.index: (row.size if column == "size" else row.time) for row in ROWS}
    values = [
        keys[row["index"]] if column in ("time", "size") else row[column].removesuffix(" · not uploaded").casefold()
        for row in rows
    ]
    assert values == sorted(values, reverse=descending)


def test_a_search_finds_all_words_in_any_column(table: ChangesetTable) -> None:
    assert _request(table, search="<B>12 walls")["matching"] == 1
    assert _indexes(_request(table, search=pseudonymize("Bob"))) == [6, 9, 12, 15, 18, 21, 24, 27, 30, 33]
    assert _indexes(_request(table, search=f"{6:040x}")) == [6]  # a part of the id
    page = _request(table, search="of nothing")
    assert (page["rows"], page["matching"], page["total"], page["pages"]) == ([], 0, 36, 1)


def test_the_page_of_a_changeset_is_found(table: ChangesetTable) -> None:
    page = _request(table, find=33)
    assert page["page"] == 2
    assert 33 in _indexes(page)
    assert _request(table, find=45, page=1)["page"] == 1  # it is not in the range


@pytest.mark.parametrize(
    "request_",
    [
        {"page": 10**9},
        {"page": -5},
        {"sort": "</script>"},
        {"search": "x" * 10**6},
        {"find": -1},
        {"range": [60, 70]},
        {"range": [40, 5]},
    ],
)
def test_a_strange_request_gets_a_page(table: ChangesetTable, request_: dict[str, Any]) -> None:
    page = _request(table, **request_)
    assert 0 <= page["page"] < page["pages"]


def test_a_waiting_changeset_is_marked(table: ChangesetTable) -> None:
    (row,) = _request(table, find=30, range=[30, 30])["rows"]
    assert row["kinds"].endswith(" · not uploaded")


def test_names_are_shown_where_they_were_asked_for() -> None:
    users = pd.DataFrame({"label": ["person-1"]}, index=["ada"])
    chart = FileSizes(FRAME)
    assert [row["who"] for row in ChangesetTable(chart, users).page["rows"]][:3] == [
        "person-1",
        "person-1",
        pseudonymize("Bob"),
    ]
    named = FileSizes(FRAME.assign(creator_name="Ada Lovelace"))
    assert ChangesetTable(named).page["rows"][0]["who"] == "Ada Lovelace"


def test_long_texts_are_cut_and_still_found() -> None:
    table = ChangesetTable(PushTimeline(FRAME.assign(description=f"\u202e{'y' * 10_000} end")))
    assert table.page["rows"][0]["description"] == f"\ufffd{'y' * 399}…"
    assert _request(table, search="end")["matching"] == 36


def test_elements_are_counted_where_their_changes_are_known() -> None:
    changes = sample.load_changes()
    index = changes.index.get_level_values("changeset_index")
    rows = make_rows(int(index.max()))
    table = TableRows(build_frame(rows), build_columns(rows), changes=changes)
    assert table.columns[-1] == "elements"
    shown = {
        row["index"]: row["elements"] for row in table.format(table.select((1, 10**9), "", "elements", descending=True))
    }
    elements = changes[changes["entity"] == "element"]
    for number in sorted(set(index))[:5]:
        inserted = (elements.xs(number)["operation"] == "inserted").sum() if number in elements.index else 0
        assert (f"+{inserted:,}" in shown[number]) == (inserted > 0)


@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_changesets_make_a_table(count: int) -> None:
    table = ChangesetTable(FileSizes(build_frame(make_rows(count))))
    assert table.page["matching"] == count
    assert _request(table, range=[0, 0], sort="who", search="x")["matching"] == 0


def test_a_table_of_no_chart_is_refused() -> None:
    with pytest.raises(TypeError, match="chart should be a chart such as PushTimeline, not DataFrame"):
        ChangesetTable(FRAME)  # type: ignore[arg-type]  # that is the point


def test_a_page_is_small_however_many_changesets_there_are() -> None:
    table = ChangesetTable(FileSizes(build_frame(make_rows(100_000))))
    state = {key: value for key, value in table.get_state().items() if not key.startswith("_")}
    assert len(str(state)) < 5_000
    assert len(str(_request(table, range=[1, 100_000], sort="size", descending=True, search="walls"))) < 5_000


def test_a_table_follows_its_chart_to_other_changesets() -> None:
    chart = PushTimeline(FRAME.loc[:40])
    table = ChangesetTable(chart)
    chart.update(FRAME)
    page = _request(table, range=[35, 50])
    assert (page["total"], _indexes(page)[-1]) == (16, 44)
