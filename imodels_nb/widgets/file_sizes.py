"""Chart of file sizes, with an overview that selects the range."""

from typing import Any

import pandas as pd

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts import FileSizesDefinition
from imodels_nb.widgets.range_chart import RangeChart


class FileSizes(RangeChart):
    """File sizes of changesets, with an overview below that selects the range.

    Each mark is an uploaded changeset at its index, on a log scale of bytes. Where there are many, a mark stands for
    several changesets next to each other: a band has 10 to 90 % of their sizes, a line their median, and dots the
    smallest and the largest. Files of 0 bytes have a lane of their own. Above, an area adds up the storage of the
    range. Drag over the overview, or type an index, a date or a named version into First and Last: the chart and
    `selected` follow.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules. Hidden versions are left
        out, and the baseline.
    cumulative
        Whether to draw the storage so far of the range, above the sizes.
    time_zone
        IANA name of the time zone of the dates below the axis, and of tooltips.
    index_range
        The range to show at first, as the attribute takes it. By default, all changesets.
    time_range
        The same range in dates, in place of `index_range`: a pair or a slice.
    overview
        Whether the overview of all changesets, which selects the range, stands below the plot.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive. Settable and observable. It takes indexes, dates and names
        of versions, as a pair or a slice: ``(100, 300)``, ``("2025-03", "2025-04-15")``,
        ``slice("Review 12", None)``, or ``"March 2025"``. An end beyond the frame moves to its edge.
        Anything else raises a ``TypeError`` or ``ValueError``, which is a ``TraitError``, too.
    time_range : tuple of Timestamp
        Times of the first and the last push in the range; None if it has no changesets. Settable with dates.
    slider : ipywidgets.IntRangeSlider
        A slider of the same range, to show in a cell of its own: the chart has its overview for that.
    selected : DataFrame
        The changesets of the range.
    chart : OfflineChart
        The standalone chart at the same range, for example to ``.save("chart.html")``.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.

    Examples
    --------
    >>> sizes = FileSizes(sample.load_changesets(), index_range=(11_000, 12_000))
    >>> len(sizes.selected)
    1001
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        cumulative: bool = True,
        time_zone: str = "UTC",
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        definition = FileSizesDefinition(cumulative=cumulative, time_zone=time_zone)
        super().__init__(
            changesets,
            named_versions,
            define=lambda frame: (ChangesetColumns.from_frame(frame, time_zone), definition),
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )
