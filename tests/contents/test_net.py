"""Net changes and the elements at a changeset."""

from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import polars as pl
import pytest
from helpers.changeset_files import record_changes, write_changeset
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from imodels_nb.contents import elements_at, net_changes, read_changes

_ELEMENT = """CREATE TABLE bis_Element (Id INTEGER PRIMARY KEY, ECClassId, ModelId, LastMod, CodeSpecId, CodeScopeId,
    CodeValue, UserLabel, ParentId, ParentRelECClassId, FederationGuid, JsonProperties)"""
_INSERT = "INSERT INTO bis_Element VALUES (?, 7, 1, 0, 1, 1, NULL, ?, NULL, NULL, NULL, ?)"
_UPDATE = "UPDATE bis_Element SET LastMod = LastMod + 1, {} = ? WHERE Id = ?"


class Timeline:
    """A small iModel whose changesets a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = apsw.Connection(":memory:")
        self.database.execute(_ELEMENT)
        self.ids: list[str] = []

    def push(self, *edits: tuple[str, Any, Any]) -> None:
        body = record_changes(self.database, lambda: [self._apply(*edit) for edit in edits])
        self.ids.append(write_changeset(self.folder, body, parent_id=self.ids[-1] if self.ids else "").stem)

    def _apply(self, operation: str, key: int, value: Any) -> None:
        if operation == "insert":
            self.database.execute(_INSERT, (key, value, value))
        elif operation == "delete":
            self.database.execute("DELETE FROM bis_Element WHERE Id = ?", (key,))
        else:
            self.database.execute(_UPDATE.format(operation), (value, key))

    def labels(self) -> dict[str, str]:
        return {f"0x{key:x}": label for key, label in self.database.execute("SELECT Id, UserLabel FROM bis_Element")}

    def read(self, detail: Any = "elements") -> pd.DataFrame:
        frame = pd.DataFrame({"id": self.ids}, index=pd.RangeIndex(1, len(self.ids) + 1, name="changeset_index"))
        return read_changes(self.folder, frame, detail=detail)


@pytest.fixture
def timeline(tmp_path: Path) -> Timeline:
    return Timeline(tmp_path)


def _net(timeline: Timeline, *range_: int, detail: str = "elements") -> dict[str, str]:
    return net_changes(timeline.read(detail), *range_)["operation"].astype(str).to_dict()


@pytest.mark.parametrize("detail", ["elements", "properties"])
def test_what_remains_of_a_range(timeline: Timeline, detail: str) -> None:
    timeline.push(("insert", 1, "a"), ("insert", 2, "b"), ("insert", 3, "c"))
    timeline.push(("UserLabel", 1, "a2"), ("delete", 2, None), ("JsonProperties", 3, "x"))
    timeline.push(("insert", 4, "d"), ("UserLabel", 3, "c2"))
    timeline.push(("delete", 4, None))
    assert _net(timeline, detail=detail) == {"0x1": "inserted", "0x3": "inserted"}
    assert _net(timeline, 2, detail=detail) == {"0x1": "updated", "0x2": "deleted", "0x3": "updated"}
    assert _net(timeline, 3, 3, detail=detail) == {"0x3": "updated", "0x4": "inserted"}
    assert _net(timeline, 9, detail=detail) == {}
    net = net_changes(timeline.read(detail), 2)
    assert net.loc["0x3", ["label", "first_index", "last_index", "changesets"]].tolist() == ["c2", 2, 3, 2]
    assert net["properties"].to_dict() == {"0x1": ("UserLabel",), "0x2": (), "0x3": ("JsonProperties", "UserLabel")}


def test_a_value_that_is_taken_back_does_not_count(timeline: Timeline) -> None:
    timeline.push(("insert", 1, "a"), ("insert", 2, "b"))
    timeline.push(("UserLabel", 1, "wrong"), ("UserLabel", 2, "wrong"))
    timeline.push(("UserLabel", 1, "a"), ("UserLabel", 2, "b"), ("JsonProperties", 2, "{}"))
    net = net_changes(timeline.read("properties"), 2)
    assert net["properties"].to_dict() == {"0x2": ("JsonProperties",)}
    assert _net(timeline, 2) == {"0x1": "updated", "0x2": "updated"}


def test_blobs_of_one_size_are_not_taken_for_equal(timeline: Timeline) -> None:
    timeline.push(("insert", 1, "a"))
    timeline.push(("JsonProperties", 1, b"1234"))
    timeline.push(("JsonProperties", 1, b"5678"))
    assert _net(timeline, 3, detail="properties") == {"0x1": "updated"}


def test_the_time_of_change_alone_does_not_count(timeline: Timeline) -> None:
    timeline.push(("insert", 1, "a"))
    timeline.push(("LastMod", 1, 99))
    changes = timeline.read()
    assert changes.loc[(2, "0x1"), ["properties", "indirect"]].tolist() == [("LastMod",), True]
    assert net_changes(changes, 2).empty
    assert net_changes(timeline.read("properties"), 2).empty
    assert elements_at(changes, 2).loc["0x1", "last_index"] == 1


def test_an_element_that_is_inserted_again_just_as_it_was_is_unchanged(timeline: Timeline) -> None:
    timeline.push(("insert", 1, "a"))
    timeline.push(("LastMod", 1, 5))
    timeline.push(("delete", 1, None))
    timeline.push(("insert", 1, "a"))
    assert net_changes(timeline.read("properties"), 3).empty


def test_an_element_that_is_inserted_again_is_updated(timeline: Timeline) -> None:
    timeline.push(("insert", 1, "a"), ("insert", 2, "b"))
    timeline.push(("delete", 1, None), ("delete", 2, None))
    timeline.push(("insert", 1, "a"), ("insert", 2, "c"))
    assert _net(timeline, 2) == {"0x1": "updated", "0x2": "updated"}
    net = net_changes(timeline.read("properties"), 2)
    assert net["properties"].to_dict() == {"0x2": ("UserLabel", "JsonProperties")}


def test_a_range_between_named_versions(timeline: Timeline) -> None:
    for key in range(1, 6):
        timeline.push(("insert", key, "a"))
    versions = pd.DataFrame(
        {"name": ["Start", "Review 1", "Review 2"]}, index=pd.Index([0, 2, 4], name="changeset_index")
    )
    changes = timeline.read()
    net = net_changes(changes, "Review 1", "Review 2", named_versions=versions)
    assert net.index.tolist() == ["0x3", "0x4"]
    assert net_changes(changes, "review 1", "REVIEW 2", named_versions=versions).equals(net)
    with pytest.raises(ValueError, match=r"last: 'Review 9' is not the name of a version\. Similar names: 'Review 2'"):
        net_changes(changes, None, "Review 9", named_versions=versions)
    with pytest.raises(ValueError, match=r"first: '' is not .* Names are 'Start', 'Review 1', 'Review 2'"):
        net_changes(changes, "", named_versions=versions)
    with pytest.raises(ValueError, match="There are no named versions"):
        net_changes(changes, "Review 9", named_versions=versions.iloc[:0])
    with pytest.raises(ValueError, match="Pass the frame of fetch_named_versions"):
        net_changes(changes, "Review 1")


@pytest.mark.parametrize("call", [net_changes, lambda changes: elements_at(changes, 1)])
@pytest.mark.parametrize("changes", [None, pd.DataFrame({"operation": []})])
def test_other_frames_are_refused(call: Any, changes: Any) -> None:
    with pytest.raises(
        ValueError, match=r"changes should be a DataFrame from read_changes|The changes frame should be"
    ):
        call(changes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, 2), "The range ends before it starts: first is 5, last is 2"),
        (("Review 2", "Review 1"), "ends before it starts: first is 'Review 2', last is 'Review 1'"),
        ((True,), "first should be a whole number of at least 0, not True. The name of a named version"),
        ((None, 2.0), r"last should be .* not 2\.0"),
        ((-1,), "first should be"),
    ],
)
def test_an_invalid_range_is_refused(timeline: Timeline, arguments: Any, message: str) -> None:
    timeline.push(("insert", 1, "a"))
    versions = pd.DataFrame({"name": ["Review 1", "Review 2"]}, index=pd.Index([2, 4], name="changeset_index"))
    with pytest.raises(ValueError, match=message):
        net_changes(timeline.read(), *arguments, named_versions=versions)
    assert net_changes(timeline.read(), "Review 1", "Review 1", named_versions=versions).empty


@pytest.mark.parametrize("versions", [[1], "Review 1", pd.Series([1])])
def test_other_named_versions_are_refused(timeline: Timeline, versions: Any) -> None:
    timeline.push(("insert", 1, "a"))
    with pytest.raises(TypeError, match="named_versions should be a DataFrame from fetch_named_versions"):
        net_changes(timeline.read(), "Review 1", named_versions=versions)


def test_columns_do_not_depend_on_the_rows(timeline: Timeline) -> None:
    timeline.push(("insert", 1, "a"))
    changes = timeline.read()
    for full, empty in [
        (net_changes(changes), net_changes(changes, 2)),
        (net_changes(timeline.read("properties")), net_changes(timeline.read("properties"), 2)),
        (elements_at(changes, 1), elements_at(changes, 0)),
    ]:
        assert len(full) == 1
        assert len(empty) == 0
        pd.testing.assert_series_equal(full.dtypes.astype(str), empty.dtypes.astype(str))
        assert full.index.dtype == empty.index.dtype


_KEYS = st.integers(1, 4)
_EDITS = st.one_of(
    st.tuples(st.just("insert"), _KEYS, st.sampled_from(["a", "b"])),
    st.tuples(st.just("delete"), _KEYS, st.none()),
    st.tuples(st.sampled_from(["UserLabel", "JsonProperties"]), _KEYS, st.sampled_from(["a", "b", None])),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # files: slow to shrink
@given(pushes=st.lists(st.lists(_EDITS, max_size=6), min_size=1, max_size=6), data=st.data())
def test_net_changes_equal_a_comparison_of_both_states(
    tmp_path_factory: pytest.TempPathFactory, pushes: list[list[Any]], data: st.DataObject
) -> None:
    timeline = Timeline(tmp_path_factory.mktemp("net"))
    states = [{}]
    for edits in pushes:
        present = set(states[-1])
        valid = []
        for operation, key, value in edits:
            if (operation == "insert") != (key in present):
                valid.append((operation, key, value))
                present = (
                    present | {key} if operation == "insert" else present - {key} if operation == "delete" else present
                )
        timeline.push(*valid)
        rows = timeline.database.execute("SELECT Id, UserLabel, JsonProperties FROM bis_Element").fetchall()
        states.append({row[0]: row[1:] for row in rows})
    first = data.draw(st.integers(1, len(pushes)))
    last = data.draw(st.integers(first, len(pushes)))
    before, after = states[first - 1], states[last]
    expected = dict.fromkeys(after.keys() - before.keys(), "inserted")
    expected |= dict.fromkeys(before.keys() - after.keys(), "deleted")
    changed = {key for key in after.keys() & before.keys() if after[key] != before[key]}
    net = net_changes(timeline.read("properties"), first, last)
    assert net["operation"].astype(str).to_dict() == {
        f"0x{key:x}": value for key, value in (expected | dict.fromkeys(changed, "updated")).items()
    }
    for key in changed:
        names = [
            ("UserLabel", "JsonProperties")[position]
            for position in (0, 1)
            if before[key][position] != after[key][position]
        ]
        assert set(net.loc[f"0x{key:x}", "properties"]) == set(names)
    elements = elements_at(timeline.read(), last)
    assert {key: value for key, value in elements["label"].items() if isinstance(value, str)} == {
        f"0x{key:x}": label for key, (label, _) in after.items() if label is not None
    }
    assert set(elements.index) == {f"0x{key:x}" for key in after}


@pytest.mark.parametrize("convert", [pd.DataFrame.reset_index, lambda changes: pl.from_pandas(changes.reset_index())])
def test_changes_of_a_round_trip_are_accepted(timeline: Timeline, convert: Any) -> None:
    timeline.push(("insert", 1, "a"), ("insert", 2, "b"))
    timeline.push(("delete", 2, None))
    changes = timeline.read()
    pd.testing.assert_frame_equal(net_changes(convert(changes)), net_changes(changes), check_dtype=False)
    pd.testing.assert_frame_equal(elements_at(convert(changes), 2), elements_at(changes, 2), check_dtype=False)
