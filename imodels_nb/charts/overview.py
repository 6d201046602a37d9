"""Data of the overview below a plot: times of its columns, and named versions."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns, PackedGrid, pack_columns


def build_overview_axis(
    data: ChangesetColumns, first: npt.NDArray[np.int64], versions: pd.DataFrame, time_zone: str
) -> PackedGrid:
    """Build what the overview of a chart needs beside its grid.

    With it, the browser shows dates, and finds the changesets of a date or of a named version.

    Parameters
    ----------
    data
        All changesets.
    first
        First changeset index of each column of the grid.
    versions
        Marks of the named versions, as :func:`imodels_nb.charts.named_version_marks` returns them.
    time_zone
        Time zone of the times in `data`.

    Returns
    -------
    dict
        ``OverviewAxis`` in ``engine/js/types.d.ts``, packed: ``seconds`` (times of push: of the first changeset of each
        column and of the last of all), ``versions`` and ``time_zone``.
    """
    starts = np.searchsorted(data.index, np.asarray(first))
    milliseconds = np.append(data.time[starts], data.time[-1:])
    marks: list[dict[str, Any]] = [
        {"name": str(name), "index": int(index)}
        for index, name in zip(versions["index"], versions["name"], strict=True)
    ]
    return pack_columns({"seconds": milliseconds // 1000, "versions": marks, "time_zone": time_zone})
