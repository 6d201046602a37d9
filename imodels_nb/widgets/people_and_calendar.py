"""Charts of who pushes and when, with an overview that selects the range."""

from functools import partial
from typing import Any

import pandas as pd

from imodels_nb.charts import CalendarUnit, define_calendar, define_people
from imodels_nb.widgets.range_chart import RangeChart


class People(RangeChart):
    """People and their pushes, with an overview below that selects the range.

    Each of the ten creators with most pushes has a bar and a lane, and all others share one. The bars show how many
    pushes of each kind there are in the range. The lanes show when: a stronger color means more pushes, on a log
    scale. People are pseudonyms, unless the frame has names.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed. With the column ``creator_name``
        people have these names, also in a saved chart.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules.
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
    >>> People(sample.load_changesets(), index_range="November 2025").index_range
    (11523, 11842)
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        time_zone: str = "UTC",
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        super().__init__(
            changesets,
            named_versions,
            define=partial(define_people, time_zone=time_zone),
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )


class Calendar(RangeChart):
    """Pushes by hour of the week or by day, with an overview that selects the range.

    A stronger color of a rectangle means more pushes, on a log scale. A drag in the plot selects nothing, since
    the range does not run along it.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.
    named_versions
        Named versions, drawn on the overview. `index_range` then takes their names, too.
    by
        ``"hour"``: one rectangle for each hour of the week. ``"day"``: one rectangle for each day, and one block for
        each year that has changesets.
    time_zone
        IANA name of the time zone of hours and days.
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
    >>> Calendar(sample.load_changesets(), by="day", time_zone="Europe/Berlin").index_range
    (1, 12000)
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        by: CalendarUnit = "hour",
        time_zone: str = "UTC",
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        super().__init__(
            changesets,
            named_versions,
            define=partial(define_calendar, by=by, time_zone=time_zone),
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )
