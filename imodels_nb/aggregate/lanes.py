"""Lanes: one for each kind of change, or for each who pushed, and in which of them a changeset stands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate.ledger import LABELS, OTHER, SIGNIFICANCE, WAITING, Ints, Ledger
from imodels_nb.frames import KINDS, ContainingChanges, label, validate_frame, with_unique_names

LANES = ("kind", "creator", "creator_name")
"""By what a timeline may have lanes."""

_MOST = 8  # creators with a lane of their own
_FLAGS = {name: int(KINDS[name].flag) for name in SIGNIFICANCE[:-1]}
_KNOWN = sum(_FLAGS.values())
_UNKNOWN = 1 + max(ContainingChanges) * 2  # stands for all bits that have no name
_UNNAMED = "unknown"


@dataclass(frozen=True)
class Lanes:
    """The lanes of a timeline.

    Parameters
    ----------
    by
        One of `LANES`.
    labels
        What each lane is called, from the top.
    members
        Of each code of the ledger, but that of `WAITING`, in which lanes such a changeset stands: positions in
        `labels`.
    """

    by: str
    labels: tuple[str, ...]
    members: Mapping[int, list[int]]


def with_lanes(ledger: Ledger, changesets: pd.DataFrame, lanes: str) -> tuple[Ledger, Lanes]:
    """Give each changeset the code of the lanes in which it stands.

    Parameters
    ----------
    ledger
        All changesets.
    changesets
        The frame from which it was read.
    lanes
        ``kind``: a changeset of several kinds stands in the lane of each. ``creator``: the accounts that pushed most
        have a lane each, called by their pseudonym, and all others one together. ``creator_name``: the same by what
        :func:`imodels_nb.with_creator_names` put into the column of that name.

    Returns
    -------
    Ledger, Lanes
        The same ledger with other codes, and what they mean.

    Raises
    ------
    ValueError
        If there are no such lanes, or the frame lacks the column.
    """
    if not isinstance(lanes, str) or lanes not in LANES:
        given = repr(lanes) if isinstance(lanes, str) else type(lanes).__name__
        raise ValueError(f"lanes must be {', '.join(map(repr, LANES[:-1]))} or {LANES[-1]!r}, not {given}.")
    if lanes == "kind":
        return _by_kind(ledger)
    changesets = validate_frame(changesets, "changesets", ())
    if lanes == "creator_name" and "creator_name" not in changesets:
        raise ValueError(
            "The changesets frame lacks creator_name; pass with_creator_names(changesets, users),"
            " or lanes='creator' for pseudonyms."
        )
    needed = ("creator_id",) if lanes == "creator" else ("creator_name",)
    changesets = validate_frame(changesets, "changesets", (*needed, *changesets.columns.intersection(["creator_id"])))
    creators, names = _creators(changesets.loc[pd.Index(ledger.index)], lanes)
    coded, labels, members = _by_creator(ledger, creators, names)
    return coded, Lanes(lanes, labels, members)


def _creators(changesets: pd.DataFrame, lanes: str) -> tuple[npt.NDArray[np.integer], list[str]]:
    """Return a number for each row's creator, and each number's label: two creators of one name have two lanes."""
    if lanes == "creator":
        creators = changesets["creator_id"].astype("category")
        return creators.cat.codes.to_numpy(), [label(str(creator)) for creator in creators.cat.categories]
    names = changesets["creator_name"].astype("object")
    if "creator_id" not in changesets:
        by_name = names.astype("category")
        return by_name.cat.codes.to_numpy(), [str(name) for name in by_name.cat.categories]
    creators = changesets["creator_id"].astype("object").where(names.notna()).fillna(names).astype("category")
    first_names = names.groupby(creators, observed=True).first()
    unique = with_unique_names({str(creator): str(name) for creator, name in first_names.items()})
    return creators.cat.codes.to_numpy(), list(unique.values())


def _by_kind(ledger: Ledger) -> tuple[Ledger, Lanes]:
    known = ledger.flags & _KNOWN
    sets = np.where((known == 0) & (ledger.flags != 0), _UNKNOWN, known)
    present = np.flatnonzero(np.bincount(sets[ledger.uploaded], minlength=_UNKNOWN + 1))
    held = {code: _kinds_of(int(flags)) for code, flags in enumerate(present, start=len(LABELS))}
    labels = [kind for kind in LABELS if any(kind in kinds for kinds in held.values())]
    members = {code: [labels.index(kind) for kind in kinds] for code, kinds in held.items()}
    return _coded(ledger, np.searchsorted(present, sets)), Lanes("kind", tuple(labels), members)


def _kinds_of(flags: int) -> list[str]:
    if flags in (0, _UNKNOWN):
        return [OTHER if flags else KINDS["regular"].label]
    return [KINDS[name].label for name, flag in _FLAGS.items() if flags & flag]


def _by_creator(
    ledger: Ledger, creator: npt.NDArray[np.integer], names: list[str]
) -> tuple[Ledger, tuple[str, ...], dict[int, list[int]]]:
    """Rank by pushes; one creator too many for a lane of their own is not called "1 others", but has one."""
    labels = [*names, _UNNAMED]  # where there is no creator the code is -1, so the last one
    pushes = np.bincount(creator % len(labels), weights=ledger.uploaded, minlength=len(labels))
    order = [int(at) for at in np.argsort(-pushes, kind="stable") if pushes[at]]
    own = order if len(order) <= _MOST + 1 else order[:_MOST]
    lane = np.full(len(labels), len(own))
    lane[own] = np.arange(len(own))
    others = (f"{len(order) - len(own):,} others",) if len(order) > len(own) else ()
    shown = (*(labels[at] for at in own), *others)
    members = {len(LABELS) + at: [at] for at in range(len(shown))}
    return _coded(ledger, lane[creator]), shown, members


def _coded(ledger: Ledger, numbers: Ints) -> Ledger:
    """Give each set of lanes a code above those of `LABELS`, so that what waits for its file keeps its own."""
    code = np.where(ledger.uploaded, len(LABELS) + numbers, LABELS.index(WAITING))
    return replace(ledger, code=code.astype(np.int16))
