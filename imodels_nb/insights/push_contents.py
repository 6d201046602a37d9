"""Elements of each class at each push, from the frame of element changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from imodels_nb.insights.statistics import Ints

_TEXT_COLUMNS = ("operation", "entity", "class_name", "instance_id")


class ClassCount(NamedTuple):
    """Elements of one class that one push inserted and deleted.

    Parameters
    ----------
    class_name
        The class.
    push
        Position of the first changeset of the run, or of the changeset.
    first, last
        Positions of the first and the last changeset with such a change.
    inserted, deleted
        Numbers of elements.
    before, after
        Elements known to exist before and after the push.
    """

    class_name: str
    push: int
    first: int
    last: int
    inserted: int
    deleted: int
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class PushContents:
    """The changes of a timeline, one row for each element and changeset.

    Parameters
    ----------
    rows
        Columns ``changeset_index``, ``instance_id``, ``operation``, ``entity``, ``class_name``, ``label``, ``position``
        (in the timeline) and ``push`` (position of the first changeset of the same run, or of the changeset).
    """

    rows: pd.DataFrame

    @classmethod
    def from_changes(cls, changes: pd.DataFrame, index: Ints, run_start: Ints) -> "PushContents":
        """Select the changes of a timeline by its changeset indexes.

        Parameters
        ----------
        changes
            A frame of element changes.
        index
            Changeset index of each position, ascending.
        run_start
            First position of the run of each position.
        """
        rows = changes.reset_index()
        rows = rows[rows["changeset_index"].isin(index)]
        position = np.searchsorted(index, rows["changeset_index"].to_numpy(np.int64))
        texts = {name: rows[name].astype("str") for name in _TEXT_COLUMNS}
        return cls(rows.assign(position=position, push=run_start[position], **texts))

    @cached_property
    def elements(self) -> pd.DataFrame:
        """The rows of elements that are not indirect."""
        return self.rows[(self.rows["entity"] == "element") & ~self.rows["indirect"].astype("bool")]

    @cached_property
    def counts(self) -> pd.DataFrame:
        """The result of :func:`count_elements`."""
        return count_elements(self.elements)

    def list_counts(self, is_selected: pd.Series) -> list[ClassCount]:
        """Return the selected rows of `counts`."""
        return [ClassCount(*row) for row in self.counts[is_selected].itertuples(index=False, name=None)]


def count_elements(elements: pd.DataFrame) -> pd.DataFrame:
    """Compute how many elements of each class each push inserted and deleted.

    Returns
    -------
    DataFrame
        One row for each class and push, in the order of time, with the columns of `ClassCount`. An element that the
        frame never inserts existed from the start.
    """
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
    return table[list(ClassCount._fields)]
