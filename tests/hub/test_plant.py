"""The plant: a small iModel whose changeset files have contents."""

from pathlib import Path

import pandas as pd
import pytest

from imodels_hub.plant.edits import PEOPLE
from imodels_hub.plant.timeline import build_timeline
from imodels_nb.contents import elements_at, net_changes, read_changes, verify_files

_COLUMNS = ["class_name", "label", "code", "model_id", "parent_id"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    timeline = build_timeline()
    folder = tmp_path_factory.mktemp("plant")
    for changeset in timeline.changesets:
        (folder / f"{changeset.id}.cs").write_bytes(changeset.content)
    (folder / "baseline.bim").write_bytes(timeline.baseline)
    (folder / "tip.bim").write_bytes(timeline.tip)
    return folder


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    rows = [(changeset.id, changeset.parent_id, changeset.push.user) for changeset in build_timeline().changesets]
    index = pd.RangeIndex(1, len(rows) + 1, name="changeset_index")
    return pd.DataFrame(rows, index=index, columns=["id", "parent_id", "user"])


@pytest.fixture(scope="module")
def changes(folder: Path, changesets: pd.DataFrame) -> pd.DataFrame:
    return read_changes(folder, changesets, schema=folder / "baseline.bim")


def test_a_year_of_pushes_by_six_authors(changesets: pd.DataFrame) -> None:
    assert 220 <= len(changesets) <= 260
    assert set(changesets["user"]) == set(range(len(PEOPLE)))
    moments = [changeset.push.moment for changeset in build_timeline().changesets]
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]).days > 330


def test_ids_are_hashes_of_the_content(folder: Path, changesets: pd.DataFrame) -> None:
    assert verify_files(changesets, folder)["matches"].all()


def test_the_elements_at_the_end_are_those_of_the_file(folder: Path, changes: pd.DataFrame) -> None:
    last = changes.index[-1][0]
    ours = elements_at(changes, last, folder / "baseline.bim")[_COLUMNS].astype("str")
    theirs = elements_at(changes.iloc[:0], last, folder / "tip.bim")[_COLUMNS].astype("str")
    pd.testing.assert_frame_equal(ours, theirs)
    assert len(ours) > 800


def test_the_anomalies_can_be_found(changes: pd.DataFrame) -> None:
    elements = changes[changes["entity"] == "element"]
    valves = elements[elements["class_name"] == "PlantDemo:Valve"]
    deleted = valves[valves["operation"] == "deleted"]
    assert len(set(deleted.index.get_level_values("changeset_index"))) == 1
    assert len(deleted) > 60
    pipes = elements[elements["class_name"] == "PlantDemo:Pipe"]
    counts = pd.crosstab(pipes.index.get_level_values("changeset_index"), pipes["operation"])
    rebuilt = counts[(counts["deleted"] > 400) & (counts["deleted"] == counts["inserted"])]
    assert len(rebuilt) == 1
    schemas = changes[(changes["entity"] == "schema") & (changes["class_name"] == "ECDbMeta:ECSchemaDef")]
    assert schemas["operation"].tolist() == ["inserted", "updated", "updated"]
    renames = elements["new_label"].notna()
    assert renames.sum() == 8
    assert len(set(elements[renames].index.get_level_values("instance_id"))) == 1
    assert {"PlantDemo:Pump", "PlantDemo:Support", "PlantDemo:Instrument", "BisCore:Drawing"} <= set(
        net_changes(changes)["class_name"]
    )


def test_values_have_their_property_names(folder: Path, changesets: pd.DataFrame) -> None:
    values = read_changes(folder, changesets, schema=folder / "baseline.bim", detail="properties")
    updated = values[(values["operation"] == "updated") & (values["entity"] == "element")]
    by_class = updated.groupby("class_name", observed=True)["property"].agg(lambda names: set(names.astype(str)))
    assert by_class["PlantDemo:Pump"] == {"FlowRate", "LastMod", "Maker", "Power", "UserLabel"}
    assert by_class["PlantDemo:Pipe"] == {"Diameter", "LastMod", "Origin.Y"}
    assert not values["property"].astype(str).str.contains("#").any()
