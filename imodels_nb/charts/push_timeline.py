"""Chart of pushes over time: bars or lanes by time bin, and a cumulative count."""

from dataclasses import dataclass
from typing import Any, Literal, cast

import altair as alt
import pandas as pd

from imodels_nb.aggregate import (
    LABELS,
    NOT_UPLOADED,
    ChangesetColumns,
    Grid,
    IndexRange,
    Lanes,
    PushGrid,
    build_push_grid,
    build_push_range_grid,
    count_push_cells,
    with_lanes,
)
from imodels_nb.charts.bars import build_kind_filter, draw_bars, draw_pause
from imodels_nb.charts.lanes import draw_lane_totals, draw_lanes
from imodels_nb.charts.layers import Layer, draw_caption, draw_summary, group_layers, list_transforms, select_cells
from imodels_nb.charts.named_versions import build_version_marks, draw_named_versions
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.push_layers import (
    IS_WAITING,
    LANE_HEIGHT,
    TICK_HEIGHT,
    build_bin_starts,
    build_time_x,
    draw_bin_caption,
    draw_changeset_ticks,
    draw_cumulative_count,
    draw_time_axis,
    draw_waiting_marks,
)
from imodels_nb.charts.spec import ChartDefinition, build_standalone_chart
from imodels_nb.charts.theme import Theme

LaneChoice = Literal["kind", "creator", "creator_name"]

_MAX_CELLS = 1_000  # cells of the specification
_MAX_GRID_BINS = 2_048
_CUMULATIVE_ENDS = (90, 16)  # pixels from the top of the plot
_COUNTS_TOP = 124
_BARS_HEIGHT = 186
_STRENGTH = " · stronger color: more pushes (log scale)"


def push_timeline(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    lanes: LaneChoice | None = None,
    time_zone: str = "UTC",
    theme: Theme = "light",
) -> OfflineChart:
    """Draw pushes over time, as a chart whose range slides without a kernel.

    Time runs along x, as local time of a time zone. The overview below, or the two sliders of the specification, select
    a range of changeset indexes. The chart holds counts of at most 1,000 index cells, so its size does not grow with
    the number of changesets. It draws the whole cells in the range exactly, and its first line names them. A page also
    draws each changeset as a tick where the range holds at most 300 and the grid is fine enough.

    Parameters
    ----------
    changesets
        The changesets frame. Only uploaded changesets count; those that wait for their file are marked apart.
    named_versions
        The named versions frame, drawn as labeled rules. Hidden versions are left out, and those of a changeset that is
        not in the changesets frame: the baseline (index 0), too.
    lanes
        By default bars, in which each changeset counts once, under the first of its kinds. ``"kind"``: one lane for
        each kind; a changeset of several kinds is counted in each of their lanes, so lanes add up to more than the
        changesets. ``"creator"``: one lane for each of the eight accounts with most pushes and one for all others,
        named by pseudonym, or by the column ``creator_name`` if the frame has it (from
        ``fetch_changesets(..., names=True)`` or :func:`imodels_nb.with_creator_names`); the chart then has these names
        when it is saved, too. ``"creator_name"``: the same, and an error without that column.
    time_zone
        IANA name of the time zone of axis, bins and tooltips. A day there has 23 or 25 hours when the clocks change; an
        hour that comes twice is one bin.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        An Altair chart, for example to ``.save("timeline.html")``. The page holds the engine and a grid of at most
        16,384 cells, and needs no internet. Without changesets, it shows the text "There are no changesets" in
        place of marks.

    Raises
    ------
    TypeError
        If an argument is not a DataFrame.
    ValueError
        If a frame lacks a column or holds invalid values, which the message names; if `lanes`, `time_zone` or `theme`
        is invalid.

    Examples
    --------
    >>> changesets = sample.load_changesets()
    >>> push_timeline(changesets, lanes="kind", time_zone="Europe/Berlin").to_dict()["title"]["subtitle"]
    'A changeset of several kinds is counted in each of their lanes'
    """
    data, definition = define_push_timeline(changesets, lanes=lanes, time_zone=time_zone)
    return build_standalone_chart(definition, data, build_version_marks(data, named_versions, changesets), theme=theme)


def define_push_timeline(
    changesets: pd.DataFrame, *, lanes: LaneChoice | None = None, time_zone: str = "UTC"
) -> tuple[ChangesetColumns, "PushTimelineDefinition"]:
    """Read the changesets as the timeline counts them, and build its definition."""
    data = ChangesetColumns.from_frame(changesets, time_zone)
    if lanes is None:
        return data, PushTimelineDefinition(time_zone)
    data, split = with_lanes(data, changesets, lanes)
    return data, PushTimelineDefinition(time_zone, split)


