"""Ranges of changeset indices: what is one, and how several charts show the same."""

import operator
from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
import traitlets

from imodels_nb.aggregate import IndexRange

_WORDS = "index_range must be two whole numbers (first, last)"


class NotARange(traitlets.TraitError, TypeError):  # noqa: N818  # it says what was given
    """What was given as `index_range` is not a pair of whole numbers."""


class NoSuchRange(traitlets.TraitError, ValueError):  # noqa: N818  # it says what was given
    """What was given as `index_range` is not one first and one last index, in order."""


def whole_range(value: Any) -> IndexRange:
    """Read a first and a last index.

    Raises
    ------
    NotARange
        If it is anything but a tuple, list or array of whole numbers: a ``TypeError``.
    NoSuchRange
        If there are not two, or the first is above the last: a ``ValueError``.

    Examples
    --------
    >>> whole_range([3, np.int64(9)])
    (3, 9)
    >>> whole_range((9, 3))
    Traceback (most recent call last):
    imodels_nb.widgets.ranges.NoSuchRange: index_range must be (first, last), the smaller first, not (9, 3).
    """
    if not isinstance(value, tuple | list | np.ndarray):
        raise NotARange(f"{_WORDS}, not {value!r}.")
    if len(value) != 2:  # noqa: PLR2004  # a first and a last
        raise NoSuchRange(f"{_WORDS}, not {value!r}.")
    try:
        first, last = (_whole_number(end) for end in value)
    except TypeError:
        raise NotARange(f"{_WORDS}, not {value!r}.") from None
    if first > last:
        raise NoSuchRange(f"index_range must be (first, last), the smaller first, not ({first}, {last}).")
    return first, last


class IndexRangeTrait(traitlets.TraitType[IndexRange, Any]):
    """A trait that holds a first and a last index."""

    default_value = (0, 0)

    def validate(self, _obj: Any, value: Any) -> IndexRange:
        """Refuse what is none; see :func:`whole_range`."""
        return whole_range(value)


def _whole_number(value: Any) -> int:
    if isinstance(value, bool | np.bool_):
        raise TypeError  # an int by inheritance, but nobody means it
    return operator.index(value)


class _Link:
    """Moves all to where one of them went; those that follow do not lead in turn."""

    def __init__(self, widgets: tuple[Any, ...]) -> None:
        self._widgets, self._leading = widgets, False

    def follow(self, change: Any) -> None:
        if self._leading:
            return
        self._leading = True
        try:
            for widget in self._widgets:
                if widget is not change["owner"]:
                    widget.index_range = change["new"]
        finally:
            self._leading = False

    def undo(self) -> None:
        for widget in self._widgets:
            widget.unobserve(self.follow, "index_range")


def link_ranges(*widgets: ipywidgets.Widget) -> Callable[[], None]:
    """Let several charts show one range: when one moves, the others follow.

    Parameters
    ----------
    *widgets
        Charts, or anything else with an observable `index_range`; at first all take that of the first one. A chart of
        fewer changesets shows the part of the range that it has, and leaves the others as they are.

    Returns
    -------
    callable
        Call it to let each go its own way again.

    Raises
    ------
    TypeError
        If one has no `index_range`.

    Examples
    --------
    >>> from imodels_nb import FileSizes, PushTimeline, sample
    >>> timeline, sizes = PushTimeline(sample.load_changesets()), FileSizes(sample.load_changesets())
    >>> unlink = link_ranges(timeline, sizes)
    >>> timeline.index_range = (100, 300)
    >>> sizes.index_range
    (100, 300)
    """
    for widget in widgets:
        if not (isinstance(widget, traitlets.HasTraits) and widget.has_trait("index_range")):
            raise TypeError(
                f"link_ranges takes charts such as PushTimeline and FileSizes, not {type(widget).__name__}."
            )
    link = _Link(widgets)
    for widget in widgets[1:]:
        widget.index_range = widgets[0].index_range
    for widget in widgets:
        widget.observe(link.follow, "index_range")
    return link.undo
