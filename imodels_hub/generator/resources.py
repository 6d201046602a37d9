"""Named versions, checkpoints, briefcases, groups and locks of a project."""

import itertools
import json
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.generator import vocabulary
from imodels_hub.generator.formats import format_timestamp, format_timestamps, generate_guid
from imodels_hub.generator.pushes import BY_HAND
from imodels_hub.generator.timeline import Timeline
from imodels_hub.records import (
    Briefcase,
    Changeset,
    ChangesetGroup,
    Checkpoint,
    ExtendedData,
    Lock,
    NamedVersion,
    ReleasedLocks,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

BASELINE_SIZE = 1_253_376
"""Bytes of an iModel without changesets."""

_MAX_RUNS_WITH_DATA = 40
_HALF_AN_HOUR_MS = 1_800_000
_HOUR_MS = 3_600_000
_OFFICE_OPENS = 8
_OFFICE_CLOSES = 18
_NAMED_VERSIONS = 39
_MIN_CHANGESETS_PER_VERSION = 5
_SINGLE_FAILED_CHECKPOINT = 5  # besides those that failed in a row


@dataclass(frozen=True, eq=False)
class SynchronizationRuns(Collection[ChangesetGroup]):
    """The synchronization runs of a timeline, in the order of their start."""

    timeline: Timeline
    first: "Ints"

    def __len__(self) -> int:
        return len(self.first)

    def __contains__(self, group: object) -> bool:
        return any(group == own for own in self)

    def __iter__(self) -> Iterator[ChangesetGroup]:
        timeline = self.timeline
        creator = generate_guid(timeline.seed, "user", len(vocabulary.PEOPLE))
        columns = (
            format_timestamps(timeline.pushes.moment[self.first]),
            timeline.pushes.run[self.first].tolist(),
            timeline.discipline[self.first].tolist(),
        )
        for timestamp, run, discipline in zip(*columns, strict=True):
            state = "timedOut" if run == timeline.failed_run else "completed"
            job = vocabulary.DISCIPLINES[discipline].job
            yield ChangesetGroup(generate_guid(timeline.seed, "group", run), job, state, creator, timestamp)


def find_runs(timeline: Timeline) -> SynchronizationRuns:
    """Find the runs of a timeline."""
    numbers, first = np.unique(timeline.pushes.run, return_index=True)
    return SynchronizationRuns(timeline, np.sort(first[numbers != BY_HAND]))


def generate_briefcases(timeline: Timeline) -> tuple[Briefcase, ...]:
    """Generate the briefcases, each acquired half an hour before its first push."""
    numbers, first = np.unique(timeline.briefcase, return_index=True)
    acquired = format_timestamps(timeline.pushes.moment[first] - _HALF_AN_HOUR_MS)
    users = timeline.pushes.user[first].tolist()
    runs = timeline.pushes.run[first].tolist()
    return tuple(
        Briefcase(
            briefcase_id=number,
            owner_id=generate_guid(timeline.seed, "user", user),
            acquired_date_time=timestamp,
            file_size=BASELINE_SIZE + 4096 * position,
            device_name=None if user == 1 else _build_device_name(user),
            application_id=generate_guid(
                timeline.seed, "application", vocabulary.MODELER if run == BY_HAND else vocabulary.CONNECTOR
            ),
        )
        for number, position, timestamp, user, run in zip(
            numbers.tolist(), first.tolist(), acquired, users, runs, strict=True
        )
    )


def _build_device_name(user: int) -> str:
    return f"{vocabulary.PEOPLE[user][0]}'s workstation" if user < len(vocabulary.PEOPLE) else "sync-server"


def generate_extended_data(timeline: Timeline) -> tuple[ExtendedData, ...]:
    """Generate the extended data of the first changesets of some runs."""
    first = find_runs(timeline).first
    selected = first[:: max(len(first) // _MAX_RUNS_WITH_DATA, 1)][:_MAX_RUNS_WITH_DATA]
    return tuple(
        ExtendedData(int(timeline.index[position]), _encode({"job": job, "run": run}))
        for position, job, run in (
            (
                position,
                vocabulary.DISCIPLINES[timeline.discipline[position]].job,
                int(timeline.pushes.run[position]),
            )
            for position in selected.tolist()
        )
    )


def _encode(value: object) -> str:
    return b64encode(json.dumps(value).encode()).decode()


def generate_locks(briefcases: Collection[Briefcase]) -> tuple[Lock, ...]:
    """Generate the locks of the two newest briefcases."""
    newest = sorted(briefcase.briefcase_id for briefcase in briefcases)[-2:]
    offsets = {"exclusive": (1, 10), "shared": (2, 11)}
    return tuple(
        Lock(hex(number * 16 + offset), number, level)
        for number in newest
        for level, numbers in offsets.items()
        for offset in numbers
    )


def generate_released_locks(timeline: Timeline) -> tuple[ReleasedLocks, ...]:
    """Generate the locks that pushes of empty files released."""
    return tuple(
        ReleasedLocks(index, ("exclusive", "shared")[number % 2], json.dumps([hex(index), hex(index + 1)]))
        for number, index in enumerate(timeline.index[timeline.file_size == 0].tolist())
    )


def generate_named_versions(timeline: Timeline, rng: np.random.Generator) -> tuple[NamedVersion, ...]:
    """Generate about forty named versions, for a timeline of any length."""
    positions = _draw_positions(len(timeline), rng)
    names = _generate_names(len(positions))
    withdrawn = _select_withdrawn(names)
    descriptions = (None, f"Published by {vocabulary.PEOPLE[0][0]}")
    return tuple(
        NamedVersion(
            id=generate_guid(timeline.seed, "named version", number),
            name=names[number],
            description=vocabulary.WITHDRAWN if number in withdrawn else descriptions[number % 2],
            changeset_id=timeline.get_id(position),
            changeset_index=int(timeline.index[position]),
            created_date_time=_format_publication(int(timeline.pushes.moment[position])),
            state="hidden" if number in withdrawn else "visible",
            application_id=generate_guid(timeline.seed, "application", vocabulary.REVIEWER),
            creator_id=generate_guid(timeline.seed, "user"),
        )
        for number, position in enumerate(positions.tolist())
    )


def generate_checkpoints(versions: Iterable[NamedVersion], failed_in_a_row: range) -> tuple[Checkpoint, ...]:
    """Generate the checkpoints of named versions; withdrawn versions have none."""
    failed = {_SINGLE_FAILED_CHECKPOINT, *failed_in_a_row} if failed_in_a_row else set()
    return tuple(
        Checkpoint(version.changeset_index, *_compute_state_and_size(version, is_failed=number in failed))
        for number, version in enumerate(versions)
    )


def _compute_state_and_size(version: NamedVersion, *, is_failed: bool) -> tuple[str, int]:
    if version.state == "hidden":
        return "notGenerated", 0
    if is_failed:
        return "failed", 0
    return "successful", compute_checkpoint_size(version.changeset_index)


def compute_checkpoint_size(index: int) -> int:
    """Return the bytes of the checkpoint at an index."""
    return BASELINE_SIZE + 40_000 * index


def _draw_positions(count: int, rng: np.random.Generator) -> "Ints":
    """Draw the positions of the changesets with named versions."""
    versions = min(_NAMED_VERSIONS, max(count // _MIN_CHANGESETS_PER_VERSION, 1), count)
    steps = rng.uniform(0.7, 1.3, versions + 1)
    return np.asarray(np.cumsum(steps)[:-1] / steps.sum() * count, dtype=np.int64)


def _generate_names(count: int) -> list[str]:
    """Generate names: phases of the project, and numbered reviews between them."""
    phases = min(count, len(vocabulary.PHASES))
    chosen = (vocabulary.PHASES[position] for position in _spread_evenly(len(vocabulary.PHASES), phases))
    names = dict(zip(_spread_evenly(count, phases), chosen, strict=True))
    reviews = (vocabulary.REVIEW.format(number) for number in itertools.count(1))
    return [names.get(position) or next(reviews) for position in range(count)]


def _spread_evenly(length: int, count: int) -> list[int]:
    """Return `count` of the numbers below `length`, evenly spread, both ends included."""
    return [round(number) for number in np.linspace(0, max(length - 1, 0), count)]


def _select_withdrawn(names: list[str]) -> set[int]:
    """Select up to two reviews that were published by mistake."""
    reviews = [number for number, name in enumerate(names) if name not in vocabulary.PHASES]
    return {reviews[len(reviews) // 3], reviews[2 * len(reviews) // 3]} if reviews else set()


def _format_publication(pushed: int) -> str:
    """Format the date: 20 minutes after a push, or the next 9 o'clock out of hours."""
    hour = pushed // _HOUR_MS % 24
    if _OFFICE_OPENS <= hour < _OFFICE_CLOSES:
        return format_timestamp((pushed + _HOUR_MS // 3) / 1000)
    nine = pushed - pushed % (24 * _HOUR_MS) + 9 * _HOUR_MS
    return format_timestamp((nine + 24 * _HOUR_MS * (hour >= _OFFICE_CLOSES)) / 1000)


def find_recorded_briefcases(changesets: Iterable[Changeset]) -> tuple[Briefcase, ...]:
    """Find the briefcases of a recorded timeline; the first user owns each."""
    first: dict[int, Changeset] = {}
    for row in changesets:
        first.setdefault(row.briefcase_id, row)
    return tuple(
        Briefcase(number, row.creator_id, row.push_date_time, BASELINE_SIZE, None, row.application_id)
        for number, row in sorted(first.items())
    )


def find_recorded_groups(changesets: Iterable[Changeset]) -> tuple[ChangesetGroup, ...]:
    """Find the groups of a recorded timeline; each started with its first changeset."""
    first: dict[str, Changeset] = {}
    for row in changesets:
        if row.group_id is not None:
            first.setdefault(row.group_id, row)
    return tuple(
        ChangesetGroup(group_id, None, "completed", row.creator_id, row.push_date_time)
        for group_id, row in first.items()
    )
