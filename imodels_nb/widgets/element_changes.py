"""Chart of changes to elements, with an overview that selects the range."""

from typing import Any

import pandas as pd

from imodels_nb.charts import define_element_changes
from imodels_nb.widgets.range_chart import RangeChart


class ElementChanges(RangeChart):
    """Inserted, updated and deleted elements over time, with an overview below.

    In each time bin, inserted elements stand above the line and deleted ones below; updated ones stand beside. A line
    at the top shows how many elements there are; those of the baseline are not counted. An update that only follows
    other changes does not count. Drag over the overview, or type an index, a date or a named version into First and
    Last: the chart and `selected` follow.

    Parameters
    ----------
    changes
        Frame of :func:`imodels_nb.read_changes` or :func:`imodels_nb.fetch_changes`, with ``detail="elements"``.
    changesets
        The changesets frame of the same iModel; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules. Hidden versions are left
        out, and the baseline.
    by_class
        Whether to color the seven classes with most changes, and all others together, in the place of the operations.
    time_zone
        IANA name of the time zone of axis, bins and tooltips.
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
    >>> changes, changesets = sample.load_changes(), sample.load_changesets(plant=True)
    >>> ElementChanges(changes, changesets, by_class=True).index_range
    (1, 228)
    """

    _is_updatable = False  # other changesets would need their changes

    def __init__(
        self,
        changes: pd.DataFrame,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        by_class: bool = False,
        time_zone: str = "UTC",
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        self._changes = changes
        super().__init__(
            changesets,
            named_versions,
            define=lambda frame: define_element_changes(changes, frame, by_class=by_class, time_zone=time_zone),
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )

    @property
    def selected_changes(self) -> pd.DataFrame:
        """The changes of the range: a copy."""
        first, last = self.index_range
        return self._changes.sort_index().loc[first:last].copy()
