"""Chart of pushes over time, with an overview that selects the range."""

from functools import partial
from typing import Any

import pandas as pd

from imodels_nb.charts import LaneChoice, define_push_timeline
from imodels_nb.widgets.range_chart import RangeChart


class PushTimeline(RangeChart):
    """Pushes over time by kind, with an overview below that selects the range.

    Bars count the uploaded changesets of a day, a week or a month, stacked by kind; a line above adds them up. Where at
    most 300 changesets are in the range, each has a tick, too. Its tooltip shows index, time, size and kinds, and with
    a kernel also id, account and description. Drag over the overview, or type an index, a date or a named version into
    First and Last: the chart and `selected` follow. `watch` adds new pushes as they come, and `update` shows another
    frame.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules. Hidden versions are left
        out, and the baseline.
    lanes
        By default bars, in which each changeset counts once, under the first of its kinds. ``"kind"``: one lane for
        each kind; a changeset of several kinds counts in each of their lanes. ``"creator"``: one lane for each of the
        eight accounts with most pushes and one for all others, named by pseudonym, or by the column ``creator_name`` if
        the frame has it (from ``fetch_changesets(..., names=True)`` or :func:`imodels_nb.with_creator_names`).
        ``"creator_name"``: the same, and an error without that column.
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
    >>> timeline = PushTimeline(sample.load_changesets(), lanes="creator", time_zone="Europe/Berlin")
    >>> timeline.index_range
    (1, 12000)
    >>> timeline.index_range = "November 2025"
    >>> len(timeline.selected)
    320
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        lanes: LaneChoice | None = None,
        time_zone: str = "UTC",
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        super().__init__(
            changesets,
            named_versions,
            define=partial(define_push_timeline, lanes=lanes, time_zone=time_zone),
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )
