"""Reading of a part of the timeline: with checkpoints, gaps and damaged files."""

import os
import shutil
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest
from helpers.changeset_files import list_plant_changesets, record_changes, write_changeset

from imodels_nb import elements_at, read_changes, sample, verify_files
from imodels_nb.errors import UnreadableChangeset

_ELEMENT = """CREATE TABLE bis_Element (Id INTEGER PRIMARY KEY, ECClassId, ModelId, LastMod, CodeSpecId, CodeScopeId,
    CodeValue, UserLabel, ParentId, ParentRelECClassId, FederationGuid, JsonProperties)"""
_EDITS = (
    "INSERT INTO bis_Element VALUES (1, 7, 1, 0, 1, 1, 'P-1', 'old', NULL, NULL, NULL, NULL)",
    "UPDATE bis_Element SET UserLabel = 'new' WHERE Id = 1",
    "UPDATE bis_Element SET JsonProperties = '{}' WHERE Id = 1",
    "UPDATE bis_Element SET UserLabel = 'last' WHERE Id = 1",
    "UPDATE bis_Element SET JsonProperties = '[]' WHERE Id = 1",
)
_TEXTS = {"class_name": "str"}


@pytest.fixture
def timeline(tmp_path: Path) -> pd.DataFrame:
    """Return five changesets of one element, which is renamed twice."""
    database = apsw.Connection(":memory:")
    database.execute(_ELEMENT)
    ids = [""]
    for edit in _EDITS:
        body = record_changes(database, lambda: database.execute(edit))  # noqa: B023
        ids.append(write_changeset(tmp_path, body, parent_id=ids[-1]).stem)
    index = pd.Index(range(1, 6), name="changeset_index")
    return pd.DataFrame({"id": ids[1:], "parent_id": ids[:-1]}, index=index)


def _labels(changes: pd.DataFrame) -> list[Any]:
    labels: list[Any] = changes["label"].astype(object).where(changes["label"].notna(), None).tolist()
    return labels


@pytest.mark.parametrize("selection", ["frame", "indexes"])
def test_files_between_are_read_for_their_labels(tmp_path: Path, timeline: pd.DataFrame, selection: str) -> None:
    selected = timeline.loc[[1, 3, 5]] if selection == "frame" else [1, 3, 5]
    changes = read_changes(tmp_path, selected)
    assert changes.index.get_level_values("changeset_index").tolist() == [1, 3, 5]
    assert _labels(changes) == ["old", "new", "last"]


def test_a_part_of_the_timeline_has_the_same_rows_in_the_same_order(plant: Path) -> None:
    options: dict[str, Any] = {"schema": plant / "baseline.bim", "detail": "properties"}
    part = read_changes(plant, list_plant_changesets().loc[[5, 77]], **options)
    whole = read_changes(plant, list_plant_changesets().loc[:77], **options).loc[[5, 77]]
    columns = ["property", "old", "new", "indirect"]
    assert part[columns].astype("str").to_numpy().tolist() == whole[columns].astype("str").to_numpy().tolist()


def test_a_label_before_a_missing_file_is_not_shown_after_it(tmp_path: Path, timeline: pd.DataFrame) -> None:
    (tmp_path / f"{timeline['id'][2]}.cs").unlink()
    changes = read_changes(tmp_path, timeline.loc[[1, 3, 4, 5]])
    assert _labels(changes) == ["old", None, "new", "last"]
    assert changes["class_name"].astype("str").tolist() == ["0x7"] * 4
    assert changes.loc[(4, "0x1"), ["label", "new_label"]].tolist() == ["new", "last"]


def test_a_label_before_a_damaged_file_is_not_shown_after_it(tmp_path: Path, timeline: pd.DataFrame) -> None:
    file = tmp_path / f"{timeline['id'][2]}.cs"
    file.write_bytes(file.read_bytes()[:-3])
    for selected in (timeline, timeline.loc[[1, 3, 4, 5]]):
        try:
            changes = read_changes(tmp_path, selected)
        except UnreadableChangeset as error:
            changes = error.changes
        assert _labels(changes) == ["old", None, "new", "last"]


