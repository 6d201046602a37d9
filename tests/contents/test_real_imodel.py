"""Our reader against the vendor's: rows, replay, and the counts of a real iModel."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest

from imodels_nb.contents import elements_at, net_changes, read_changes
from imodels_nb.contents.changeset_file import ChangesetStream, unpack
from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.schema import Schema


@pytest.fixture(scope="module")
def changes(real: Any) -> pd.DataFrame:
    return read_changes(real.folder, real.changesets, schema=real.baseline)


def _count(changes: pd.DataFrame, index: int, entity: str = "element") -> dict[tuple[str, str], int]:
    rows = changes.loc[index]
    rows = rows[(rows["entity"] == entity) & ~rows["indirect"]]
    return {key: int(count) for key, count in rows.groupby(["class_name", "operation"], observed=True).size().items()}


def _rows(real: Any, *, is_text: bool) -> Iterator[tuple[Any, ...]]:
    with IModelFile(real.tip) as file:
        columns = Schema(file).columns
    for entry in real.entries():
        stream = ChangesetStream(entry.path, unpack(entry.path), entry.parent_id, is_text=is_text)
        for change in stream.iterate_rows():
            names = columns.find(change.name, change.column_count)
            yield (
                entry.index,
                change.name,
                change.opcode,
                change.indirect,
                change.pk_columns,
                names,
                change.old,
                change.new,
            )
        assert stream.id == entry.id


@pytest.mark.parametrize("is_text", [True, False], ids=["apsw", "own decoder"])
def test_all_rows_equal_those_of_the_vendors_reader(real: Any, is_text: bool) -> None:
    with gzip.open(real.root / "vendor-rows.jsonl.gz", "rt", encoding="utf-8") as lines:
        expected = [json.loads(line) for line in lines]
    rows = list(_rows(real, is_text=is_text))
    assert len(rows) == len(expected) == 3623
    opcodes = {"Inserted": apsw.SQLITE_INSERT, "Updated": apsw.SQLITE_UPDATE, "Deleted": apsw.SQLITE_DELETE}
    for (index, table, opcode, indirect, keys, names, old, new), row in zip(rows, expected, strict=True):
        assert (index, table, opcode, indirect) == (row["index"], row["table"], opcodes[row["op"]], row["indirect"])
        assert _equal_rows([(old or new)[position] for position in sorted(keys)], row["key"])
        _assert_same_values(names, old, row.get("old"))
        _assert_same_values(names, new, row.get("new"))


def _equal_rows(ours: list[Any], theirs: list[Any]) -> bool:
    return len(ours) == len(theirs) and all(map(_equals, ours, theirs))


def _assert_same_values(names: Any, values: Any, expected: Any) -> None:
    assert (values is None) == (expected is None)
    if values is None:
        return
    ours = {name: value for name, value in zip(names, values, strict=True) if value is not apsw.no_change}
    assert set(ours) == set(expected)
    assert [name for name, value in ours.items() if not _equals(value, expected[name])] == []


def _equals(value: Any, theirs: Any) -> bool:
    if isinstance(theirs, dict):
        return isinstance(value, bytes) and len(value) == theirs["bytes"]
    if isinstance(theirs, str) and isinstance(value, int):
        return int(theirs, 16 if theirs.startswith("0x") else 10) == value
    return bool(value == theirs)


def test_replay_of_all_files_gives_the_engines_own_file(real: Any, tmp_path: Path) -> None:
    ours = Path(shutil.copy(real.baseline, tmp_path / "ours.bim"))
    ours.chmod(0o600)
    database = apsw.Connection(str(ours))
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    for entry in real.entries():
        stream = ChangesetStream(entry.path, unpack(entry.path), entry.parent_id)
        for statement in stream.prefix.ddl.split(";"):
            database.execute(statement)
        apsw.Changeset.apply(stream.read, database)
    tip = apsw.Connection(
        f"file:{real.tip}?mode=ro&immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    names = tip.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    same = {name: _table(database, name) == _table(tip, name) for (name,) in names.fetchall()}
    assert {name for name in same if not same[name] and not name.startswith("dgn_SpatialIndex")} == {
        "be_Local",
        "be_Prop",
    }
    assert sum(same.values()) == 58
    assert _table(database, "be_Prop") - _table(tip, "be_Prop") == {
        row for row in _table(database, "be_Prop") if "DbGuid" in row
    }


def _table(database: apsw.Connection, name: str) -> set[Any]:
    rows = database.execute(f'SELECT * FROM "{name}"').fetchall()
    assert len(set(rows)) == len(rows)
    return set(rows)


def test_columns_after_all_changesets_are_those_of_the_engine(real: Any) -> None:
    with IModelFile(real.baseline) as baseline, IModelFile(real.tip) as tip:
        schema = Schema(baseline)
        for entry in real.entries():
            schema.apply_ddl(ChangesetStream(entry.path, unpack(entry.path), entry.parent_id).prefix.ddl)
        assert "func_FunctionalElement" not in baseline.tables
        assert all(schema.columns.find(name, len(columns)) == columns for name, columns in tip.tables.items())


def test_changes_are_counted_by_class(changes: pd.DataFrame) -> None:
    pump, pipe = "PlantDemo:Pump", "PlantDemo:Pipe"
    assert _count(changes, 4) == {(pump, "inserted"): 20}
    assert _count(changes, 5) == {(pipe, "inserted"): 200}
    assert _count(changes, 6) == {(pump, "updated"): 5}
    assert _count(changes, 7) == {(pipe, "updated"): 30}
    assert _count(changes, 8) == {(pipe, "updated"): 10}
    assert _count(changes, 9) == {(pipe, "deleted"): 50}
    assert _count(changes, 11) == {(pump, "updated"): 20}
    assert _count(changes, 12) == {(pump, "updated"): 3}
    assert _count(changes, 13) == {(pump, "inserted"): 1, (pipe, "inserted"): 1}
    assert _count(changes, 14) == {}
    assert _count(changes, 14, "aspect") == {("BisCore:ExternalSourceAspect", "inserted"): 1}
    assert _count(changes, 15, "relationship") == {("BisCore:ElementGroupsMembers", "inserted"): 1}
    assert _count(changes, 16) == {(pump, "deleted"): 1, (pipe, "deleted"): 1}
    assert _count(changes, 17)["BisCore:Drawing", "inserted"] == 1
    assert _count(changes, 17, "model")["BisCore:DrawingModel", "inserted"] == 1
    nightly = {(pipe, "inserted"): 25, (pipe, "updated"): 10, (pipe, "deleted"): 1}
    assert [_count(changes, index) for index in range(20, 26)] == [nightly] * 6


def test_schema_items_have_readable_names(changes: pd.DataFrame) -> None:
    schema = changes[changes["entity"] == "schema"]
    assert set(schema.index.get_level_values(0)) == {1, 2, 10}
    assert {"PlantDemo", "PlantDemo:Pump", "PlantDemo:Pump.FlowRate"} <= set(schema.loc[1]["label"])
    assert {"PlantDemo:Pump.Power", "PlantDemo:Pump.Maker"} == set(
        schema.loc[10].query("operation == 'inserted'")["label"]
    )


def test_an_update_has_label_and_properties_of_its_time(changes: pd.DataFrame) -> None:
    pump = changes.loc[(12, "0x20000000004")]
    assert (pump["label"], pump["new_label"]) == ("Pump-1", "P-10-1")
    assert "UserLabel" in pump["properties"]
    assert set(changes.loc[11].query("entity == 'element'")["properties"]) == {("GeometryStream", "Maker", "Power")}


def test_deletion_keeps_class_label_and_parent(changes: pd.DataFrame) -> None:
    deleted = changes.loc[16].query("entity == 'element'").set_index("label")
    assert deleted["class_name"].to_dict() == {"Pump-500": "PlantDemo:Pump", "Pipe-501": "PlantDemo:Pipe"}
    assert deleted["parent_id"]["Pipe-501"] == "0x200000000e0"
    assert (deleted["briefcase_id"] == 2).all()


def test_values_are_readable(real: Any) -> None:
    values = read_changes(real.folder, real.changesets, schema=real.baseline, detail="properties")
    pump = values.loc[(6, "0x20000000008")].set_index("property")
    assert pump.loc["FlowRate", ["old", "new"]].tolist() == ["50.0", "99.0"]
    assert pump.loc["GeometryStream", "new"].endswith(" bytes")
    assert pump.loc["LastMod", "new"].startswith("2026-11-29T02:03:44.")
    inserted = values.loc[(4, "0x20000000008")].set_index("property")["new"]
    assert inserted["Model.Id"] == "0x20000000001"
    assert inserted["FederationGuid"] == "00000000-0000-4000-8000-000000000005"
    assert inserted["InSpatialIndex"] == "true"
    part = values.loc[13].query("property == 'Parent.RelECClassId'")
    assert part["new"].tolist() == ["BisCore:PhysicalElementAssemblesElements"]


def test_parts_that_continue_each_other_equal_the_whole(real: Any, changes: pd.DataFrame) -> None:
    frame = real.changesets
    parts = [
        read_changes(real.folder, frame.loc[rows], schema=real.baseline)
        for rows in (slice(1, 7), slice(8, 11), slice(12, 25))
    ]
    joined = pd.concat([part.reset_index() for part in parts], ignore_index=True)
    whole = changes.reset_index()
    pd.testing.assert_frame_equal(joined.astype({"class_name": "str"}), whole.astype({"class_name": "str"}))


def test_order_of_files_follows_from_their_ids(real: Any, changes: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(read_changes(real.folder, schema=real.baseline), changes)
    some = read_changes(real.folder, [7, 5], schema=real.baseline)
    assert set(some.index.get_level_values(0)) == {5, 7}


def test_without_a_baseline_unknown_classes_are_ids(real: Any) -> None:
    changes = read_changes(real.folder, real.changesets)
    assert _count(changes, 3) == {("0x107", "inserted"): 1, ("0x8e", "inserted"): 1, ("0xd5", "inserted"): 1}
    assert _count(changes, 6) == {("PlantDemo:Pump", "updated"): 5}
    assert changes.loc[6].query("entity == 'element'")["properties"].iloc[0] == (
        "GeometryStream",
        "bis_GeometricElement3d.#21",
    )


def test_a_newer_file_gives_classes_and_no_later_labels(real: Any, tmp_path: Path) -> None:
    alone = Path(shutil.copy(real.entries()[11].path, tmp_path))
    changes = read_changes(tmp_path, real.changesets.loc[[12]], schema=real.tip)
    assert alone.exists()
    elements = changes.query("entity == 'element'")
    assert set(elements["class_name"]) == {"PlantDemo:Pump"}
    assert elements["label"].tolist() == ["Pump-1", "Pump-2", "Pump-3"]  # the old value of the update itself
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(real.entries()[6].path, other)
    moved = read_changes(other, real.changesets.loc[[7]], schema=real.tip).query("entity == 'element'")
    assert moved["label"].isna().all()
    assert set(moved["class_name"]) == {"PlantDemo:Pipe"}


def test_tables_count_every_row(real: Any) -> None:
    tables = read_changes(real.folder, real.changesets, detail="tables")
    assert tables["rows"].sum() == 3623
    assert tables.loc[(9, "bis_GeometricElement3d", "deleted")].tolist() == [50, 50]
    assert tables.index.is_unique
    assert tables.index.is_monotonic_increasing


def test_elements_at_the_end_are_those_of_the_engines_file(real: Any, changes: pd.DataFrame) -> None:
    columns = ["class_name", "label", "code", "model_id", "parent_id"]
    ours = elements_at(changes, 25, real.baseline)[columns].astype("str")
    theirs = elements_at(changes.loc[26:], 25, real.tip)[columns].astype("str")
    assert len(ours) == 324
    pd.testing.assert_frame_equal(ours, theirs)
    assert ours["class_name"].value_counts()[["PlantDemo:Pipe", "PlantDemo:Pump"]].tolist() == [294, 20]
    with pytest.raises(ValueError, match="newer than changeset 12"):
        elements_at(changes, 12, real.tip)


def test_net_changes_of_the_real_imodel(real: Any, changes: pd.DataFrame) -> None:
    net = net_changes(changes)
    counts = net.groupby(["class_name", "operation"], observed=True).size()
    assert counts.loc[[("PlantDemo:Pipe", "inserted"), ("PlantDemo:Pump", "inserted")]].tolist() == [294, 20]
    assert set(net["operation"]) == {"inserted"}
    values = read_changes(real.folder, real.changesets, schema=real.baseline, detail="properties")
    pd.testing.assert_frame_equal(net_changes(values).drop(columns="properties"), net.drop(columns="properties"))
    updated = net_changes(values, 6, 12).loc["0x20000000004"]
    assert updated["label"] == "P-10-1"
    assert updated["properties"] == ("GeometryStream", "FlowRate", "Maker", "Power", "UserLabel")
