"""Changesets after an earlier report, or after a point in the history."""

import re
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from imodels_nb._validation import format_argument
from imodels_nb.aggregate import ChangesetColumns, RangeParser
from imodels_nb.insights import TimelineData, compare
from imodels_nb.report.options import SUFFIXES

_LAST_INDEX = re.compile(r'<meta name="imodels-nb-last-index" content="(\d+)">')
_HEAD_LENGTH = 4_000  # characters of a page; the index stands in its head


class SinceContent(TypedDict):
    """The changesets after an earlier report.

    Parameters
    ----------
    last_index
        Index of the last changeset before the point.
    sentence
        What came after it.
    """

    last_index: int
    sentence: str


def describe_since(since: Any, timeline: TimelineData) -> SinceContent:
    """Return what came after a point in the history.

    Parameters
    ----------
    since
        Path of an earlier report, or a changeset index, a date or the name of a version.
    timeline
        The checked frames.

    Raises
    ------
    TypeError, ValueError
        If `since` is no report of this package and no point of the timeline.
    OSError
        If the report cannot be read.
    """
    is_report = isinstance(since, PathLike) or (isinstance(since, str) and since.lower().endswith(SUFFIXES))
    index = read_last_index(Path(since)) if is_report else since
    newest = int(timeline.index[-1]) if len(timeline) else 0
    if isinstance(index, int) and index >= newest:
        return {
            "last_index": index,
            "sentence": f"No changeset has come since then: the newest one is {newest:,}.",
        }
    try:
        _check_point(index, timeline)
        between = compare(timeline.changesets, index, newest, timeline.named_versions, time_zone=timeline.zone.key)
    except (TypeError, ValueError) as error:
        raise type(error)(f"since should be an earlier report, an index, a date or a named version. {error}") from None
    last = between.attrs["ranges"][0][1]
    label = between.attrs["labels"][0]
    words = f"the last report (changeset {last:,})" if is_report else label
    return {"last_index": last, "sentence": f"Since {words}: {between.attrs['sentence'].partition(': ')[2]}"}


def _check_point(since: Any, timeline: TimelineData) -> None:
    """Raise an error unless a value is one point in the history, not a period."""
    zone = timeline.zone.key
    parser = RangeParser(ChangesetColumns.from_frame(timeline.changesets, zone), timeline.named_versions, zone)
    if parser.parse_point(since, "since") is None:
        raise ValueError(
            f"{format_argument(since)} is a period; give one day, such as '2025-02-28': the report then shows what"
            " came after it."
        )


def read_last_index(report: Path) -> int:
    """Read the index of the newest changeset of a report.

    Raises
    ------
    ValueError
        If the file is no report of this package.
    OSError
        If it cannot be read.
    """
    with report.open(encoding="utf-8", errors="replace") as file:
        found = _LAST_INDEX.search(file.read(_HEAD_LENGTH))
    if found is None:
        raise ValueError(f"{report.name} is no report of write_report, so since cannot be read from it.")
    return int(found[1])
