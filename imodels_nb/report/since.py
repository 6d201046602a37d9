"""Changesets after an earlier report, or after a point in the history."""

import re
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from imodels_nb.aggregate import ChangesetColumns, RangeParser
from imodels_nb.insights import TimelineData, compare
from imodels_nb.report.options import SUFFIXES

_LAST_INDEX = re.compile(r'<meta name="imodels-nb-last-index" content="(\d+)">')
_LAST_CHANGESET = re.compile(r'<meta name="imodels-nb-last-changeset" content="([0-9a-f]+)">')
_HEAD_LENGTH = 4_000  # characters of a page; both stand in its head


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
        If `since` is no report of this iModel and no point of the timeline, or is newer than the frame.
    OSError
        If the report cannot be read.
    """
    is_report = isinstance(since, PathLike) or (isinstance(since, str) and since.lower().endswith(SUFFIXES))
    try:
        index = _find_last_changeset(Path(since), timeline) if is_report else _parse_point(since, timeline)
        newest = int(timeline.index[-1]) if len(timeline) else 0
        if index == newest:
            return {"last_index": index, "sentence": f"No changeset has come since then: the newest one is {newest:,}."}
        first = index if is_report else since
        between = compare(timeline.changesets, first, newest, timeline.named_versions, time_zone=timeline.zone.key)
    except (TypeError, ValueError) as error:
        raise type(error)(f"since should be an earlier report, an index, a date or a named version. {error}") from None
    words = f"the last report (changeset {index:,})" if is_report else between.attrs["labels"][0]
    return {"last_index": index, "sentence": f"Since {words}: {between.attrs['sentence'].partition(': ')[2]}"}


def _parse_point(since: Any, timeline: TimelineData) -> int:
    """Return the index of a point in the history that is not newer than the frame."""
    zone = timeline.zone.key
    parser = RangeParser(ChangesetColumns.from_frame(timeline.changesets, zone), timeline.named_versions, zone)
    index = parser.parse_day(since, "since")
    _check_bounds("since is", index, timeline)
    return index


def _find_last_changeset(report: Path, timeline: TimelineData) -> int:
    """Return the last index of a report, after a check that it is of the same iModel."""
    head = _read_head(report)
    index = _parse_last_index(report, head)
    _check_bounds(f"{report.name} ends at", index, timeline)
    digest = _LAST_CHANGESET.search(head)
    expected = compute_changeset_digest(timeline, index)
    if digest and expected and digest[1] != expected:
        raise ValueError(
            f"{report.name} is the report of another iModel: its changeset {index:,} has another id. Pass an earlier"
            " report of this iModel."
        )
    return index


def _check_bounds(what: str, index: int, timeline: TimelineData) -> None:
    oldest, newest = (int(timeline.index[0]), int(timeline.index[-1])) if len(timeline) else (0, 0)
    if index > newest:
        raise ValueError(
            f"{what} changeset {index:,}, but the newest one of the frame is {newest:,}. Fetch the changesets"
            " again, or pass an earlier point of the same iModel."
        )
    if index < oldest - 1 and timeline.changesets["parent_id"].iloc[0] != "":
        raise ValueError(
            f"{what} changeset {index:,}, but the frame starts at changeset {oldest:,}. Fetch those between, too."
        )


def compute_changeset_digest(timeline: TimelineData, index: int) -> str:
    """Compute a digest of a changeset's id; it is empty if the id is unknown.

    A report stores the digest of its last changeset, so that the next one can tell whether it has the same history.
    """
    ids = timeline.changesets["id"][timeline.index == index].dropna()
    return sha256(str(ids.iloc[-1]).encode("utf-8", "backslashreplace")).hexdigest() if len(ids) else ""


def read_last_index(report: Path) -> int:
    """Read the index of the newest changeset of a report.

    Raises
    ------
    ValueError
        If the file is no report of this package.
    OSError
        If it cannot be read.
    """
    return _parse_last_index(report, _read_head(report))


def _read_head(report: Path) -> str:
    if not report.is_file():
        raise FileNotFoundError(f"There is no report {report} to compare with. Leave out since for the first report.")
    with report.open(encoding="utf-8", errors="replace") as file:
        return file.read(_HEAD_LENGTH)


def _parse_last_index(report: Path, head: str) -> int:
    found = _LAST_INDEX.search(head)
    if found is None:
        raise ValueError(f"{report.name} is no report of write_report, so since cannot be read from it.")
    return int(found[1])
