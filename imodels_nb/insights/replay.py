"""Checkpoint debt: what has to be applied to open the iModel at each changeset."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from imodels_nb.frames import validate_frame
from imodels_nb.insights.evidence import NO_GROUP, Bools, Evidence, Ints

if TYPE_CHECKING:
    import numpy.typing as npt


def checkpoint_debt(
    changesets: pd.DataFrame, checkpoints: pd.DataFrame | None = None, named_versions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Tell what has to be applied on top of the nearest checkpoint to open the iModel at each changeset.

    Parameters
    ----------
    changesets
        As :func:`fetch_changesets` gives them.
    checkpoints
        As :func:`fetch_checkpoints` gives them: successful ones count.
    named_versions
        As :func:`fetch_named_versions` gives them; without `checkpoints` each is taken to have one, since naming a
        version starts to make it. With neither, only the baseline counts.

    Returns
    -------
    DataFrame
        One row a changeset, ascending, indexed by ``changeset_index``. Columns: ``checkpoint_index`` (int64: the
        nearest checkpoint at or before it, 0 for the baseline), ``changesets`` and ``bytes`` (int64: uploaded files of
        this frame behind the checkpoint, up to and with this one), ``suggested`` (bool: the best place for the next
        named version, the last changeset that is uploaded with all before it and ends its run; none where there is
        nothing to save).

    Raises
    ------
    TypeError, ValueError
        If a frame is none, or lacks a column; the message names it.

    Examples
    --------
    >>> debt = checkpoint_debt(sample.load_changesets(), named_versions=sample.load_named_versions())
    >>> tip = debt.loc[12_000]
    >>> f"{tip['changesets']} changesets since the checkpoint at {tip['checkpoint_index']}"
    '370 changesets since the checkpoint at 11630'
    """
    evidence = Evidence.of(changesets)
    made = _made(checkpoints, named_versions)
    nearest = np.searchsorted(made, evidence.index, side="right") - 1
    behind = np.searchsorted(evidence.index, made, side="right")[nearest]
    counts = _owed(evidence.uploaded.astype(np.int64), behind)
    return pd.DataFrame(
        {
            "checkpoint_index": made[nearest],
            "changesets": counts,
            "bytes": _owed(np.where(evidence.uploaded, evidence.size, 0), behind),
            "suggested": _suggested(evidence, behind),
        },
        index=evidence.changesets.index,
    )


def _made(checkpoints: pd.DataFrame | None, named_versions: pd.DataFrame | None) -> Ints:
    """Give where checkpoints are, ascending, the baseline included."""
    where: npt.ArrayLike = ()
    if checkpoints is not None:
        checkpoints = validate_frame(checkpoints, "checkpoints", ("state",))
        where = checkpoints.index[(checkpoints["state"] == "successful").to_numpy()].to_numpy(np.int64)
    elif named_versions is not None:
        named_versions = validate_frame(named_versions, "named_versions", ())
        where = named_versions.index.to_numpy(np.int64)
    return np.unique(np.append(0, where).astype(np.int64))


def _owed(values: Ints, behind: Ints) -> Ints:
    """Add up what stands behind each row's checkpoint, the row itself included."""
    total = np.append(0, np.cumsum(values))
    return np.asarray(total[1:] - total[behind])


def _suggested(evidence: Evidence, behind: Ints) -> Bools:
    """Mark the best place for a named version: whole, and not in the middle of a run."""
    group = evidence.group
    ends_run = (group == NO_GROUP) | np.append(group[1:] != group[:-1], np.ones(min(len(group), 1), dtype=np.bool_))
    whole = np.logical_and.accumulate(evidence.uploaded | (np.arange(len(evidence)) < behind[-1:]))
    places = np.flatnonzero(ends_run & whole & (np.arange(len(evidence)) >= behind[-1:]))
    marks = np.zeros(len(evidence), dtype=np.bool_)
    marks[places[-1:]] = True
    return marks
