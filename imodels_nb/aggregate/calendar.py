"""Counts of pushes by hour of the week and by day, and their grids."""

from datetime import date

import numpy as np

from imodels_nb.aggregate.cells import split_into_cells
from imodels_nb.aggregate.columns import LABELS, ChangesetColumns
from imodels_nb.aggregate.push_grids import PushGrid, add_changesets, assemble_push_grid, find_items
from imodels_nb.aggregate.pushes import MONDAY

HOUR_CODE = len(LABELS)
"""The code of Monday 00:00 to 01:00; each of the 168 hours of a week has the next code."""

HOURS = 24
DAY = 24 * 60
"""Minutes of a day."""

_HOUR_MS = 3_600_000
_DAYS_TO_MONDAY = 4  # days from 1970-01-01 to the first Monday


def with_hour_codes(data: ChangesetColumns) -> ChangesetColumns:
    """Return the changesets with the hour of the week as the code of uploaded ones."""
    hours = data.time // _HOUR_MS - HOURS * _DAYS_TO_MONDAY
    return data.with_codes(hours % (7 * HOURS))


def with_day_codes(data: ChangesetColumns) -> ChangesetColumns:
    """Return the changesets with one code for all uploaded ones."""
    return data.with_codes(np.zeros(len(data), np.int64))


def build_day_grid(data: ChangesetColumns, *, max_cells: int) -> PushGrid:
    """Build a grid of pushes by cell of the index and day.

    Parameters
    ----------
    data
        The changesets of a range, as :func:`with_day_codes` returns them.
    max_cells
        Largest number of cells, each of equally many changesets.

    Returns
    -------
    dict
        As :func:`imodels_nb.aggregate.build_push_grid` returns it, with bins of exactly one day.
    """
    cell, first, last = split_into_cells(data, max_cells)
    items, item = find_items(cell, data.time // 60_000 - MONDAY, DAY)
    codes = len(LABELS) + 1
    counts = np.bincount(item * codes + data.code, minlength=len(items) * codes).reshape(-1, codes)
    grid = assemble_push_grid(first, last, items, counts, DAY)
    grid["steps"] = [DAY]
    if len(first) == len(data):
        add_changesets(grid, data)
    return grid


def list_years(data: ChangesetColumns) -> list[int]:
    """Return the years with changesets, ascending."""
    years = np.unique(data.time.astype("datetime64[ms]").astype("datetime64[Y]"))
    return [int(year) + 1970 for year in years.astype(np.int64)]


def list_year_weeks(year: int) -> list[tuple[int, int]]:
    """Return the first and the last week of a year with each weekday, Monday first.

    The week of 1 January is 0, and weeks start on Mondays.

    Examples
    --------
    >>> from imodels_nb.aggregate import list_year_weeks
    >>> list_year_weeks(2023)[0], list_year_weeks(2023)[6]  # from a Sunday to a Sunday
    ((1, 52), (0, 52))
    """
    first, last = date(year, 1, 1).weekday(), date(year, 12, 31).weekday()
    weeks = ((date(year, 12, 31) - date(year, 1, 1)).days + first) // 7
    return [(int(weekday < first), weeks - int(weekday > last)) for weekday in range(7)]
