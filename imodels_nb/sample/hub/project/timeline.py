"""The synthetic timeline: what each push held, kept as arrays and told as changeset records."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from imodels_nb.sample.hub.project import words
from imodels_nb.sample.hub.project.contents import (
    SCHEMA,
    SCHEMA_SYNC,
    briefcases,
    containing_changes,
    failed_run,
    file_sizes,
    storm,
)
from imodels_nb.sample.hub.project.identifiers import changeset_id, guid
from imodels_nb.sample.hub.project.moments import text_of
from imodels_nb.sample.hub.project.plot import Plot, plot
from imodels_nb.sample.hub.project.pushes import BY_HAND, Pushes, pushes
from imodels_nb.sample.hub.project.records import Changeset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_BLOCK = 10_000
_DIGEST = 20
_CHOICES = 60  # of files that one push may have changed


@dataclass(frozen=True, eq=False)
class Timeline(Collection[Changeset]):
    """A synthetic timeline of any length, at some 120 bytes a changeset.

    Iterating tells it from the start, changeset by changeset, in one unbroken chain of ids.
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
    plot: Plot
    storm: "Ints"
    failed_run: int | None

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, changeset: object) -> bool:
        return any(changeset == known for known in self)

    def __iter__(self) -> Iterator[Changeset]:
        parent = ""
        for start in range(0, len(self), _BLOCK):
            for changeset in self._block(slice(start, start + _BLOCK), parent):
                parent = changeset.id
                yield changeset

    def id_at(self, position: int) -> str:
        """Give the id of the changeset at a position, counted from 0."""
        return self.ids[_DIGEST * position : _DIGEST * (position + 1)].hex()

    def _block(self, part: slice, parent: str) -> Iterator[Changeset]:
        moments = text_of(self.pushes.moment[part])
        columns = (self.index, self.pushes.author, self.pushes.run, self.containing_changes, self.file_size)
        more = (self.briefcase, self.discipline, self.files, self.notes)
        rows = zip(moments, *(column[part].tolist() for column in columns + more), strict=True)
        for position, row in enumerate(rows, part.start):
            moment, index, author, run, changes, size, briefcase, discipline, files, note = row
            own, by_hand = self.id_at(position), run == BY_HAND
            yield Changeset(
                changeset_index=index,
                id=own,
                parent_id=parent,
                description=_by_hand_description(changes, note) if by_hand else _run_description(discipline, changes),
                creator_id=guid(self.seed, "user", author),
                push_date_time=moment,
                state="fileUploaded",
                containing_changes=changes,
                file_size=size,
                briefcase_id=briefcase,
                group_id=None if by_hand else guid(self.seed, "group", run),
                application_id=guid(self.seed, "application", words.MODELER if by_hand else words.CONNECTOR),
                synchronization_info=None if by_hand else self._synchronization(run, discipline, changes, files),
            )
            parent = own

    def _synchronization(self, run: int, discipline: int, changes: int, files: int) -> str:
        """Tell which task ran and which design files had changed; a schema update has none of its own."""
        changed = "null" if changes & SCHEMA else _changed_files(discipline, files)
        return f'{{"taskId": "{guid(self.seed, "task", run)}", "changedFiles": {changed}}}'


@cache
def _changed_files(discipline: int, files: int) -> str:
    """Give the JSON text of up to three neighbouring design files of a discipline."""
    known = words.DISCIPLINES[discipline].files
    first, count = files % len(known), 1 + files % 3
    return json.dumps(sorted(known[(first + step) % len(known)] for step in range(count)))


def _by_hand_description(changes: int, note: int) -> str | None:
    return words.SCHEMA_UPGRADE if changes == SCHEMA_SYNC else words.NOTES[note]


def _run_description(discipline: int, changes: int) -> str:
    return f"{words.DISCIPLINES[discipline].job} - {words.phase_of(changes)}"


def timeline(count: int, seed: int, *, gaps: bool = False) -> Timeline:
    """Draw a timeline of `count` changesets."""
    rng = np.random.default_rng([seed, count])
    planned = plot(count, rng)
    made = pushes(count, planned, rng)
    stormy = storm(made, planned.storm)
    hand = np.flatnonzero(made.run == BY_HAND)
    changes = containing_changes(made, hand, stormy, rng)
    size, empty = file_sizes(made, hand, rng)
    notes = rng.integers(0, len(words.NOTES), count)
    notes[empty] = words.NO_WORDS
    discipline = np.where(made.run == BY_HAND, 0, made.run % len(words.DISCIPLINES))
    index = _indices(count, rng, gaps=gaps)
    return Timeline(
        seed=seed,
        ids=_chain(seed, zip(index.tolist(), made.moment.tolist(), size.tolist(), strict=True)),
        index=index,
        pushes=made,
        containing_changes=changes,
        file_size=size,
        briefcase=briefcases(made, discipline),
        discipline=discipline,
        files=rng.integers(0, _CHOICES, count),
        notes=notes,
        plot=planned,
        storm=stormy,
        failed_run=failed_run(made, planned.failure),
    )


def _chain(seed: int, contents: "Iterable[tuple[int, int, int]]") -> bytes:
    """Chain the ids of the whole timeline, twenty bytes each."""
    digests, parent = bytearray(), ""
    for content in contents:
        parent = changeset_id(parent, f"{seed}/{content}")
        digests += bytes.fromhex(parent)
    return bytes(digests)


def _indices(count: int, rng: np.random.Generator, *, gaps: bool) -> "Ints":
    """Count from 1; with gaps, now and then leave out a few numbers, and rarely some hundred."""
    steps = np.ones(count, dtype=np.int64)
    if gaps:
        steps += (rng.random(count) < 0.02) * rng.integers(1, 4, count)  # noqa: PLR2004 - one step in fifty
        steps += (rng.random(count) < 0.0005) * rng.integers(100, 600, count)  # noqa: PLR2004 - one in two thousand
        steps[:1] = 1
    return np.asarray(np.cumsum(steps), dtype=np.int64)
