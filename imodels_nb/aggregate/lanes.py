"""Lanes of a timeline: one for each kind of change, or for each creator."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.aggregate.columns import LABELS, OTHER, SIGNIFICANCE, ChangesetColumns
from imodels_nb.frames import KINDS, ContainingChanges, disambiguate_names, merge_creators, pseudonymize, validate_frame

LANES = ("kind", "creator", "creator_name")
"""Names of the ways to split a timeline into lanes."""

_MAX_CREATORS = 8  # creators that have a lane of their own
_MAX_PEOPLE = 10  # creators in the chart of people
_FLAGS = {name: int(KINDS[name].flag) for name in SIGNIFICANCE[:-1]}
_KNOWN = sum(_FLAGS.values())
_UNKNOWN = 1 + max(ContainingChanges) * 2  # the code of all bits without a name
_UNNAMED = "unknown"


@dataclass(frozen=True)
class Lanes:
    """The lanes of a timeline.

    Parameters
    ----------
    by
        One of `LANES`.
    labels
        Name of each lane, from the top.
    members
        The lanes of each code, as positions in `labels`; changesets that wait for their file are in no lane.
    """

    by: str
    labels: tuple[str, ...]
    members: Mapping[int, list[int]]


def with_lanes(data: ChangesetColumns, changesets: pd.DataFrame, lanes: str) -> tuple[ChangesetColumns, Lanes]:
    """Compute the lanes, and the code of the lanes that each changeset is in.

    Parameters
    ----------
    data
        All changesets.
    changesets
        The frame they were read from.
    lanes
        ``kind``: a changeset of several kinds is counted in each of their lanes. ``creator``: the accounts with most
        pushes have a lane each, and all others share one. They are named by the column ``creator_name`` if the frame
        has it, otherwise by pseudonym. ``creator_name``: the same, but without that column it is an error.

    Returns
    -------
    ChangesetColumns, Lanes
        The same changesets with other codes, and the lanes.

    Raises
    ------
    ValueError
        If `lanes` is not one of `LANES`, or the frame lacks the column.
    """
    if not isinstance(lanes, str) or lanes not in LANES:
        given = repr(lanes) if isinstance(lanes, str) else type(lanes).__name__
        raise ValueError(f"lanes should be {', '.join(map(repr, LANES[:-1]))} or {LANES[-1]!r}, not {given}.")
    if lanes == "kind":
        return _split_by_kind(data)
    changesets = validate_frame(changesets, "changesets", ())
    if lanes == "creator_name" and "creator_name" not in changesets:
        raise ValueError(
            "The changesets frame lacks creator_name; pass with_creator_names(changesets, users),"
            " or lanes='creator' for pseudonyms."
        )
    creators, names = _read_creators(data, changesets)
    coded, labels, members = _split_by_creator(data, creators, names)
    return coded, Lanes(lanes, labels, members)


def with_people(data: ChangesetColumns, changesets: pd.DataFrame) -> tuple[ChangesetColumns, Lanes]:
    """Compute a lane for each creator, and codes of creator and leading kind.

    Parameters
    ----------
    data, changesets
        As for :func:`with_lanes`.

    Returns
    -------
    ChangesetColumns, Lanes
        The same changesets with the code ``len(LABELS) * (1 + lane) + kind``, and the lanes: the ten creators with
        most pushes, and all others together.

    Raises
    ------
    ValueError
        If the frame has neither ``creator_name`` nor ``creator_id``.
    """
    creators, names = _read_creators(data, validate_frame(changesets, "changesets", ()))
    coded, labels, _ = _split_by_creator(data, creators, names, _MAX_PEOPLE)
    person = np.maximum(coded.code.astype(np.int64) - len(LABELS), 0)
    result = data.with_codes((len(LABELS) * person + data.code).astype(np.int64))
    codes = np.unique(result.code[result.uploaded]).tolist()
    return result, Lanes("creator", labels, {code: [code // len(LABELS) - 1] for code in codes})


def _read_creators(data: ChangesetColumns, changesets: pd.DataFrame) -> tuple[npt.NDArray[np.integer], list[str]]:
    """Read each row's creator as a number, and a unique label for each creator.

    The labels are names where the frame has them, otherwise pseudonyms.
    """
    needed = [name for name in ("creator_id", "creator_name") if name in changesets] or ["creator_id"]
    changesets = validate_frame(changesets, "changesets", needed).loc[pd.Index(data.index)]
    if "creator_name" not in changesets:
        creators = merge_creators(changesets["creator_id"])
        return creators.cat.codes.to_numpy(), [pseudonymize(str(creator)) for creator in creators.cat.categories]
    names = changesets["creator_name"].astype("object")
    if "creator_id" not in changesets:
        by_name = names.astype("category")
        return by_name.cat.codes.to_numpy(), [str(name) for name in by_name.cat.categories]
    creators = (
        merge_creators(changesets["creator_id"]).astype("object").where(names.notna()).fillna(names).astype("category")
    )
    first_names = names.groupby(creators, observed=True).first()
    unique = disambiguate_names({str(creator): str(name) for creator, name in first_names.items()})
    return creators.cat.codes.to_numpy(), list(unique.values())


def _split_by_kind(data: ChangesetColumns) -> tuple[ChangesetColumns, Lanes]:
    known = data.flags & _KNOWN
    sets = np.where((known == 0) & (data.flags != 0), _UNKNOWN, known)
    present = np.flatnonzero(np.bincount(sets[data.uploaded], minlength=_UNKNOWN + 1))
    kinds_of = {code: _list_kinds(int(flags)) for code, flags in enumerate(present, start=len(LABELS))}
    labels = [kind for kind in LABELS if any(kind in kinds for kinds in kinds_of.values())]
    members = {code: [labels.index(kind) for kind in kinds] for code, kinds in kinds_of.items()}
    return data.with_codes(np.searchsorted(present, sets)), Lanes("kind", tuple(labels), members)


def _list_kinds(flags: int) -> list[str]:
    if flags in (0, _UNKNOWN):
        return [OTHER if flags else KINDS["regular"].label]
    return [KINDS[name].label for name, flag in _FLAGS.items() if flags & flag]


def _split_by_creator(
    data: ChangesetColumns, creator: npt.NDArray[np.integer], names: list[str], most: int = _MAX_CREATORS
) -> tuple[ChangesetColumns, tuple[str, ...], dict[int, list[int]]]:
    """Split by creator, those with most pushes first; a lane "1 others" is avoided."""
    labels = [*names, _UNNAMED]  # the code -1, for no creator, selects the last label
    pushes = np.bincount(creator % len(labels), weights=data.uploaded, minlength=len(labels))
    order = [int(position) for position in np.argsort(-pushes, kind="stable") if pushes[position]]
    own = order if len(order) <= most + 1 else order[:most]
    lane = np.full(len(labels), len(own), np.int64)
    lane[own] = np.arange(len(own))
    others = (f"{len(order) - len(own):,} others",) if len(order) > len(own) else ()
    shown = (*(labels[position] for position in own), *others)
    members = {len(LABELS) + position: [position] for position in range(len(shown))}
    return data.with_codes(lane[creator]), shown, members
