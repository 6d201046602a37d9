"""Milestones: what each named version contains."""

import numpy as np
import pandas as pd

from imodels_nb.frames import KINDS, validate_frame
from imodels_nb.insights.evidence import Evidence, Ints

_COLUMNS = ("name", "created_date_time", "state")


def milestones(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    hidden: bool = False,
) -> pd.DataFrame:
    """Tell what each named version contains: the changesets since the one before.

    Parameters
    ----------
    changesets
        As :func:`fetch_changesets` gives them. What lies outside of this frame is not counted.
    named_versions
        As :func:`fetch_named_versions` gives them.
    checkpoints
        As :func:`fetch_checkpoints` gives them, for the state of each version's checkpoint.
    hidden
        Whether hidden versions count.

    Returns
    -------
    DataFrame
        One row a named version, ascending, indexed by ``changeset_index``. Columns: ``name`` (str),
        ``created_date_time`` (datetime64[us, UTC]), ``days`` (float64: since the version before, NaN for the first),
        ``first_index``, ``last_index`` (Int64: of its changesets in the frame, missing where there is none),
        ``changesets`` (int64), ``bytes`` (int64, uploaded files), ``people`` and ``briefcases`` (int64: how many
        different ones pushed), a count (int64) for each kind of change (``regular``, ``schema``, ...; a changeset of
        several kinds counts under each), and with `checkpoints` ``checkpoint`` (category: its state).

    Raises
    ------
    TypeError, ValueError
        If a frame is none, or lacks a column; the message names it.

    Examples
    --------
    >>> contents = milestones(sample.load_changesets(), sample.load_named_versions())
    >>> contents["name"].iloc[0], len(contents)
    ('Kick-off model', 37)
    """
    if not isinstance(hidden, bool | np.bool_):
        raise TypeError(f"hidden must be True or False, not {type(hidden).__name__}.")
    evidence = Evidence.of(changesets)
    named_versions = validate_frame(named_versions, "named_versions", _COLUMNS)
    versions = named_versions.sort_index() if hidden else visible(named_versions)
    frame = outline(evidence, versions).assign(**_contents(evidence, *_ends(evidence, versions)))
    if checkpoints is None:
        return frame
    checkpoints = validate_frame(checkpoints, "checkpoints", ("state",))
    states = checkpoints["state"].astype("str")
    states = states[~states.index.duplicated()]
    return frame.assign(checkpoint=states.reindex(frame.index).astype("category"))


def visible(named_versions: pd.DataFrame) -> pd.DataFrame:
    """Leave hidden versions out, and order the others."""
    return named_versions[(named_versions["state"].astype("str") != "hidden").to_numpy()].sort_index()


def outline(evidence: Evidence, versions: pd.DataFrame) -> pd.DataFrame:
    """Tell which changesets belong to each version, how many and how many bytes: all that is quick to tell.

    Parameters
    ----------
    evidence
        The timeline.
    versions
        Named versions, ascending.
    """
    starts, ends = _ends(evidence, versions)
    return versions[["name", "created_date_time"]].assign(
        days=versions["created_date_time"].diff().dt.total_seconds() / 86_400,
        **_range(evidence, starts, ends),
        changesets=ends - starts,
        bytes=_summed(np.where(evidence.uploaded, evidence.size, 0), starts, ends),
    )


def _ends(evidence: Evidence, versions: pd.DataFrame) -> tuple[Ints, Ints]:
    """Give the positions of the first changeset of each version, and of the one behind its last."""
    ends = np.searchsorted(evidence.index, versions.index.to_numpy(np.int64), side="right")
    return np.append(0, ends)[:-1], ends


def _range(evidence: Evidence, starts: Ints, ends: Ints) -> dict[str, pd.api.extensions.ExtensionArray]:
    index, some = np.append(evidence.index, 0), ends > starts
    first, last = pd.array(index[starts], dtype="Int64"), pd.array(index[ends - 1], dtype="Int64")
    first[~some] = pd.NA
    last[~some] = pd.NA
    return {"first_index": first, "last_index": last}


def _contents(evidence: Evidence, starts: Ints, ends: Ints) -> dict[str, Ints]:
    flags = evidence.changesets["containing_changes"].to_numpy(np.int64)
    kinds = {name: flags & int(kind.flag) != 0 if kind.flag else flags == 0 for name, kind in KINDS.items()}
    return {
        "people": _different(evidence.creator.astype(np.int64), starts, ends),
        "briefcases": _different(evidence.briefcase, starts, ends),
    } | {name: _summed(marks.astype(np.int64), starts, ends) for name, marks in kinds.items()}


def _summed(values: Ints, starts: Ints, ends: Ints) -> Ints:
    total = np.append(0, np.cumsum(values))
    return np.asarray(total[ends] - total[starts])


def _different(values: Ints, starts: Ints, ends: Ints) -> Ints:
    counts = [len(np.unique(values[start:end])) for start, end in zip(starts, ends, strict=True)]
    return np.array(counts, dtype=np.int64)
