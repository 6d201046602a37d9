"""Counts of changes by class, as text like that of ``git diff --stat``."""

import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.frames import OPERATIONS

_BAR_WIDTH = 40
_SIGNS = "+~-"  # inserted, updated, deleted


def format_diffstat(changes: pd.DataFrame) -> str:
    """Format the number of inserted, updated and deleted elements of each class.

    Parameters
    ----------
    changes
        Frame of :func:`read_changes` or :func:`net_changes`. Rows that only follow from other changes are left out.
    """
    rows = changes
    if "entity" in rows.columns:
        is_bookkeeping = rows["indirect"] & (rows["operation"] == "updated")
        rows = rows[(rows["entity"] == "element") & ~is_bookkeeping]
        rows = rows[~rows.index.duplicated()]  # one row for each value has one operation
    classes = rows["class_name"].astype("str").fillna("(unknown class)")
    counts = pd.crosstab(classes, rows["operation"].astype("str")).reindex(columns=OPERATIONS, fill_value=0)
    if counts.empty:
        return "No elements changed."
    counts = counts.loc[counts.sum(axis="columns").sort_values(ascending=False, kind="stable").index]
    width = max(map(len, counts.index))
    largest = int(counts.sum(axis="columns").max())
    pairs = zip(counts.index, counts.to_numpy(), strict=True)
    lines = [_format_line(str(name), width, largest, *map(int, row)) for name, row in pairs]
    totals = ", ".join(f"{int(counts[name].sum()):,} {name}" for name in OPERATIONS)
    return "\n".join([*lines, f" {format_count(len(counts), 'class', 'classes')}: {totals}"])


def _format_line(name: str, width: int, largest: int, *counts: int) -> str:
    scale = min(1.0, _BAR_WIDTH / largest)
    bar = "".join(sign * (round(count * scale) or bool(count)) for sign, count in zip(_SIGNS, counts, strict=True))
    return f" {name:{width}} | {sum(counts):7,} {bar}"
