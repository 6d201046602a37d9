"""A few rows of a frame, formatted for people."""

import pandas as pd
import pytest

from imodels_nb import KINDS, Preview, compare, fetch_changesets, findings, preview, sample, with_creator_names
from imodels_nb.api import IModelsClient


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return sample.load_changesets(changesets=300)


def test_time_creator_kinds_and_size_come_before_hashes(changesets: pd.DataFrame) -> None:
    columns, before = list(changesets.columns), changesets.copy()
    shown = list(preview(changesets).texts)
    assert shown[:5] == ["push_date_time", "creator", "kinds", "file_size", "description"]
    assert shown[-4:-1] == ["id", "parent_id", "group_id"]
    assert not {kind.column for kind in KINDS.values()} & set(shown)
    assert list(changesets.columns) == columns
    pd.testing.assert_frame_equal(changesets, before)


def test_rows_of_both_ends_are_shown_and_counted(changesets: pd.DataFrame) -> None:
    assert preview(changesets, rows=3).texts.index.tolist() == ["1", "2", "300"]
    assert "The first 5 and the last 5 rows. The frame has 300 rows" in preview(changesets).caption
    assert preview(changesets.iloc[:2]).texts.index.tolist() == ["1", "2"]
    assert "The frame has 0 rows" in preview(changesets.iloc[:0]).caption
    with pytest.raises(ValueError, match="rows"):
        preview(changesets, rows=0)


def test_creators_have_the_names_that_were_added(changesets: pd.DataFrame) -> None:
    users = pd.DataFrame({"label": "Ada"}, index=changesets["creator_id"].cat.categories)
    assert preview(with_creator_names(changesets, users)).texts["creator"].str.startswith("Ada").all()


def test_findings_are_sentences_that_wrap_with_severity_and_advice() -> None:
    found = findings(sample.load_changesets())
    table = preview(found)
    assert list(table.texts)[:3] == ["severity", "sentence", "advice"]
    assert table.texts["sentence"].tolist() == found["sentence"].tolist()
    assert table.texts["severity"].iloc[0] == "▲ warning"
    assert f'<td class="text">{found["advice"].iloc[0]}</td>' in table.to_html()


def test_each_row_of_a_comparison_has_its_own_unit(changesets: pd.DataFrame) -> None:
    compared = compare(changesets, (1, 100), (101, 150))
    texts = preview(compared, rows=len(compared)).texts
    total = texts[texts["group"] == "total"].set_index("measure")
    assert total.loc["changesets", ["first", "second", "difference", "ratio"]].tolist() == ["100", "50", "-50", "0.50"]
    assert total.loc["bytes", "first"].split()[1] in {"kB", "MB", "GB"}
    assert (total.loc["waiting", "ratio"], total.loc["bytes", "difference"][0]) == ("", "-")
    sides = "first is changesets 1 to 100, second is changesets 101 to 150. "
    assert sides in preview(compared[compared["group"] == "kind"]).to_html()


def test_texts_of_the_service_are_escaped(changesets: pd.DataFrame) -> None:
    hostile = "<img src=x onerror=alert(1)>\x1b[31m"
    frame = changesets.iloc[:1].assign(description=hostile).rename(columns={"state": hostile})
    html = preview(frame.rename_axis(hostile)).to_html()
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "\x1b" not in repr(preview(frame[["description"]]))


@pytest.mark.parametrize("rows", [1, 4])
def test_every_frame_has_a_preview(rows: int) -> None:
    changes = sample.load_changes()
    portfolio = pd.concat({"one": changes}, names=["imodel_id"])
    for frame in (changes, portfolio, sample.load_named_versions(), pd.DataFrame({"a": [None, [1, 2], pd.NA]})):
        table = preview(frame, rows)
        assert isinstance(table, Preview)
        assert table.to_html().count("<tr>") == 1 + min(rows, len(frame))
        assert table.caption in repr(table)


def test_a_fetched_frame_has_the_same_preview(client: IModelsClient, hub: sample.SampleHub) -> None:
    fetched = fetch_changesets(client, hub.imodel_id, last_index=20, detail="full")
    minimal = fetch_changesets(client, hub.imodel_id, last_index=20)
    assert list(preview(fetched).texts)[:5] == list(preview(minimal).texts)[:5]
