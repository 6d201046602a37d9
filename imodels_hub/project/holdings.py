"""What else an iModel holds: briefcases, synchronisation runs, extended data and locks, told from its timeline."""

import json
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.identifiers import guid
from imodels_hub.project.moments import text_of
from imodels_hub.project.pushes import BY_HAND
from imodels_hub.project.records import (
    Briefcase,
    Changeset,
    ChangesetGroup,
    ExtendedData,
    HeldLocks,
    ReleasedLocks,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imodels_hub.project.timeline import Timeline

    Ints = NDArray[np.int64]

BASELINE_SIZE = 1_253_376
"""Bytes of an iModel that nothing was pushed to yet."""

_NOTED_RUNS = 40
_HALF_AN_HOUR_MS = 1_800_000


@dataclass(frozen=True, eq=False)
class Runs(Collection[ChangesetGroup]):
    """The synchronisation runs of a drawn timeline, in the order in which they began."""

    timeline: "Timeline"
    first: "Ints"

    def __len__(self) -> int:
        return len(self.first)

    def __contains__(self, group: object) -> bool:
        return any(group == known for known in self)

    def __iter__(self) -> Iterator[ChangesetGroup]:
        drawn = self.timeline
        began = text_of(drawn.pushes.moment[self.first])
        columns = (drawn.pushes.run[self.first].tolist(), drawn.discipline[self.first].tolist())
        creator = guid(drawn.seed, "user", len(words.PEOPLE))
        for moment, run, discipline in zip(began, *columns, strict=True):
            state = "timedOut" if run == drawn.failed_run else "completed"
            job = words.DISCIPLINES[discipline].job
            yield ChangesetGroup(guid(drawn.seed, "group", run), job, state, creator, moment)


def runs(drawn: "Timeline") -> Runs:
    """Find the runs of a drawn timeline."""
    numbers, first = np.unique(drawn.pushes.run, return_index=True)
    return Runs(drawn, np.sort(first[numbers != BY_HAND]))


def briefcases(drawn: "Timeline") -> tuple[Briefcase, ...]:
    """Give the briefcases of a drawn timeline; each was acquired half an hour before its first push."""
    numbers, first = np.unique(drawn.briefcase, return_index=True)
    acquired = text_of(drawn.pushes.moment[first] - _HALF_AN_HOUR_MS)
    authors, runs_ = drawn.pushes.author[first].tolist(), drawn.pushes.run[first].tolist()
    return tuple(
        Briefcase(
            briefcase_id=number,
            owner_id=guid(drawn.seed, "user", author),
            acquired_date_time=moment,
            file_size=BASELINE_SIZE + 4096 * position,
            device_name=None if author == 1 else _device(author),
            application_id=guid(drawn.seed, "application", words.MODELER if run == BY_HAND else words.CONNECTOR),
        )
        for number, position, moment, author, run in zip(
            numbers.tolist(), first.tolist(), acquired, authors, runs_, strict=True
        )
    )


def _device(author: int) -> str:
    return f"{words.PEOPLE[author][0]}'s workstation" if author < len(words.PEOPLE) else "sync-server"


def extended_data(drawn: "Timeline") -> tuple[ExtendedData, ...]:
    """Let some of the runs note what they did beside their first changeset."""
    first = runs(drawn).first
    chosen = first[:: max(len(first) // _NOTED_RUNS, 1)][:_NOTED_RUNS]
    return tuple(
        ExtendedData(int(drawn.index[position]), _encoded({"job": job, "run": run}))
        for position, job, run in (
            (position, words.DISCIPLINES[drawn.discipline[position]].job, int(drawn.pushes.run[position]))
            for position in chosen.tolist()
        )
    )


def _encoded(value: object) -> str:
    return b64encode(json.dumps(value).encode()).decode()


def held_locks(known: Collection[Briefcase]) -> tuple[HeldLocks, ...]:
    """Let the two newest briefcases hold locks."""
    newest = sorted(briefcase.briefcase_id for briefcase in known)[-2:]
    return tuple(
        held
        for number in newest
        for held in (
            HeldLocks(number, "exclusive", json.dumps([hex(number * 16 + 1), hex(number * 16 + 10)])),
            HeldLocks(number, "shared", json.dumps([hex(number * 16 + 2), hex(number * 16 + 11)])),
        )
    )


def released_locks(drawn: "Timeline") -> tuple[ReleasedLocks, ...]:
    """Let the pushes of empty files release locks, which is what they are made for."""
    return tuple(
        ReleasedLocks(index, ("exclusive", "shared")[number % 2], json.dumps([hex(index), hex(index + 1)]))
        for number, index in enumerate(drawn.index[drawn.file_size == 0].tolist())
    )


def recorded_briefcases(changesets: Iterable[Changeset]) -> tuple[Briefcase, ...]:
    """Tell the briefcases from a recorded timeline: each belongs to whoever first pushed from it."""
    first: dict[int, Changeset] = {}
    for row in changesets:
        first.setdefault(row.briefcase_id, row)
    return tuple(
        Briefcase(number, row.creator_id, row.push_date_time, BASELINE_SIZE, None, row.application_id)
        for number, row in sorted(first.items())
    )


def recorded_groups(changesets: Iterable[Changeset]) -> tuple[ChangesetGroup, ...]:
    """Tell the groups from a recorded timeline: each began with its first changeset."""
    first: dict[str, Changeset] = {}
    for row in changesets:
        if row.group_id is not None:
            first.setdefault(row.group_id, row)
    return tuple(
        ChangesetGroup(group_id, None, "completed", row.creator_id, row.push_date_time)
        for group_id, row in first.items()
    )


def checkpoint_size(index: int) -> int:
    """Give the bytes of the checkpoint at an index."""
    return BASELINE_SIZE + 40_000 * index