@pytest.mark.parametrize("schema", ["100.bim", "100-without-index.bim", "baseline.bim"])
@pytest.mark.parametrize("selected", [range(101, 121), [101, 115], range(110, 121)], ids=str)
def test_a_checkpoint_gives_the_names_of_the_whole_timeline(plant: Path, schema: str, selected: Any) -> None:
    changes = read_changes(plant, list_plant_changesets().loc[list(selected)], schema=plant / schema)
    whole = sample.load_changes()
    expected = whole[whole.index.get_level_values("changeset_index").isin(selected)]
    pd.testing.assert_frame_equal(changes.astype(_TEXTS), expected.astype(_TEXTS), check_categorical=False)


@pytest.mark.parametrize("schema", ["100.bim", "100-without-index.bim"])
def test_a_checkpoint_needs_no_file_from_before_it(plant: Path, tmp_path: Path, schema: str) -> None:
    changesets = list_plant_changesets().loc[101:120]
    for each in changesets["id"]:
        shutil.copy(plant / f"{each}.cs", tmp_path)
    whole = sample.load_changes()
    for first in (101, 110):
        changes = read_changes(tmp_path, changesets.loc[first:], schema=plant / schema)
        expected = whole.loc[first:120].astype(_TEXTS)
        pd.testing.assert_frame_equal(changes.astype(_TEXTS), expected, check_categorical=False)


def test_a_checkpoint_before_a_gap_gives_classes_but_no_labels(plant: Path, tmp_path: Path) -> None:
    changesets = list_plant_changesets().loc[110:120]
    for each in changesets["id"]:
        shutil.copy(plant / f"{each}.cs", tmp_path)
    changes = read_changes(tmp_path, changesets, schema=plant / "100.bim").astype(_TEXTS)
    expected = sample.load_changes().loc[110:120].astype(_TEXTS)
    is_known = changes["label"].notna()
    assert changes["label"][is_known].tolist() == expected["label"][is_known].tolist()
    updates = changes[(changes["operation"] == "updated") & (changes["entity"] == "element")]
    assert len(updates) > 0
    assert updates["class_name"].str.startswith("PlantDemo:").any()
    assert not is_known.all()


@pytest.mark.parametrize("offset", [100, 4_096, 100_000])
def test_a_damaged_imodel_file_is_named(plant: Path, tmp_path: Path, offset: int) -> None:
    content = bytearray((plant / "baseline.bim").read_bytes())
    content[offset : offset + 3_000] = b"\xa5" * min(3_000, len(content) - offset)
    (tmp_path / "damaged.bim").write_bytes(content)
    for call in (
        lambda schema: read_changes(plant, list_plant_changesets().loc[:20], schema=schema),
        lambda schema: elements_at(sample.load_changes(), 20, schema),
    ):
        with pytest.raises(ValueError, match=r"damaged\.bim is (damaged|not an iModel file)"):
            call(tmp_path / "damaged.bim")


def test_a_database_without_the_tables_of_classes_is_refused(plant: Path, tmp_path: Path) -> None:
    with apsw.Connection(str(tmp_path / "odd.bim")) as database:
        database.execute("CREATE TABLE ec_Class (Id); CREATE TABLE bis_Element (Id)")
    with pytest.raises(ValueError, match=r"odd\.bim is damaged \(no such table"):
        read_changes(plant, list_plant_changesets().loc[:2], schema=tmp_path / "odd.bim")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_a_device_is_no_changeset_file(tmp_path: Path, timeline: pd.DataFrame, make: Any) -> None:
    path = tmp_path / f"{timeline['id'][3]}.cs"
    path.unlink()
    make(path)
    with pytest.raises(UnreadableChangeset, match="it is no regular file"):
        read_changes(tmp_path, timeline)
    assert verify_files(timeline, tmp_path)["matches"].tolist() == [True, True, False, True, True]
