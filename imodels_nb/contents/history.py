"""History of one element: inserted, changed, moved, removed, by whom and when."""

from typing import Any

import numpy as np
import pandas as pd

from imodels_nb.frames import pseudonymize, validate_changes, validate_changesets

_PLACEMENT = ("Origin", "BBox", "Yaw", "Pitch", "Roll", "Rotation", "Model.", "Parent.")
_EVENTS = {"inserted": "inserted", "updated": "changed", "deleted": "removed"}


def element_history(
    changes: pd.DataFrame, element: str, changesets: pd.DataFrame | None = None, *, names: bool | None = None
) -> pd.DataFrame:
    """Return the history of an element, the oldest change first.

    Parameters
    ----------
    changes
        Frame of :func:`read_changes` with ``detail="elements"``, or with ``"properties"``: then each changed property
        has a row with its old and its new value.
    element
        The id of an element such as ``"0x20000000008"``, a label that it has or had, or a part of labels; lower case or
        upper case.
    changesets
        The changesets frame of the same iModel, for time and person.
    names
        Whether people have their names, from the column ``creator_name``, in the place of pseudonyms. By default, where
        `changesets` has that column.

    Returns
    -------
    DataFrame
        The rows of `changes` of each element found, indexed by ``instance_id`` and ``changeset_index``, with ``event``
        (inserted, changed, moved or removed) first, and with `changesets` also ``push_date_time`` and ``by``.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, or no element has this id or label.

    Examples
    --------
    >>> changes, changesets = sample.load_changes(), sample.load_changesets(plant=True)
    >>> pump = changes[changes["class_name"] == "PlantDemo:Pump"].index[0][1]
    >>> element_history(changes, pump, changesets)["event"].iloc[0]
    'inserted'
    """
    changes = validate_changes(changes)
    if not isinstance(element, str):
        raise TypeError(f"element should be the id or the label of an element, not {type(element).__name__}.")
    rows = changes[(changes["entity"] == "element").to_numpy()]
    found = rows[rows.index.get_level_values("instance_id").isin(_find_ids(rows, element))]
    if found.empty:
        raise ValueError(f"No element of these changes has the id or the label {element!r}; see changes['label'].")
    history = found.swaplevel().sort_index(kind="stable")
    history.insert(0, "event", _name_events(history))
    return history if changesets is None else _add_people(history, changesets, names=names)


def _find_ids(rows: pd.DataFrame, element: str) -> set[str]:
    """Return the ids with this id or label, or those whose label has it as a part.

    The column ``label`` has the label before a change, so the one after a renaming is searched, too.
    """
    text = element.strip().casefold()
    ids = rows.index.get_level_values("instance_id")
    columns = [labels.astype("str").fillna("").str.casefold() for labels in (rows["label"], _find_new_labels(rows))]
    is_equal = np.logical_or(*((labels == text).to_numpy() for labels in columns))
    is_part = np.logical_or(*(labels.str.contains(text, regex=False).to_numpy() for labels in columns))
    for is_match in (ids == text, is_equal, is_part):
        if text and is_match.any():
            return set(ids[is_match])
    return set()


def _find_new_labels(rows: pd.DataFrame) -> pd.Series:
    """Return the label after each renaming."""
    return rows["new"].where(rows["property"] == "UserLabel") if "property" in rows else rows["new_label"]


def _name_events(history: pd.DataFrame) -> list[str]:
    """Return the event of each row; an update of the placement is a move."""
    changed: Any = history["property"].map(lambda name: (name,)) if "property" in history else history["properties"]
    events = history["operation"].astype("str").map(_EVENTS)
    return [
        "moved" if event == "changed" and _has_placement(properties) else event
        for event, properties in zip(events, changed, strict=True)
    ]


def _has_placement(properties: Any) -> bool:
    return isinstance(properties, tuple) and any(str(name).startswith(_PLACEMENT) for name in properties)


def _add_people(history: pd.DataFrame, changesets: pd.DataFrame, *, names: bool | None) -> pd.DataFrame:
    """Add time and person of each changeset."""
    if names is None:
        names = "creator_name" in changesets
    people = validate_changesets(changesets, ["push_date_time"] if names else ["push_date_time", "creator_id"])
    if names and "creator_name" not in people:
        raise ValueError(
            "names=True needs the column creator_name of changesets. Pass fetch_changesets(client, imodel_id,"
            " names=True), or with_creator_names(changesets, users)."
        )
    creators = people["creator_name"] if names else people["creator_id"].astype("object").map(pseudonymize)
    indexes = history.index.get_level_values("changeset_index")
    history.insert(1, "push_date_time", people["push_date_time"].reindex(indexes).to_numpy())
    history.insert(2, "by", creators.astype("object").reindex(indexes).to_numpy())
    return history
