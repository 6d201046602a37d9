"""Calendar of pushes: by hour of the week, or by day of each year."""

from dataclasses import dataclass
from typing import Literal, cast

import altair as alt
import pandas as pd

from imodels_nb._format import MONTH_NAMES
from imodels_nb.aggregate import (
    HOUR_CODE,
    ChangesetColumns,
    Grid,
    IndexRange,
    PushGrid,
    build_day_grid,
    build_push_grid,
    build_push_range_grid,
    list_grid_rows,
    list_year_weeks,
    list_years,
    with_day_codes,
    with_hour_codes,
)
from imodels_nb.charts.calendar_definition import (
    GAP,
    CalendarDefinition,
    build_cell_starts,
    build_x,
    draw_axis,
    draw_wash,
)
from imodels_nb.charts.heat import build_strength, draw_numbers
from imodels_nb.charts.layers import LIMITS
from imodels_nb.charts.named_versions import build_version_marks
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.push_layers import IS_WAITING
from imodels_nb.charts.spec import build_standalone_chart
from imodels_nb.charts.theme import Theme

CalendarUnit = Literal["hour", "day"]

_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = [name[:3] for name in MONTH_NAMES]
_HOURS = 24
_WEEKS = 54  # a leap year that starts on a Sunday has days in 54 weeks
_HOUR_HEIGHT = 34  # pixels of a row
_DAY_HEIGHTS = (4, 12)  # pixels of a row, at least and at most
_DAYS_HEIGHT = 420  # pixels of all years, where their rows are not at a limit
_YEAR_GAP = 1  # rows
_HOUR_CELLS = 24  # cells of the specification; each may have a row for all hours of the week
_DAY_CELLS = 250
_HOUR_DIVISOR = 16  # divisor of the number of cells of a grid, since each has 168 counts
_DAY_DIVISOR = 4


def calendar(
    changesets: pd.DataFrame, *, by: CalendarUnit = "hour", time_zone: str = "UTC", theme: Theme = "light"
) -> OfflineChart:
    """Draw when changesets are pushed: by weekday and hour, or by day.

    A stronger color of a rectangle means more pushes, on a log scale. The overview below selects a range, as in
    :func:`push_timeline`.

    Parameters
    ----------
    changesets
        The changesets frame. Only uploaded changesets count.
    by
        ``"hour"``: one rectangle for each hour of the week. ``"day"``: one rectangle for each day, and one block for
        each year that has changesets.
    time_zone
        IANA name of the time zone of hours and days. An hour that comes twice when the clocks change is one hour.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        As :func:`push_timeline` returns it. Its size does not grow with the number of changesets; that of a chart by
        day grows with the years.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.

    Examples
    --------
    >>> calendar(sample.load_changesets(), by="day", time_zone="Europe/London").to_dict()["title"]["text"]
    'Pushes by day'
    """
    data, definition = define_calendar(changesets, by=by, time_zone=time_zone)
    return build_standalone_chart(definition, data, build_version_marks(data, None), theme=theme)


def define_calendar(
    changesets: pd.DataFrame, *, by: CalendarUnit = "hour", time_zone: str = "UTC"
) -> tuple[ChangesetColumns, "CalendarDefinition"]:
    """Read the changesets as the calendar counts them, and build its definition."""
    if by not in ("hour", "day"):
        given = repr(by) if isinstance(by, str) else type(by).__name__
        raise ValueError(f"by should be 'hour' or 'day', not {given}.")
    data = ChangesetColumns.from_frame(changesets, time_zone)
    if by == "hour":
        return with_hour_codes(data), HourCalendarDefinition(time_zone)
    return with_day_codes(data), DayCalendarDefinition(time_zone, tuple(list_years(data)))


