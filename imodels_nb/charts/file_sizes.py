"""Chart of file sizes by changeset index.

Each changeset is a dot while there are few. Otherwise a band has 10 to 90 % of the files of a cell, a line their
median, and dots the smallest and the largest.
"""

from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from imodels_nb.aggregate import (
    ChangesetColumns,
    Grid,
    IndexRange,
    SizeGrid,
    build_size_grid,
    build_size_range_grid,
    summarize_sizes,
)
from imodels_nb.charts.layers import LIMITS, Layer, draw_summary, group_layers, list_transforms
from imodels_nb.charts.named_versions import build_version_marks, draw_named_versions
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.size_layers import (
    DATES_DROP,
    LANE_GAP,
    LANE_HEIGHT,
    SIZE_HEIGHT,
    STORAGE_HEIGHT,
    SizeScale,
    build_index_x,
    compute_decades,
    draw_band,
    draw_dates,
    draw_dots,
    draw_index_axis,
    draw_mark_caption,
    draw_state_lanes,
    draw_storage,
    select_finest_level,
)
from imodels_nb.charts.spec import ChartDefinition, build_standalone_chart
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.vega_expressions import build_bytes_expression

_LEVELS = (250, 2_000)  # cells of all changesets: the finer ones are drawn where at most 500 are in the range
_EIGHT_BYTES = 2**32  # bytes of a file from which on each size takes eight bytes in a message


def file_sizes(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    cumulative: bool = True,
    time_zone: str = "UTC",
    theme: Theme = "light",
) -> OfflineChart:
    """Draw how large changesets are, as a chart whose range slides without a kernel.

    The changeset index runs along x, file size along y on a log scale; files of 0 bytes have a lane of their own. The
    chart holds two grids of at most 250 and 2,000 cells, so its size does not grow with the number of changesets. It
    draws the whole cells in the range exactly, those of the finer grid where at most 500 are in the range, and its
    first line names the changesets. A band has 10 to 90 % of the files of a cell, a line their median, and dots the
    smallest and the largest.

    Parameters
    ----------
    changesets
        The changesets frame. Only uploaded changesets count; those that wait for their file are marked apart.
    named_versions
        The named versions frame, drawn as labeled rules. Hidden versions are left out, and those of a changeset that is
        not in the changesets frame: the baseline (index 0), too.
    cumulative
        Whether to draw the storage so far of the range, above the sizes.
    time_zone
        IANA name of the time zone of the dates below the axis, and of tooltips.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        An Altair chart, for example to ``.save("sizes.html")``. The page holds the engine and a grid of at most 16,384
        cells, and needs no internet. Without changesets, it shows the text "There are no changesets" in place of
        marks.

    Raises
    ------
    TypeError
        If an argument is not a DataFrame, or `cumulative` is not a bool.
    ValueError
        If a frame lacks a column or holds invalid values, which the message names; if `time_zone` or `theme` is
        invalid.
    """
    definition = FileSizesDefinition(cumulative=cumulative, time_zone=time_zone)
    data = ChangesetColumns.from_frame(changesets, time_zone)
    return build_standalone_chart(definition, data, build_version_marks(data, named_versions, changesets), theme=theme)


@dataclass(frozen=True)
class FileSizesDefinition(ChartDefinition):
    """Definition of the chart of file sizes.

    Parameters
    ----------
    cumulative
        Whether to draw the storage so far of the range, above the sizes.
    time_zone
        Time zone of the changesets, for dates and tooltips.

    Raises
    ------
    TypeError
        If `cumulative` is not a bool.
    """

    cumulative: bool = True
    time_zone: str = "UTC"

    title = "File size of each changeset"
    subtitle = "Storage so far, and the size of each file on a log scale"
    x_field = "index"

    def __post_init__(self) -> None:
        if not isinstance(self.cumulative, bool):
            raise TypeError(f"cumulative should be True or False, not {type(self.cumulative).__name__}.")

    @property
    def _top(self) -> int:
        """Pixels from the top of the plot to the sizes."""
        return STORAGE_HEIGHT * self.cumulative

    @property
    def height(self) -> int:
        """Height of the plot in pixels."""
        return self._top + SIZE_HEIGHT

    def build_layers(self, data: ChangesetColumns, versions: pd.DataFrame) -> list[Layer]:
        """Build the layers of the chart, the axis first."""
        scale = SizeScale(compute_decades(data), self._top)
        lanes = draw_state_lanes(data, self.height)
        drop = LANE_GAP * bool(lanes) + LANE_HEIGHT * len(lanes)
        sizes = group_layers(*draw_band(scale), draw_dots(scale, self.time_zone))
        storage = draw_storage() if self.cumulative else []
        return [
            draw_index_axis(self.height, drop=drop),
            draw_dates(self.height + drop + DATES_DROP),
            draw_mark_caption(self._top),
            group_layers(sizes, storage[0], has_own_y=True) if storage else sizes,
            *lanes,
            *storage[1:],
            *([draw_named_versions(versions, build_index_x("index:Q"), self.time_zone)] if len(versions) else []),
            draw_summary(
                select_finest_level(),
                "datum.count",
                "datum.waiting",
                above=38 if len(versions) else 16,
                middle=(self._top + self.height) // 2,
                more=f"' · ' + {build_bytes_expression('datum.bytes')}",
                remark="datum.uploaded && !datum.bytes ? 'All files of this range have 0 bytes' : ''",
            ),
        ]

    def count_cells(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the cells of all changesets, at each level."""
        tables = (summarize_sizes(data, max_cells=cells) for cells in _LEVELS)
        return pd.concat([table.assign(level=level) for level, table in enumerate(tables)], ignore_index=True)

    def count_range(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the cells of one range alone."""
        max_dots = LIMITS["max_dots"]
        cells = max_dots if len(data) <= max_dots else _LEVELS[0]
        return summarize_sizes(data, max_cells=cells).assign(level=0)

    def build_grid(self, data: ChangesetColumns, max_cells: int) -> SizeGrid:
        """Build the grid from which the browser draws any range."""
        return build_size_grid(data, max_cells=max_cells, max_median_cells=_limit_cells(data))

    def build_range_grid(self, data: ChangesetColumns, grid: Grid, index_range: IndexRange) -> SizeGrid:
        """Build the grid of one range: each changeset by itself while there are few."""
        part = data.select_range(index_range)
        max_dots = LIMITS["max_dots"]
        if len(part) <= max_dots:
            return build_size_grid(part, max_cells=max_dots, max_median_cells=max_dots)
        return build_size_range_grid(data, cast("SizeGrid", grid), index_range, max_cells=_limit_cells(data))

    def list_precomputed_transforms(self) -> list[dict[str, Any]]:
        """Return the transforms that the engine has computed already."""
        return list_transforms(select_finest_level())


def _limit_cells(data: ChangesetColumns) -> int:
    """Return the largest number of cells of a range, so that its message stays small."""
    has_large_files = data.size.max(initial=0) >= _EIGHT_BYTES
    return LIMITS["max_cells"] // 2 if has_large_files else LIMITS["max_cells"]
