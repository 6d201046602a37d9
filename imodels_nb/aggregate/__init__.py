"""Small tidy frames and grids of a changesets frame, for charts.

Only uploaded changesets count; those that wait for their file are counted apart. A range is a first and a last
changeset index, both inclusive.

For charts of your own there are :func:`pushes_by_time` and :func:`sizes_by_index`, which return DataFrames. The other
names serve our charts: `ChangesetColumns` is built once, and grids of it are sent to the browser as binary arrays.
"""

from imodels_nb.aggregate.binary import PackedGrid, pack_grid
from imodels_nb.aggregate.calendar import (
    DAY,
    HOUR_CODE,
    build_day_grid,
    list_year_weeks,
    list_years,
    with_day_codes,
    with_hour_codes,
)
from imodels_nb.aggregate.columns import (
    LABELS,
    NOT_UPLOADED,
    OTHER,
    SIGNIFICANCE,
    ChangesetColumns,
    IndexRange,
    parse_index_range,
)
from imodels_nb.aggregate.element_counts import ELEMENT_CODE, ElementCounts, build_change_grid
from imodels_nb.aggregate.lanes import LANES, Lanes, with_lanes, with_people
from imodels_nb.aggregate.push_grids import PushGrid, build_push_grid, build_push_range_grid, list_grid_rows
from imodels_nb.aggregate.pushes import MONDAY, STEPS, choose_bin_step, count_push_cells, pushes_by_time
from imodels_nb.aggregate.range_parser import RangeParser
from imodels_nb.aggregate.size_grids import SizeGrid, build_size_grid, build_size_range_grid
from imodels_nb.aggregate.sizes import format_flags, sizes_by_index, summarize_sizes

Grid = PushGrid | SizeGrid

__all__ = [
    "DAY",
    "ELEMENT_CODE",
    "HOUR_CODE",
    "LABELS",
    "LANES",
    "MONDAY",
    "NOT_UPLOADED",
    "OTHER",
    "SIGNIFICANCE",
    "STEPS",
    "ChangesetColumns",
    "ElementCounts",
    "Grid",
    "IndexRange",
    "Lanes",
    "PackedGrid",
    "PushGrid",
    "RangeParser",
    "SizeGrid",
    "build_change_grid",
    "build_day_grid",
    "build_push_grid",
    "build_push_range_grid",
    "build_size_grid",
    "build_size_range_grid",
    "choose_bin_step",
    "count_push_cells",
    "format_flags",
    "list_grid_rows",
    "list_year_weeks",
    "list_years",
    "pack_grid",
    "parse_index_range",
    "pushes_by_time",
    "sizes_by_index",
    "summarize_sizes",
    "with_day_codes",
    "with_hour_codes",
    "with_lanes",
    "with_people",
]