@dataclass(frozen=True)
class HourCalendarDefinition(CalendarDefinition):
    """Definition of the calendar by weekday and hour."""

    title = "Pushes by hour of the week"
    rows = len(_WEEKDAYS)
    row_height = _HOUR_HEIGHT
    limits = LIMITS | {"min_bins": 1, "max_bins": 1}  # time itself is not drawn: the fewer bins, the fewer rows

    def _build_names(self) -> alt.Axis:
        return alt.Axis(
            orient="left",
            title=None,
            values=[row + 0.5 for row in range(self.rows)],
            labelExpr=f"{_WEEKDAYS}[floor(datum.value)]",
            minExtent=60,
            grid=False,
            domain=False,
            ticks=False,
        )

    def _draw_axis(self) -> alt.Chart:
        axis = alt.Axis(
            orient="bottom",
            title=f"Hour of the day ({self.time_zone})",
            values=list(range(0, _HOURS + 1, 3)),
            labelExpr="format(datum.value, '02') + ':00'",
            labelOverlap="greedy",
            grid=False,
            domain=False,
        )
        return draw_axis(build_x("column:Q", _HOURS).axis(axis), self.height)

    def _draw_background(self) -> alt.Chart:
        rows = [{"left": 0, "right": _HOURS, "low": row + GAP, "high": row + 1 - GAP} for row in range(self.rows)]
        return draw_wash(rows, build_x("left:Q", _HOURS), self._build_y("low:Q"))

    def _draw_counts(self) -> list[alt.Chart]:
        rects = self._count_rects()
        numbers = draw_numbers(
            rects.transform_calculate(
                strength=build_strength("datum.pushes", "datum.most"),
                center="datum.column + 0.5",
                middle="datum.row + 0.5",
            ),
            x=build_x("center:Q", _HOURS),
            y=self._build_y("middle:Q"),
            room=f"width / {_HOURS}",
            row="row",
        )
        return [self._draw_rects(rects, _HOURS), *numbers]

    def _count_rects(self) -> alt.Chart:
        hour = "format({0}, '02') + ':00'"
        hours = f"{hour.format('datum.column')} + '\u2013' + {hour.format('(datum.column + 1)')}"
        counted: alt.Chart = (
            build_cell_starts()
            .transform_filter(f"!({IS_WAITING})")
            .transform_aggregate(pushes="sum(count)", groupby=["kind"])
            .transform_joinaggregate(most="max(pushes)", all="sum(pushes)")
            .transform_calculate(
                column=f"(datum.kind - {HOUR_CODE}) % {_HOURS}", row=f"floor((datum.kind - {HOUR_CODE}) / {_HOURS})"
            )
            .transform_calculate(group="datum.row", when=f"{_WEEKDAYS}[datum.row] + ' ' + {hours}")
        )
        return counted

    def _list_groups(self) -> list[float]:
        return [row + 0.5 for row in range(self.rows)]

    def count_cells(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows from which the specification draws any range."""
        return list_grid_rows(build_push_grid(data, max_cells=_HOUR_CELLS, max_bins=1))

    def count_range(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows of one range alone."""
        return list_grid_rows(build_push_grid(data, max_cells=1, max_bins=1))

    def build_grid(self, data: ChangesetColumns, max_cells: int) -> PushGrid:
        """Build the grid from which the browser draws any range."""
        cells = max(max_cells // _HOUR_DIVISOR, 1)
        return build_push_grid(data, max_cells=cells, max_bins=cells)

    def build_range_grid(self, data: ChangesetColumns, grid: Grid, index_range: IndexRange) -> PushGrid:
        """Build the grid of one range."""
        return build_push_range_grid(data, cast("PushGrid", grid), index_range, max_bins=1)


@dataclass(frozen=True)
class DayCalendarDefinition(CalendarDefinition):
    """Definition of the calendar by day, with a block for each year.

    Parameters
    ----------
    time_zone
        Time zone of the changesets.
    years
        The years that have changesets, ascending.
    """

    years: tuple[int, ...] = ()

    title = "Pushes by day"
    limits = LIMITS | {"min_step": 24 * 60}

    @property
    def rows(self) -> int:
        """Number of rows of rectangles, with the gaps between years."""
        return max(len(self.years) * (len(_WEEKDAYS) + _YEAR_GAP) - _YEAR_GAP, 1)

    @property
    def row_height(self) -> float:
        """Height of a row in pixels: the more years, the lower."""
        least, most = _DAY_HEIGHTS
        return min(max(_DAYS_HEIGHT // self.rows, least), most)

    def _build_names(self) -> alt.Axis:
        return alt.Axis(
            orient="left",
            title=None,
            values=self._list_groups(),
            labelExpr=f"{[str(year) for year in self.years]}[floor(datum.value / {len(_WEEKDAYS) + _YEAR_GAP})]",
            minExtent=60,
            grid=False,
            domain=False,
            ticks=False,
        )

    def _draw_axis(self) -> alt.Chart:
        axis = alt.Axis(
            orient="bottom",
            title=f"Week of the year, Monday on top ({self.time_zone})",
            values=[(365 / 12 * month + 18) / 7 for month in range(len(_MONTHS))],
            labelExpr=f"{_MONTHS}[floor(datum.value * 7 / 30.5)]",
            labelOverlap="greedy",
            grid=False,
            domain=False,
            ticks=False,
        )
        return draw_axis(build_x("column:Q", _WEEKS).axis(axis), self.height)

    def _draw_background(self) -> alt.Chart:
        rows = [
            {"left": first, "right": last + 1, "low": top + weekday + GAP, "high": top + weekday + 1 - GAP}
            for top, year in zip(self._list_tops(), self.years, strict=True)
            for weekday, (first, last) in enumerate(list_year_weeks(year))
        ]
        return draw_wash(rows, build_x("left:Q", _WEEKS), self._build_y("low:Q"))

    def _draw_counts(self) -> list[alt.Chart]:
        return [self._draw_rects(self._count_rects(), _WEEKS)]

    def _count_rects(self) -> alt.Chart:
        first_weekday = "(utcday(utc(datum.year, 0, 1)) + 6) % 7"
        counted: alt.Chart = (
            build_cell_starts()
            .transform_filter(f"!({IS_WAITING})")
            .transform_aggregate(pushes="sum(count)", groupby=["start"])
            .transform_joinaggregate(most="max(pushes)", all="sum(pushes)")
            .transform_calculate(day="datum.start * 60000", year="utcyear(datum.start * 60000)")
            .transform_calculate(group=f"indexof({list(self.years)}, datum.year)")
            .transform_calculate(
                column=f"floor((utcdayofyear(datum.day) - 1 + {first_weekday}) / 7)",
                row=f"datum.group * {len(_WEEKDAYS) + _YEAR_GAP} + (utcday(datum.day) + 6) % 7",
                when="utcFormat(datum.day, '%A, %-d %b %Y')",
            )
        )
        return counted

    def _list_tops(self) -> list[int]:
        return [number * (len(_WEEKDAYS) + _YEAR_GAP) for number in range(len(self.years))]

    def _list_groups(self) -> list[float]:
        return [top + len(_WEEKDAYS) / 2 for top in self._list_tops()]

    def count_cells(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows from which the specification draws any range."""
        return list_grid_rows(build_day_grid(data, max_cells=_DAY_CELLS))

    def count_range(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows of one range alone."""
        return list_grid_rows(build_day_grid(data, max_cells=1))

    def build_grid(self, data: ChangesetColumns, max_cells: int) -> PushGrid:
        """Build the grid from which the browser draws any range."""
        return build_day_grid(data, max_cells=max(max_cells // _DAY_DIVISOR, 1))

    def build_range_grid(self, data: ChangesetColumns, grid: Grid, index_range: IndexRange) -> PushGrid:  # noqa: ARG002
        """Build the grid of one range."""
        return build_day_grid(data.select_range(index_range), max_cells=1)
