"""Changesets frame and index range to small tidy frames: all that a chart draws, whatever the number of changesets.

Only uploaded changesets count; those still waiting for their file are counted apart. A range is a first and a last
changeset index, both inclusive.

For a chart of one's own there are :func:`pushes_by_time` and :func:`sizes_by_index`, which give DataFrames. The other
names are how our charts are fed: a `Ledger` once, and grids of it packed as binary columns for the browser.
"""

from imodels_nb.aggregate.grids import Grid, push_grid, size_grid
from imodels_nb.aggregate.lanes import LANES, Lanes, with_lanes
from imodels_nb.aggregate.ledger import LABELS, OTHER, SIGNIFICANCE, WAITING, IndexRange, Ledger, parse_index_range
from imodels_nb.aggregate.pushes import MONDAY, STEPS, bin_step, push_cells, pushes_by_time
from imodels_nb.aggregate.sizes import size_columns, sizes_by_index
from imodels_nb.aggregate.sums import push_sums, size_sums
from imodels_nb.aggregate.wire import packed, size_of

__all__ = [
    "LABELS",
    "LANES",
    "MONDAY",
    "OTHER",
    "SIGNIFICANCE",
    "STEPS",
    "WAITING",
    "Grid",
    "IndexRange",
    "Lanes",
    "Ledger",
    "bin_step",
    "packed",
    "parse_index_range",
    "push_cells",
    "push_grid",
    "push_sums",
    "pushes_by_time",
    "size_columns",
    "size_grid",
    "size_of",
    "size_sums",
    "sizes_by_index",
    "with_lanes",
]
