"""Data of the overview below a plot: times of its cells, and named versions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns, PackedGrid, pack_grid


def build_overview_axis(
    data: ChangesetColumns, grid: Mapping[str, Any], versions: pd.DataFrame, time_zone: str
) -> PackedGrid:
    """Build the data of an overview that are not in its grid.

    With it, the browser shows dates, and finds the changesets of a date or of a named version.

    Parameters
    ----------
    data
        All changesets.
    grid
        The grid of all changesets: it has the ``first`` and the ``last`` changeset index of each cell.
    versions
        Marks of the named versions, as :func:`imodels_nb.charts.build_version_marks` returns them.
    time_zone
        Time zone of the times in `data`.

    Returns
    -------
    dict
        ``OverviewAxis`` in ``engine/js/types.d.ts``, packed: times of push in minutes, ``versions`` and ``time_zone``.
    """
    first, last = (data.time[np.searchsorted(data.index, grid[end])] // 60_000 for end in ("first", "last"))
    marks: list[dict[str, Any]] = [
        {"name": str(name), "index": int(index)}
        for index, name in zip(versions["index"], versions["name"], strict=True)
    ]
    return pack_grid(
        {
            "first_minutes": first,
            "spans": last - first,
            "versions": marks,
            "time_zone": time_zone,
        }
    )
