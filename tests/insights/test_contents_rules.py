"""Rules on contents: anomalies planted in the plant, each threshold on both sides."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_findings import PEOPLE, select_rule, timeline

from imodels_nb import IModelsClient, fetch_changes, fetch_changesets, findings, sample

RULES = {
    "mass deletion",
    "rebuilt elements",
    "vanished class",
    "invisible pushes",
    "contested element",
    "schema upgrade",
    "flags and contents",
}

Row = tuple[int, str, str, str]


def changes(rows: Iterable[Row], **columns: Any) -> pd.DataFrame:
    """Build a frame of element changes: changeset, element, operation, class."""
    data = pd.DataFrame(list(rows), columns=["changeset_index", "instance_id", "operation", "class_name"])
    base = {"entity": "element", "label": "L", "indirect": False, "properties": [()] * len(data)}
    frame = data.assign(**base | columns).set_index(["changeset_index", "instance_id"])
    return frame.astype({"operation": "category", "entity": "category", "class_name": "category"})


def born(count: int, at: int = 1, kind: str = "S:Pump", start: int = 0) -> list[Row]:
    return [(at, f"0x{start + number:x}", "inserted", kind) for number in range(count)]


def dead(count: int, at: int, kind: str = "S:Pump", start: int = 0) -> list[Row]:
    return [(at, f"0x{start + number:x}", "deleted", kind) for number in range(count)]


def compute_findings(rows: list[Row], count: int = 100, **columns: Any) -> pd.DataFrame:
    spatial = timeline(count, containing_changes=np.full(count, 4))
    return findings(spatial, changes=changes(sorted(rows), **columns), all=True)


def test_the_anomalies_of_the_plant_are_found() -> None:
    with sample.start(changesets=50) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        changesets = fetch_changesets(client, hub.plant_imodel_id)
        read = fetch_changes(client, hub.plant_imodel_id)
    found = findings(changesets, changes=read, all=True)
    assert select_rule("mass deletion", found) == [("warning", 142, 142)]
    assert select_rule("rebuilt elements", found) == [("warning", 192, 192)]
    assert select_rule("contested element", found) == [("notice", 11, 184)]
    assert select_rule("schema upgrade", found) == [("info", 154, 166)]
    sentences = " ".join(found["sentence"])
    assert "deleted all 64 elements of PlantDemo:Valve (changeset 142). From 2 days later on, 48 new ones" in sentences
    assert "deleted 839 of 857 elements of PlantDemo:Pipe and inserted 839 new ones" in sentences
    assert "“P-101” (PlantDemo:Pump, 0x30000000001)" in sentences
    assert "It was first used on 10 September 2025 (changeset 166)." in sentences
    assert "Ana" not in sentences
    assert "Moreira" not in sentences


def test_rules_on_contents_are_on_request() -> None:
    plain = findings(timeline())
    assert not RULES & set(plain.attrs["not_checked"])
    assert set(plain.attrs["on_request"]) == RULES | {"storage limit"}
    assert plain.attrs["on_request"]["mass deletion"] == "changes is missing; pass the frame of fetch_changes"
    assert set(compute_findings(born(1)).attrs["on_request"]) == {"storage limit"}


def test_a_mass_deletion_is_half_of_a_class() -> None:
    assert select_rule("mass deletion", compute_findings(born(40) + dead(20, 50))) == [("warning", 50, 50)]
    assert select_rule("mass deletion", compute_findings(born(41) + dead(20, 50))) == []
    assert select_rule("mass deletion", compute_findings(born(19) + dead(19, 50))) == []
    assert select_rule("mass deletion", compute_findings(dead(20, 50))) == [
        ("warning", 50, 50)
    ]  # elements of the baseline
    first = compute_findings(born(30) + dead(20, 50))["sentence"][0]
    assert "deleted 20 of 30 elements of S:Pump (changeset 50). Hardly any came back within 30 days." in first


def test_elements_that_come_again_at_once_are_rebuilt() -> None:
    again = born(40, 50, start=100)
    assert select_rule("rebuilt elements", compute_findings(born(40) + dead(40, 50) + again)) == [("warning", 50, 50)]
    assert select_rule("mass deletion", compute_findings(born(40) + dead(40, 50) + again)) == []
    assert select_rule("rebuilt elements", compute_findings(born(40) + dead(40, 50) + again[:32])) == [
        ("warning", 50, 50)
    ]
    assert select_rule("rebuilt elements", compute_findings(born(40) + dead(40, 50) + again[:31])) == []
    assert select_rule("mass deletion", compute_findings(born(40) + dead(40, 50) + again[:31])) == [("warning", 50, 50)]


def test_a_rebuild_may_take_a_whole_run() -> None:
    frame = timeline(100, group_id=pd.Categorical([None] * 49 + ["run"] * 2 + [None] * 49))
    rows = sorted(born(40) + dead(40, 50) + born(40, 51, start=100))
    found = findings(frame, changes=changes(rows), all=True)
    assert select_rule("rebuilt elements", found) == [("warning", 50, 51)]
    assert "A synchronization run by" in found.loc[found["rule"] == "rebuilt elements", "sentence"].iloc[0]


def test_a_class_vanishes_little_by_little() -> None:
    rows = born(25) + [row for number in range(25) for row in dead(1, 10 + number, start=number)]
    assert select_rule("vanished class", compute_findings(rows)) == [("notice", 34, 34)]
    assert select_rule("vanished class", compute_findings(rows[:-1])) == []
    few = born(19) + [row for number in range(19) for row in dead(1, 10 + number, start=number)]
    assert select_rule("vanished class", compute_findings(few)) == []


def test_a_class_deleted_at_once_is_one_finding() -> None:
    found = compute_findings(born(30) + dead(30, 50))
    assert select_rule("vanished class", found) == []
    assert found.loc[found["rule"] == "mass deletion", "also"].tolist() == ["vanished class"]


def invisible(count: int) -> pd.DataFrame:
    """Build changes of which one of three accounts pushes only aspects, now and then."""
    empty = set(range(1, 1 + 3 * count, 3))
    rows = [(number, f"0x{number:x}", "updated", "S:Pump") for number in range(1, 100)]
    entity = ["aspect" if number in empty else "element" for number in range(1, 100)]
    return compute_findings(rows, 99, entity=entity)


def test_pushes_that_change_nothing_visible() -> None:
    assert select_rule("invisible pushes", invisible(10)) == [("notice", 1, 28)]
    assert select_rule("invisible pushes", invisible(9)) == []
    few_read = compute_findings([(1, "0x1", "updated", "S:Pump"), (99, "0x2", "updated", "S:Pump")], 99)
    assert select_rule("invisible pushes", few_read) == []
    assert "10 of 33 pushes by person-" in invisible(10)["sentence"][0]


def test_an_element_that_several_people_change() -> None:
    def build_contest(times: int, people: int = 3) -> pd.DataFrame:
        frame = timeline(40, creator_id=pd.Categorical([PEOPLE[number % people] for number in range(40)]))
        rows = [(number, "0x1", "updated", "S:Pump") for number in range(1, 1 + times)]
        return findings(frame, changes=changes(rows), all=True)

    assert select_rule("contested element", build_contest(6)) == [("notice", 1, 6)]
    assert select_rule("contested element", build_contest(5)) == []
    assert select_rule("contested element", build_contest(20, people=2)) == []


def test_a_schema_upgrade_is_used_or_not() -> None:
    def build_upgrade(use: int | None) -> pd.DataFrame:
        rows = [(1, "0xa", "inserted", "Meta:Class"), (20, "0xb", "inserted", "Meta:Class")]
        rows += [(use, "0x1", "inserted", "S:New")] if use else []
        rows += [(900, "0x2", "inserted", "S:Pump")]
        entity = ["schema" if row[1] in {"0xa", "0xb"} else "element" for row in rows]
        label = ["S:Pump", "S:New", *["L"] * (len(rows) - 2)]
        flags = np.where(np.isin(np.arange(1, 901), [1, 20]), 1, 0)
        frame = timeline(900, containing_changes=flags)
        return findings(frame, changes=changes(rows, entity=entity, label=label), all=True)

    assert select_rule("schema upgrade", build_upgrade(30)) == [("info", 20, 30)]
    assert select_rule("schema upgrade", build_upgrade(20 + 720)) == [("info", 20, 740)]
    assert select_rule("schema upgrade", build_upgrade(20 + 721)) == [("notice", 20, 741)]
    assert "None of it has been used since." in build_upgrade(None)["sentence"][0]


def test_flags_that_do_not_fit_the_contents() -> None:
    rows = [(number, f"0x{number:x}", "inserted", "S:Pump") for number in range(1, 10)]
    frame = timeline(10, containing_changes=np.array([4] * 8 + [5, 0]))
    found = findings(frame, changes=changes(rows), all=True)
    assert select_rule("flags and contents", found) == [("notice", 9, 9)]
    assert "1 state a change of a schema and have none." in found["sentence"][0]
    assert select_rule("flags and contents", findings(timeline(10), changes=changes(rows), all=True)) == []


def test_contents_of_other_changesets_do_not_matter() -> None:
    found = findings(timeline(10), changes=changes(born(40, at=500) + dead(40, at=501)), all=True)
    assert not RULES & set(found["rule"])
    empty = findings(timeline(10), changes=changes([]), all=True)
    assert not RULES & set(empty["rule"])


def test_invalid_changes_are_refused() -> None:
    with pytest.raises(TypeError, match="changes should be a DataFrame from fetch_changes, not str"):
        findings(timeline(), changes="changes")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match="The changes frame lacks operation; pass a frame from fetch_changes"):
        findings(timeline(), changes=changes(born(1)).drop(columns="operation"))
    with pytest.raises(ValueError, match="indexed by changeset_index and instance_id"):
        findings(timeline(), changes=changes(born(1)).reset_index())
    with pytest.raises(ValueError, match="changes frame lacks operation, entity, class_name, label; pass a"):
        findings(timeline(), changes=sample.load_changes(detail="tables"))


def test_a_storage_limit_has_a_date() -> None:
    frame = timeline(2_000, file_size=np.full(2_000, 1_000_000))  # 56 MB a week, 2 GB
    soon = findings(frame, storage_limit=2_500_000_000)
    assert select_rule("storage limit", soon)[0][0] == "warning"
    assert "grow steadily by 56 MB a week and have 2 GB. At this pace they reach 2.5 GB about" in soon["sentence"][0]
    later = findings(frame, storage_limit=6_000_000_000)
    assert select_rule("storage limit", later)[0][0] == "notice"
    assert select_rule("storage limit", findings(frame, storage_limit=10**12)) == []  # in centuries
    reached = findings(frame, storage_limit=1_000_000_000)
    assert "The files reached 1 GB on 6 July 2025. Now they have 2 GB." in reached["sentence"][0]
    leaps = frame.assign(file_size=np.where(np.arange(2_000) // 224 % 2, 1_900_000, 1_000))
    assert select_rule("storage limit", findings(leaps, storage_limit=2_500_000_000)) == []


@pytest.mark.parametrize(
    ("limit", "error"), [("1 GB", TypeError), (True, TypeError), (0, ValueError), (-1, ValueError)]
)
def test_an_invalid_storage_limit_is_refused(limit: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="storage_limit should be"):
        findings(timeline(), storage_limit=limit)
