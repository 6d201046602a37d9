"""Chart of changes to elements, with an overview that selects the range."""

from typing import Any

import pandas as pd

from imodels_nb.charts import define_element_changes
from imodels_nb.widgets.range_chart import RangeChart


class ElementChanges(RangeChart):
    """Inserted, updated and deleted elements over time, with an overview below.

    See :func:`imodels_nb.charts.element_changes` for what is drawn.

    Parameters
    ----------
    changes
        Frame of :func:`imodels_nb.read_changes` or :func:`imodels_nb.fetch_changes`, with ``detail="elements"``.
    changesets
        The changesets frame of the same iModel; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules.
    by_class, time_zone
        As for :func:`imodels_nb.charts.element_changes`.
    index_range, time_range, overview
        As for :class:`imodels_nb.PushTimeline`.

    Attributes
    ----------
    index_range, time_range, slider, selected, chart
        As those of :class:`imodels_nb.PushTimeline`.

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
        data, definition = define_element_changes(changes, changesets, by_class=by_class, time_zone=time_zone)
        self._changes = changes
        super().__init__(
            changesets,
            named_versions,
            data,
            definition,
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )

    @property
    def selected_changes(self) -> pd.DataFrame:
        """The changes of the range: a copy."""
        first, last = self.index_range
        return self._changes.sort_index().loc[first:last].copy()
