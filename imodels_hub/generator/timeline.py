"""Timeline of the synthetic project, in arrays."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.generator import vocabulary
from imodels_hub.generator.formats import format_timestamps, generate_changeset_id, generate_guid
from imodels_hub.generator.pushes import (
    BY_HAND,
    SCHEMA,
    SCHEMA_SYNC,
    Pushes,
    find_schema_runs,
    generate_briefcase_numbers,
    generate_containing_changes,
    generate_file_sizes,
    generate_pushes,
    select_failed_run,
)
from imodels_hub.generator.scenario import Scenario, draw_scenario
from imodels_hub.records import Changeset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Texts = NDArray[np.object_]

_BLOCK = 10_000  # changesets
_DIGEST = 20  # bytes
_UPLOADED = "fileUploaded"
_FILE_CHOICES = 60  # combinations of files that one push may have changed


@dataclass(frozen=True, eq=False)
class Timeline(Collection[Changeset]):
    """A synthetic timeline of any length, at some 120 bytes a changeset.

    Iterating gives the changesets from the first to the last, in one unbroken chain of ids.
    """

    seed: int
    ids: bytes
    index: "Ints"
    pushes: Pushes
    containing_changes: "Ints"
    file_size: "Ints"
    briefcase: "Ints"
    discipline: "Ints"
    files: "Ints"
    notes: "Ints"
    scenario: Scenario
    schema_runs: "Ints"
    failed_run: int | None

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, changeset: object) -> bool:
        return any(changeset == own for own in self)

    def __iter__(self) -> Iterator[Changeset]:
        table = TextTable(self)
        texts = np.array(table.texts, dtype=object)
        parent_id = ""
        for block in self._split_into_blocks():
            for changeset in self._iterate_block(block, parent_id, table, texts):
                parent_id = changeset.id
                yield changeset

    def iterate_compact_rows(self, table: "TextTable") -> Iterator[tuple[int | bytes, ...]]:
        """Iterate over the changesets in the compact form of the database.

        Ids are bytes, parents 0, dates milliseconds since 1970, and texts their numbers in `table`. The last field, the
        synchronization, becomes two fields: its task and its files. The arrays are converted column by column, which is
        four times as fast as row by row.
        """
        for block in self._split_into_blocks():
            yield from zip(
                self.index[block].tolist(),
                self._slice_digests(block),
                repeat(0),
                table.number_descriptions(block).tolist(),
                table.number_creators(block).tolist(),
                self.pushes.moment[block].tolist(),
                repeat(table.uploaded),
                self.containing_changes[block].tolist(),
                self.file_size[block].tolist(),
                self.briefcase[block].tolist(),
                table.number_groups(block).tolist(),
                table.number_applications(block).tolist(),
                table.number_tasks(block).tolist(),
                table.number_changed_files(block).tolist(),
                strict=False,
            )

    def get_id(self, position: int) -> str:
        """Return the id of the changeset at a position, counted from 0."""
        return self.ids[_DIGEST * position : _DIGEST * (position + 1)].hex()

    def _split_into_blocks(self) -> Iterator[slice]:
        return (slice(start, min(start + _BLOCK, len(self))) for start in range(0, len(self), _BLOCK))

    def _slice_digests(self, block: slice) -> list[bytes]:
        return [self.ids[_DIGEST * number : _DIGEST * (number + 1)] for number in range(block.start, block.stop)]

    def _iterate_block(self, block: slice, parent_id: str, table: "TextTable", texts: "Texts") -> Iterator[Changeset]:
        ids = [digest.hex() for digest in self._slice_digests(block)]
        tasks = texts[table.number_tasks(block)].tolist()
        changed_files = texts[table.number_changed_files(block)].tolist()
        columns = (
            self.index[block].tolist(),
            ids,
            [parent_id, *ids[:-1]],
            texts[table.number_descriptions(block)].tolist(),
            texts[table.number_creators(block)].tolist(),
            format_timestamps(self.pushes.moment[block]),
            repeat(_UPLOADED),
            self.containing_changes[block].tolist(),
            self.file_size[block].tolist(),
            self.briefcase[block].tolist(),
            texts[table.number_groups(block)].tolist(),
            texts[table.number_applications(block)].tolist(),
            map(_format_synchronization, tasks, changed_files),
        )
        return map(Changeset._make, zip(*columns, strict=False))


class TextTable:
    """The texts of a timeline, each once, and their numbers for each column.

    Parameters
    ----------
    timeline
        The timeline.

    Attributes
    ----------
    texts : list
        Every text; the first is `None`, for a missing one.
    uploaded : int
        Number of the state of all changesets.
    """

    def __init__(self, timeline: Timeline) -> None:
        runs = range(int(timeline.pushes.run.max(initial=BY_HAND)) + 1)
        self._timeline = timeline
        self._changes = np.unique(timeline.containing_changes)
        phases = [vocabulary.find_phase(changes) for changes in self._changes.tolist()]
        disciplines = vocabulary.DISCIPLINES
        seed = timeline.seed
        self.texts: list[str | None] = [None]
        self.uploaded = self._add([_UPLOADED])
        self._notes = self._add([*vocabulary.NOTES, vocabulary.SCHEMA_UPGRADE])
        self._run_notes = self._add(f"{discipline.job} - {phase}" for discipline in disciplines for phase in phases)
        self._files = self._add(
            ["null", *(_format_files(discipline.files, n) for discipline in disciplines for n in range(_FILE_CHOICES))]
        )
        self._people = self._add(generate_guid(seed, "user", n) for n in range(len(vocabulary.PEOPLE) + 1))
        self._programs = self._add(generate_guid(seed, "application", n) for n in range(len(vocabulary.APPLICATIONS)))
        self._groups = self._add(generate_guid(seed, "group", n) for n in runs)
        self._tasks = self._add(generate_guid(seed, "task", n) for n in runs)

    def _add(self, texts: Iterable[str | None]) -> int:
        first = len(self.texts)
        self.texts += texts
        return first

    def number_descriptions(self, block: slice) -> "Ints":
        """Return the numbers of the descriptions."""
        changes = self._timeline.containing_changes[block]
        note = np.where(changes == SCHEMA_SYNC, len(vocabulary.NOTES), self._timeline.notes[block])
        phase = self._changes.searchsorted(changes)
        run_note = self._run_notes + self._timeline.discipline[block] * len(self._changes) + phase
        return np.where(self._is_by_hand(block), self._notes + note, run_note)

    def number_creators(self, block: slice) -> "Ints":
        """Return the numbers of the ids of the creators."""
        return self._people + self._timeline.pushes.user[block]

    def number_groups(self, block: slice) -> "Ints":
        """Return the numbers of the ids of the groups; a push by hand has none."""
        return self._number_by_run(self._groups, block)

    def number_applications(self, block: slice) -> "Ints":
        """Return the numbers of the ids of the applications."""
        return self._programs + np.where(self._is_by_hand(block), vocabulary.MODELER, vocabulary.CONNECTOR)

    def number_tasks(self, block: slice) -> "Ints":
        """Return the numbers of the ids of the tasks; a push by hand has none."""
        return self._number_by_run(self._tasks, block)

    def number_changed_files(self, block: slice) -> "Ints":
        """Return the numbers of the changed files as JSON; a schema update has none."""
        choice = 1 + self._timeline.discipline[block] * _FILE_CHOICES + self._timeline.files[block]
        return self._files + np.where(self._timeline.containing_changes[block] & SCHEMA, 0, choice)

    def _is_by_hand(self, block: slice) -> "NDArray[np.bool_]":
        return np.equal(self._timeline.pushes.run[block], BY_HAND)

    def _number_by_run(self, first: int, block: slice) -> "Ints":
        return np.where(self._is_by_hand(block), 0, first + self._timeline.pushes.run[block])


def generate_timeline(count: int, seed: int, *, gaps: bool = False, anomalies: bool = True) -> Timeline:
    """Generate a timeline of `count` changesets."""
    rng = np.random.default_rng([seed, count])
    scenario = draw_scenario(count, rng, anomalies=anomalies)
    pushes = generate_pushes(count, scenario, rng)
    schema_runs = find_schema_runs(pushes, scenario)
    by_hand = np.flatnonzero(pushes.run == BY_HAND)
    changes = generate_containing_changes(pushes, by_hand, schema_runs, rng)
    size, empty = generate_file_sizes(pushes, by_hand, scenario, rng)
    notes = rng.integers(0, len(vocabulary.NOTES), count)
    notes[empty] = vocabulary.NO_NOTE
    discipline = np.where(pushes.run == BY_HAND, 0, pushes.run % len(vocabulary.DISCIPLINES))
    index = _generate_indexes(count, rng, gaps=gaps)
    return Timeline(
        seed=seed,
        ids=_generate_ids(seed, zip(index.tolist(), pushes.moment.tolist(), size.tolist(), strict=True)),
        index=index,
        pushes=pushes,
        containing_changes=changes,
        file_size=size,
        briefcase=generate_briefcase_numbers(pushes, discipline),
        discipline=discipline,
        files=rng.integers(0, _FILE_CHOICES, count),
        notes=notes,
        scenario=scenario,
        schema_runs=schema_runs,
        failed_run=select_failed_run(pushes, scenario.failure),
    )


def _generate_ids(seed: int, contents: Iterable[tuple[int, int, int]]) -> bytes:
    """Generate the chain of all ids, twenty bytes each."""
    digests = bytearray()
    parent_id = ""
    for content in contents:
        parent_id = generate_changeset_id(parent_id, f"{seed}/{content}")
        digests += bytes.fromhex(parent_id)
    return bytes(digests)


def _generate_indexes(count: int, rng: np.random.Generator, *, gaps: bool) -> "Ints":
    """Generate indexes from 1; with gaps, some steps leave numbers out."""
    steps = np.ones(count, dtype=np.int64)
    if gaps:
        steps += (rng.random(count) < 0.02) * rng.integers(1, 4, count)  # noqa: PLR2004 - one step in fifty
        steps += (rng.random(count) < 0.0005) * rng.integers(100, 600, count)  # noqa: PLR2004 - one in two thousand
        steps[:1] = 1
    return np.asarray(np.cumsum(steps), dtype=np.int64)


def _format_synchronization(task: str | None, changed_files: str | None) -> str | None:
    """Format a synchronization as JSON; a push by hand has none."""
    return None if task is None else f'{{"taskId": "{task}", "changedFiles": {changed_files}}}'


def _format_files(files: tuple[str, ...], choice: int) -> str:
    """Format up to three neighboring design files as JSON."""
    first, count = choice % len(files), 1 + choice % 3
    return json.dumps(sorted(files[(first + step) % len(files)] for step in range(count)))
