"""Reports on what came since an earlier report."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imodels_nb import sample, write_report

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return sample.load_changesets(changesets=400)


def _read_since(page: str) -> str:
    found = re.search(r'<p class="since"><bdi>(.*?)</bdi>', page)
    return re.sub("<.*?>", "", found[1]) if found else ""


def test_an_earlier_report_tells_where_to_begin(tmp_path: Path, changesets: pd.DataFrame) -> None:
    earlier = write_report(tmp_path / "earlier.html", changesets.loc[:360])
    text = write_report(tmp_path / "new.html", changesets, since=earlier).read_text("utf-8")
    new = changesets.loc[361:]
    assert _read_since(text).startswith("Since the last report (changeset 360): 40 changesets with ")
    assert f"by {new['creator_id'].nunique()} people" in _read_since(text)
    again = write_report(tmp_path / "again.html", changesets, since=str(tmp_path / "new.html"))
    assert _read_since(again.read_text("utf-8")) == "No changeset has come since then: the newest one is 400."


def test_a_report_of_another_imodel_or_a_newer_one_is_refused(tmp_path: Path, changesets: pd.DataFrame) -> None:
    earlier = write_report(tmp_path / "plant.html", sample.load_changesets(plant=True).head(300))
    with pytest.raises(ValueError, match=r"plant.html is the report of another iModel: its changeset .* another id"):
        write_report(tmp_path / "new.html", changesets, since=earlier)
    with pytest.raises(ValueError, match=r"plant.html ends at changeset \d+, but the newest one of the frame is 50"):
        write_report(tmp_path / "new.html", changesets.head(50), since=earlier)
    with pytest.raises(ValueError, match="since is changeset 60, but the frame starts at changeset 100"):
        write_report(tmp_path / "new.html", changesets.loc[100:], since=60)
    assert not (tmp_path / "new.html").exists()
    nothing_new = write_report(tmp_path / "new.html", changesets.head(50), since="2035-01-01").read_text("utf-8")
    assert _read_since(nothing_new) == "No changeset has come since then: the newest one is 50."


@pytest.mark.parametrize(
    ("since", "words"), [(360, "Since changeset 360: 40 changesets"), ("Kick-off model", "Since Kick-off model: ")]
)
def test_a_point_tells_where_to_begin(tmp_path: Path, changesets: pd.DataFrame, since: Any, words: str) -> None:
    versions = sample.load_named_versions(changesets=400)
    file = write_report(tmp_path / "new.html", changesets, versions, since=since, redact=True)
    assert _read_since(file.read_text("utf-8")).startswith(words)


def test_only_findings_with_later_changesets_are_marked(tmp_path: Path) -> None:
    timeline = sample.load_changesets()
    text = write_report(tmp_path / "new.html", timeline, since=9_000).read_text("utf-8")
    findings = text.split("<li class=")[1:]
    badge = "with changesets since then"
    marked = [int(re.findall(r'data-last="(\d+)"', row)[0]) for row in findings if badge in row]
    others = [int(re.findall(r'data-last="(\d+)"', row)[0]) for row in findings if badge not in row]
    assert marked
    assert others
    assert max(others) <= 9_000 < min(marked)


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("Coordination review 999", "a named version. since: .* is neither a date"),
        ("nope", r"Give a date such as '2025-03-14' or '14 March 2025'\.$"),
        (10**6, "since is changeset 1,000,000, but the newest one of the frame is 400"),
        ((1, 2), "since should be an earlier report"),
        (True, "since should be a changeset index, a day or the name of a version, not True"),
        ("March 2024", "named version. 'March 2024' is a period; give one day"),
        ("other.html", "other.html is no report of write_report"),
    ],
)
def test_another_value_is_refused_before_a_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changesets: pd.DataFrame, since: Any, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.html").write_text("<html></html>", "utf-8")
    with pytest.raises((TypeError, ValueError), match=words):
        write_report("new.html", changesets, since=since)
    assert not Path("new.html").exists()


def test_a_missing_report_is_an_error(tmp_path: Path, changesets: pd.DataFrame) -> None:
    with pytest.raises(FileNotFoundError):
        write_report(tmp_path / "new.html", changesets, since=tmp_path / "missing.html")


def test_changed_elements_are_listed_by_class(tmp_path: Path) -> None:
    changes = sample.load_changes()
    timeline = sample.load_changesets()
    text = write_report(tmp_path / "new.html", timeline, changes=changes).read_text("utf-8")
    elements = changes[(changes["entity"] == "element") & ~changes["indirect"]]
    pumps = elements[elements["class_name"] == "PlantDemo:Pump"]["operation"].value_counts()
    row = re.search(r'<th scope="row">PlantDemo:Pump</th>(.*?)</tr>', text, re.DOTALL)
    assert row
    assert re.findall(r"<td>([\d,]+)</td>", row[1]) == [
        f"{pumps[name]:,}" for name in ("inserted", "updated", "deleted")
    ]
