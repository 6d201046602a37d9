"""Elements of each class at each push, from the frame of element changes."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from imodels_nb.insights.statistics import Ints
from imodels_nb.insights.timeline import TimelineData


class PushContents(NamedTuple):
    """The changes of a timeline, one row for each element and changeset.

    Parameters
    ----------
    rows
        Columns ``changeset_index``, ``instance_id``, ``operation``, ``entity``, ``class_name``, ``label``, ``position``
        (in the timeline) and ``push`` (position of the first changeset of the same run, or of the changeset).
    elements
        Those of elements that are not indirect.
    first, last
        Positions of the first and the last changeset of the frame.
    """

    rows: pd.DataFrame
    elements: pd.DataFrame
    first: int
    last: int


_READ: WeakKeyDictionary[TimelineData, PushContents | None] = WeakKeyDictionary()
"""Contents of the timelines in use, since several rules read them."""


def read_contents(timeline: TimelineData) -> PushContents | None:
    """Read the changes of the changesets of a timeline, ``None`` without any."""
    if timeline not in _READ:
        _READ[timeline] = _read(timeline)
    return _READ[timeline]


def _read(timeline: TimelineData) -> PushContents | None:
    if timeline.contents is None or not len(timeline):
        return None
    rows = timeline.contents.reset_index()
    rows = rows[rows["changeset_index"].isin(timeline.index)]
    if rows.empty:
        return None
    position = np.searchsorted(timeline.index, rows["changeset_index"].to_numpy(np.int64))
    rows = rows.assign(
        position=position,
        push=_find_run_starts(timeline)[position],
        **{name: rows[name].astype("str") for name in ("operation", "entity", "class_name", "instance_id")},
    )
    is_element = (rows["entity"] == "element") & ~rows["indirect"].astype("bool")
    return PushContents(rows, rows[is_element], int(position.min()), int(position.max()))


def _find_run_starts(timeline: TimelineData) -> Ints:
    """Return the first position of the run of each push, its own without a run."""
    start = np.arange(len(timeline))
    runs = timeline.runs
    if runs is not None:
        number = np.searchsorted(runs.starts, np.arange(len(runs.positions)), side="right") - 1
        start[runs.positions] = runs.first[number]
    return start


def count_elements(contents: PushContents) -> pd.DataFrame:
    """Compute how many elements of each class each push inserted and deleted.

    Returns
    -------
    DataFrame
        One row for each class and push, in the order of time. Columns: ``class_name``, ``push``, ``first``, ``last``
        (positions), ``inserted``, ``deleted``, ``before`` (elements known to exist before the push) and ``after``. An
        element that the frame never inserts existed from the start.
    """
    elements = contents.elements
    operation = elements["operation"]
    counted = elements.assign(inserted=operation == "inserted", deleted=operation == "deleted")
    table = (
        counted.groupby(["class_name", "push"], sort=True)
        .agg(
            first=("position", "min"),
            last=("position", "max"),
            inserted=("inserted", "sum"),
            deleted=("deleted", "sum"),
        )
        .reset_index()
    )
    inserted_ids = elements.loc[operation == "inserted", "instance_id"].unique()
    is_old = ~elements["instance_id"].isin(inserted_ids)
    old = elements[is_old].groupby("class_name")["instance_id"].nunique()
    change = (table["inserted"] - table["deleted"]).groupby(table["class_name"]).cumsum()
    table["after"] = table["class_name"].map(old).fillna(0).astype("int64") + change
    table["before"] = table["after"] - table["inserted"] + table["deleted"]
    return table