@dataclass(frozen=True)
class PushTimelineDefinition(ChartDefinition):
    """Definition of the chart of pushes over time.

    Parameters
    ----------
    time_zone
        Time zone of the changesets, for axis and tooltips.
    lanes
        The lanes of the changesets; bars by default.
    """

    time_zone: str = "UTC"
    lanes: Lanes | None = None

    title = "Pushes over time"
    x_field = "time"
    has_time_above_counts = True
    """Whether the part above the counts has the axis of time, too, so that rules of versions cross it."""

    @property
    def subtitle(self) -> str:
        """Rule by which changesets are counted."""
        if self.lanes is None:
            return "Each changeset counts once, under the first of its kinds in legend order"
        if self.lanes.by == "kind":
            return "A changeset of several kinds is counted in each of their lanes"
        return "One lane for each creator, those with most pushes on top"

    @property
    def counts_top(self) -> int:
        """Pixels from the top of the plot to the counts."""
        return _COUNTS_TOP

    @property
    def height(self) -> int:
        """Height of the plot in pixels."""
        return self.counts_top + (LANE_HEIGHT * len(self.lanes.labels) if self.lanes else _BARS_HEIGHT)

    @property
    def _grid_divisor(self) -> int:
        """Divisor of the number of cells; many sets of lanes must not enlarge a grid."""
        return 1 + len(self.lanes.members) // len(LABELS) if self.lanes else 1

    def build_layers(self, data: ChangesetColumns, versions: pd.DataFrame) -> list[Layer]:
        """Build the layers of the chart, the axis first."""
        has_waiting = not data.uploaded.all()
        return [
            draw_time_axis(self.height, drop=TICK_HEIGHT * (1 + has_waiting), time_zone=self.time_zone),
            *self._draw_versions(versions, is_below=True),
            # with nothing uploaded there is no kind, and a color scale of no kinds would break the whole chart
            *(self.draw_counts(data) if data.uploaded.any() else []),
            draw_changeset_ticks(self.height, self.time_zone),
            *([draw_waiting_marks(self.height + TICK_HEIGHT, self.time_zone)] if has_waiting else []),
            *self._draw_versions(versions, is_below=False),
            draw_summary(
                select_cells(),
                f"{IS_WAITING} ? 0 : datum.count",
                f"{IS_WAITING} ? datum.count : 0",
                above=38 if len(versions) else 16,
                middle=(self.counts_top + self.height) // 2,
            ),
            draw_bin_caption(self.counts_top - 10, _STRENGTH if self.lanes else ""),
        ]

    def _draw_versions(self, versions: pd.DataFrame, *, is_below: bool) -> list[Layer]:
        """Draw named versions: as rules over the whole plot, or below the counts alone."""
        if not len(versions) or is_below == self.has_time_above_counts:
            return []
        ends = None if self.has_time_above_counts else (self.counts_top, self.height)
        return [draw_named_versions(versions, build_time_x("time:T"), self.time_zone, ends)]

    def draw_counts(self, data: ChangesetColumns) -> list[Layer]:
        """Draw bars or lanes, and above them the cumulative count."""
        cumulative: list[Layer] = [draw_cumulative_count(_CUMULATIVE_ENDS, self.time_zone)]
        params: Any
        if self.lanes:
            counts = draw_lanes(self.lanes, _COUNTS_TOP, self.time_zone)
            cumulative += [draw_lane_totals(self.lanes, _COUNTS_TOP)]
            params = alt.Undefined
        else:
            labels = [LABELS[code] for code in sorted(set(data.code.tolist())) if LABELS[code] != NOT_UPLOADED]
            counts = group_layers(*draw_bars(labels, (self.height, _COUNTS_TOP), self.time_zone))
            params = [build_kind_filter()]
        return [
            group_layers(counts, *cumulative, has_own_y=True, params=params),
            draw_pause((_COUNTS_TOP + self.height) // 2),
            draw_caption("Uploaded so far in this range", _CUMULATIVE_ENDS[1] - 8),
        ]

    def count_cells(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows from which the specification draws any range."""
        cells = _MAX_CELLS // self._grid_divisor
        return count_push_cells(data, max_cells=cells, max_bins=cells)

    def count_range(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows of one range alone."""
        return count_push_cells(data, max_cells=1, max_bins=self.limits["max_bins"])

    def build_grid(self, data: ChangesetColumns, max_cells: int) -> PushGrid:
        """Build the grid from which the browser draws any range."""
        divisor = self._grid_divisor
        return build_push_grid(data, max_cells=max_cells // divisor, max_bins=_MAX_GRID_BINS // divisor)

    def build_range_grid(self, data: ChangesetColumns, grid: Grid, index_range: IndexRange) -> PushGrid:
        """Build the grid of one range: each changeset by itself while there are few."""
        part = data.select_range(index_range)
        if len(part) <= self.limits["max_ticks"]:
            return build_push_grid(part, max_cells=self.limits["max_ticks"], max_bins=self.limits["max_bins"])
        return build_push_range_grid(data, cast("PushGrid", grid), index_range, max_bins=self.limits["max_bins"])

    def list_precomputed_transforms(self) -> list[dict[str, Any]]:
        """Return the transforms that the engine has computed already."""
        return list_transforms(build_bin_starts())
