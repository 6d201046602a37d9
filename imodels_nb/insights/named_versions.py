"""Contents of each named version."""

import numpy as np
import pandas as pd

from imodels_nb.frames import KINDS, validate_frame
from imodels_nb.insights.statistics import Ints, sum_ranges
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

_COLUMNS = ("name", "created_date_time", "state")


def milestones(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    hidden: bool = False,
) -> pd.DataFrame:
    """Compute the contents of each named version: the changesets since the one before.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`. Changesets outside of this frame do not count.
    named_versions
        The frame of :func:`fetch_named_versions`.
    checkpoints
        The frame of :func:`fetch_checkpoints`, for the state of each version's checkpoint.
    hidden
        Whether hidden versions count.

    Returns
    -------
    DataFrame
        One row per named version, ascending, indexed by ``changeset_index``. Columns: ``name`` (str),
        ``created_date_time`` (datetime64[us, UTC]), ``days`` (float64: since the version before, NaN for the first),
        ``first_index``, ``last_index`` (Int64: of its changesets in the frame, missing without any),
        ``changesets`` (int64), ``bytes`` (int64, uploaded files), ``people`` and ``briefcases`` (int64: number of
        different ones that pushed), a count (int64) for each kind of change (``regular``, ``schema``, ...; a changeset
        of several kinds counts under each), and with `checkpoints` ``checkpoint`` (category: its state).

    Raises
    ------
    TypeError, ValueError
        If an argument is not a DataFrame or lacks a column, which the message names.

    Examples
    --------
    >>> contents = milestones(sample.load_changesets(), sample.load_named_versions())
    >>> contents["name"].iloc[0], len(contents)
    ('Kick-off model', 37)
    """
    if not isinstance(hidden, bool | np.bool_):
        raise TypeError(f"hidden should be True or False, not {type(hidden).__name__}.")
    return build_milestones(TimelineData.from_frames(changesets), named_versions, checkpoints, hidden=hidden)


def build_milestones(
    timeline: TimelineData,
    named_versions: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    hidden: bool = False,
) -> pd.DataFrame:
    """Build the frame of :func:`milestones` from a validated timeline."""
    named_versions = validate_frame(named_versions, "named_versions", _COLUMNS)
    versions = named_versions.sort_index() if hidden else drop_hidden(named_versions)
    frame = summarize_versions(timeline, versions).assign(
        **_count_contents(timeline, *_find_ranges(timeline, versions))
    )
    if checkpoints is None:
        return frame
    states = validate_frame(checkpoints, "checkpoints", ("state",))["state"].astype("str")
    states = states[~states.index.duplicated()]
    return frame.assign(checkpoint=states.reindex(frame.index).astype("category"))


def drop_hidden(named_versions: pd.DataFrame) -> pd.DataFrame:
    """Return the visible named versions, ascending."""
    return named_versions[(named_versions["state"].astype("str") != "hidden").to_numpy()].sort_index()


def summarize_versions(timeline: TimelineData, versions: pd.DataFrame) -> pd.DataFrame:
    """Return the index range, number and bytes of the changesets of each version.

    Parameters
    ----------
    timeline
        The timeline.
    versions
        Named versions, ascending.
    """
    starts, ends = _find_ranges(timeline, versions)
    return versions[["name", "created_date_time"]].assign(
        days=versions["created_date_time"].diff().dt.total_seconds() / DAY_SECONDS,
        **_find_end_indexes(timeline, starts, ends),
        changesets=ends - starts,
        bytes=sum_ranges(np.where(timeline.is_uploaded, timeline.size, 0), starts, ends),
    )


def _find_ranges(timeline: TimelineData, versions: pd.DataFrame) -> tuple[Ints, Ints]:
    """Find the start and the end (exclusive) of each version, as positions."""
    ends = np.searchsorted(timeline.index, versions.index.to_numpy(np.int64), side="right")
    return np.append(0, ends)[:-1], ends


def _find_end_indexes(timeline: TimelineData, starts: Ints, ends: Ints) -> dict[str, pd.api.extensions.ExtensionArray]:
    index = np.append(timeline.index, 0)
    is_empty = ends <= starts
    first = pd.array(index[starts], dtype="Int64")
    last = pd.array(index[ends - 1], dtype="Int64")
    first[is_empty] = pd.NA
    last[is_empty] = pd.NA
    return {"first_index": first, "last_index": last}


def _count_contents(timeline: TimelineData, starts: Ints, ends: Ints) -> dict[str, Ints]:
    flags = timeline.changesets["containing_changes"].to_numpy(np.int64)
    kinds = {name: flags & int(kind.flag) != 0 if kind.flag else flags == 0 for name, kind in KINDS.items()}
    return {
        "people": _count_distinct(timeline.creator.astype(np.int64), starts, ends),
        "briefcases": _count_distinct(timeline.briefcase, starts, ends),
    } | {name: sum_ranges(is_kind.astype(np.int64), starts, ends) for name, is_kind in kinds.items()}


def _count_distinct(values: Ints, starts: Ints, ends: Ints) -> Ints:
    counts = [len(np.unique(values[start:end])) for start, end in zip(starts, ends, strict=True)]
    return np.array(counts, dtype=np.int64)
