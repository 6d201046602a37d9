"""History of one element, as plain Python reads it from the changes."""

from typing import Any

import pandas as pd
import pytest

from imodels_nb import element_history, sample

CHANGES = sample.load_changes()
CHANGESETS = sample.load_changesets(plant=True)
ELEMENTS = CHANGES[CHANGES["entity"] == "element"]
MOVED = str(ELEMENTS[ELEMENTS["properties"].map(lambda names: "Origin.Y" in names)].index[0][1])


def _expect_events(element: str) -> list[str]:
    events = []
    for (_, instance), row in ELEMENTS.iterrows():
        if instance == element:
            is_move = any(name.startswith("Origin") for name in row["properties"])
            usual = {"inserted": "inserted", "updated": "changed", "deleted": "removed"}[row["operation"]]
            events.append("moved" if usual == "changed" and is_move else usual)
    return events


@pytest.mark.parametrize("element", [MOVED, f" {MOVED.upper()} "], ids=["id", "upper case"])
def test_the_life_of_an_element_is_in_order(element: str) -> None:
    history = element_history(CHANGES, element, CHANGESETS)
    assert history["event"].tolist() == _expect_events(MOVED)
    assert "moved" in history["event"].tolist()
    indexes = history.index.get_level_values("changeset_index")
    assert list(history["push_date_time"]) == list(CHANGESETS["push_date_time"].loc[indexes])
    assert history["by"].str.startswith("person-").all()


def test_every_element_has_one_start_and_at_most_one_end() -> None:
    for element in ELEMENTS.index.get_level_values("instance_id").unique()[::200]:
        assert element_history(CHANGES, str(element))["event"].tolist() == _expect_events(str(element))


def test_a_label_or_a_part_of_it_finds_elements() -> None:
    label = str(ELEMENTS["label"].dropna().iloc[-1])
    found = element_history(CHANGES, label.lower())
    assert label in found["label"].tolist()
    assert len(element_history(CHANGES, label[:2])) >= len(found)


@pytest.mark.parametrize("detail", ["elements", "properties"])
def test_an_element_is_found_by_the_label_of_its_last_renaming(detail: Any) -> None:
    renamings = ELEMENTS[ELEMENTS["new_label"].notna()]
    changes = sample.load_changes(detail=detail)
    for (index, instance), row in renamings.iterrows():
        history = element_history(changes.loc[:index], row["new_label"])
        assert set(history.index.get_level_values("instance_id")) == {instance}
    assert len(renamings) > 5


def test_properties_show_their_old_and_new_values() -> None:
    history = element_history(sample.load_changes(detail="properties"), MOVED)
    moves = history[history["event"] == "moved"]
    assert moves["property"].str.startswith("Origin").all()
    assert (moves["old"] != moves["new"]).all()


def test_names_are_given_only_to_who_asks() -> None:
    named = CHANGESETS.assign(creator_name="Ada")
    assert set(element_history(CHANGES, MOVED, named, names=True)["by"]) == {"Ada"}
    assert set(element_history(CHANGES, MOVED, named)["by"]) == {"Ada"}
    assert "Ada" not in set(element_history(CHANGES, MOVED, named, names=False)["by"])
    assert element_history(CHANGES, MOVED, CHANGESETS)["by"].str.startswith("person-").all()
    with pytest.raises(ValueError, match=r"Pass fetch_changesets\(.*names=True\), or with_creator"):
        element_history(CHANGES, MOVED, CHANGESETS, names=True)


@pytest.mark.parametrize(
    ("changes", "element", "error", "words"),
    [
        (CHANGES, "no such pump", ValueError, "No element of these changes has the id or the label 'no such pump'"),
        (CHANGES, "", ValueError, "No element"),
        (CHANGES, "[", ValueError, "No element"),
        (CHANGES, 8, TypeError, "not int"),
        (CHANGESETS, "0x1", ValueError, "changes"),
    ],
    ids=["unknown", "empty", "pattern", "number", "no changes"],
)
def test_what_cannot_be_found_is_refused(
    changes: pd.DataFrame, element: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        element_history(changes, element)
