"""Ranges of changeset indices: what is one, and how several charts show the same."""

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from imodels_nb.aggregate import IndexRange, parse_index_range


class IndexRangeTypeError(traitlets.TraitError, TypeError):
    """The value given as `index_range` is not a pair of whole numbers."""


class IndexRangeValueError(traitlets.TraitError, ValueError):
    """The value given as `index_range` is not one first and one last index, in order."""


class IndexRangeTrait(traitlets.TraitType[IndexRange, Any]):
    """A trait that holds a first and a last index."""

    default_value = (0, 0)

    def validate(self, _obj: Any, value: Any) -> IndexRange:
        """Return the range, or raise an error that is a ``TraitError``, too."""
        try:
            return parse_index_range(value)
        except TypeError as error:
            raise IndexRangeTypeError(str(error)) from None
        except ValueError as error:
            raise IndexRangeValueError(str(error)) from None


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
        If one has no `index_range`, or there are fewer than two different ones.

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
        if isinstance(widget, list | tuple):
            raise TypeError("link_ranges takes charts one by one; unpack a list of them, as in link_ranges(*charts).")
        if not (isinstance(widget, traitlets.HasTraits) and widget.has_trait("index_range")):
            raise TypeError(
                f"link_ranges takes charts such as PushTimeline and FileSizes, not {type(widget).__name__}."
            )
    if len({id(widget) for widget in widgets}) < 2:  # noqa: PLR2004  # a link has two ends
        raise TypeError("link_ranges needs two or more different charts, as in link_ranges(timeline, sizes).")
    link = _Link(widgets)
    for widget in widgets[1:]:
        widget.index_range = widgets[0].index_range
    for widget in widgets:
        widget.observe(link.follow, "index_range")
    return link.undo
