"""Names of people: one option adds them everywhere; no frame has them without it."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imodels_hub import Hub
from imodels_nb import (
    ChangesetExplorer,
    IModelsClient,
    StaticTokenCredential,
    charts,
    fetch_changesets,
    fetch_named_versions,
    with_creator_names,
    write_report,
)
from imodels_nb.frames import pseudonymize


@pytest.fixture(scope="module")
def frames(running_hub: Hub) -> dict[str, pd.DataFrame]:
    with IModelsClient(StaticTokenCredential(running_hub.token), base_url=running_hub.base_url) as client:
        return {
            "plain": fetch_changesets(client, running_hub.imodel_id),
            "named": fetch_changesets(client, running_hub.imodel_id, names=True),
            "versions": fetch_named_versions(client, running_hub.imodel_id),
        }


def _show(changesets: pd.DataFrame, versions: pd.DataFrame) -> dict[str, str]:
    """Return the texts in which people are shown."""
    explorer = ChangesetExplorer(changesets, versions)
    shown: dict[str, Any] = {
        "lanes": charts.push_timeline(changesets, lanes="creator").to_dict(validate=False),
        "people": charts.people(changesets).to_dict(validate=False),
        "creators of versions": charts.file_sizes(changesets, versions).to_dict(validate=False),
        "tooltip": explorer.timeline._read_details(7),
        "table": explorer.table.page,
        "findings": [item["sentence"] for item in explorer._list.items],
    }
    return {name: json.dumps(part) for name, part in shown.items()}


def test_names_add_one_column_and_no_other_difference(frames: dict[str, pd.DataFrame]) -> None:
    named = frames["named"]
    pd.testing.assert_frame_equal(named.drop(columns="creator_name"), frames["plain"])
    assert named["creator_name"].dtype == "category"
    assert named["creator_name"].notna().all()


@pytest.mark.slow
def test_names_stand_everywhere_or_nowhere(frames: dict[str, pd.DataFrame]) -> None:
    people = frames["named"]["creator_name"].cat.categories.tolist()
    plain = _show(frames["plain"], frames["versions"])
    named = _show(frames["named"], frames["versions"])
    assert [output for output, text in plain.items() if any(name in text for name in people)] == []
    assert [output for output, text in plain.items() if "person-" not in text] == []
    assert [output for output, text in named.items() if not any(name in text for name in people)] == []
    one = frames["named"].iloc[6]
    assert one["creator_name"] in named["tooltip"]
    assert pseudonymize(one["creator_id"]) in plain["tooltip"]


@pytest.mark.slow
def test_a_report_has_names_only_if_they_are_requested(frames: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    plain, named, versions = (frame.loc[:200] for frame in frames.values())
    people = named["creator_name"].unique().tolist()
    closed = write_report(tmp_path / "a.html", named, versions.assign(creator_name=people[0]))
    expected = write_report(tmp_path / "b.html", plain, versions)
    opened = write_report(tmp_path / "c.html", named, versions, names=True).read_text("utf-8")
    assert closed.read_bytes() == expected.read_bytes()
    assert any(name in opened for name in people)
    with pytest.raises(ValueError, match=r"fetch_changesets\(client, imodel_id, names=True\)"):
        write_report(tmp_path / "d.html", plain, names=True)


def test_authors_of_versions_have_names_of_their_own_column_first(frames: dict[str, pd.DataFrame]) -> None:
    versions = frames["versions"]
    ids = pd.Index(versions["creator_id"].cat.categories, name="id")
    users = pd.DataFrame({"label": "x", "display_name": [f"Author {number}" for number in range(len(ids))]}, index=ids)
    named = with_creator_names(versions, users)
    text = json.dumps(charts.push_timeline(frames["plain"], named).to_dict(validate=False))
    assert "Author 0" in text
    assert "Author" not in json.dumps(charts.push_timeline(frames["plain"], versions).to_dict(validate=False))


def test_names_are_true_or_false(client: IModelsClient, hub: Hub) -> None:
    with pytest.raises(ValueError, match="names should be True or False"):
        fetch_changesets(client, hub.imodel_id, names="yes")  # type: ignore[arg-type]
