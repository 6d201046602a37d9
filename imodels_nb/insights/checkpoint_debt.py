"""Changesets to apply on top of the nearest checkpoint, for each changeset."""

import numpy as np
import pandas as pd

from imodels_nb.frames import validate_frame
from imodels_nb.insights.statistics import Bools, Ints
from imodels_nb.insights.timeline import NO_GROUP, TimelineData


def checkpoint_debt(
    changesets: pd.DataFrame, checkpoints: pd.DataFrame | None = None, named_versions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Compute the changesets to apply to a checkpoint to open each changeset.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`.
    checkpoints
        The frame of :func:`fetch_checkpoints`. Successful checkpoints count.
    named_versions
        The frame of :func:`fetch_named_versions`. Without `checkpoints`, each named version counts as a checkpoint,
        since its publication starts one. Without both, only the baseline counts.

    Returns
    -------
    DataFrame
        One row per changeset, ascending, indexed by ``changeset_index``. Columns: ``checkpoint_index`` (int64: the
        nearest checkpoint at or before it, 0 for the baseline), ``changesets`` and ``bytes`` (int64: uploaded files of
        this frame after the checkpoint, up to and including this one), ``suggested`` (bool: whether
        the next named version is best published at this changeset). At most one row is suggested: the last one that
        ends its run and is uploaded, with all changesets since the last checkpoint. Without such a row, there is no
        suggestion.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a DataFrame or lacks a column, which the message names.

    Examples
    --------
    >>> debt = checkpoint_debt(sample.load_changesets(), named_versions=sample.load_named_versions())
    >>> tip = debt.loc[12_000]
    >>> f"{tip['changesets']} changesets since the checkpoint at {tip['checkpoint_index']}"
    '370 changesets since the checkpoint at 11630'
    """
    return build_debt(TimelineData.from_frames(changesets), checkpoints, named_versions)


def build_debt(
    timeline: TimelineData, checkpoints: pd.DataFrame | None = None, named_versions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Build the frame of :func:`checkpoint_debt` from a validated timeline."""
    available = _select_checkpoints(checkpoints, named_versions)
    nearest = np.searchsorted(available, timeline.index, side="right") - 1
    after = np.searchsorted(timeline.index, available, side="right")[nearest]
    return pd.DataFrame(
        {
            "checkpoint_index": available[nearest],
            "changesets": _sum_since(timeline.is_uploaded.astype(np.int64), after),
            "bytes": _sum_since(np.where(timeline.is_uploaded, timeline.size, 0), after),
            "suggested": _suggest_version(timeline, after),
        },
        index=timeline.changesets.index,
    )


def _select_checkpoints(checkpoints: pd.DataFrame | None, named_versions: pd.DataFrame | None) -> Ints:
    """Return the indexes of the checkpoints, ascending, including the baseline."""
    indexes = np.zeros(0, dtype=np.int64)
    if checkpoints is not None:
        checkpoints = validate_frame(checkpoints, "checkpoints", ("state",))
        indexes = checkpoints.index[(checkpoints["state"] == "successful").to_numpy()].to_numpy(np.int64)
    elif named_versions is not None:
        indexes = validate_frame(named_versions, "named_versions", ()).index.to_numpy(np.int64)
    return np.unique(np.append(0, indexes))


def _sum_since(values: Ints, after: Ints) -> Ints:
    """Return the sum from the first row after the checkpoint to each row."""
    total = np.append(0, np.cumsum(values))
    return np.asarray(total[1:] - total[after])


def _suggest_version(timeline: TimelineData, after: Ints) -> Bools:
    """Return a flag at the best changeset for a named version."""
    group = timeline.group
    ends_run = (group == NO_GROUP) | np.append(group[1:] != group[:-1], np.ones(min(len(group), 1), dtype=np.bool_))
    is_after = np.arange(len(timeline)) >= after[-1:]
    is_complete = np.logical_and.accumulate(timeline.is_uploaded | ~is_after)
    suggested = np.flatnonzero(ends_run & is_complete & is_after)
    flags = np.zeros(len(timeline), dtype=np.bool_)
    flags[suggested[-1:]] = True
    return flags
