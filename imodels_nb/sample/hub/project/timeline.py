"""The synthetic timeline: what each push held, kept as arrays and told as changeset records."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import repeat
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
    Texts = NDArray[np.object_]

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
        """Tell a part, column by column, since a loop over rows would take a million changesets three times as long."""
        digits = self.ids[_DIGEST * part.start : _DIGEST * part.stop].hex()
        ids = [digits[start : start + 2 * _DIGEST] for start in range(0, len(digits), 2 * _DIGEST)]
        run, by_hand = self.pushes.run[part], self.pushes.run[part] == BY_HAND
        columns = (
            self.index[part].tolist(),
            ids,
            [parent, *ids[:-1]],
            self._descriptions(part),
            self._guids("user", len(words.PEOPLE) + 1)[self.pushes.author[part]].tolist(),
            text_of(self.pushes.moment[part]),
            repeat("fileUploaded"),
            self.containing_changes[part].tolist(),
            self.file_size[part].tolist(),
            self.briefcase[part].tolist(),
            self._of_runs("group", run),
            self._guids("application", len(words.APPLICATIONS))[
                np.where(by_hand, words.MODELER, words.CONNECTOR)
            ].tolist(),
            self._synchronizations(part),
        )
        return map(Changeset._make, zip(*columns, strict=False))

    def _guids(self, kind: str, count: int) -> "Texts":
        return np.array([guid(self.seed, kind, number) for number in range(count)], dtype=object)

    def _of_runs(self, kind: str, run: "Ints") -> list[str | None]:
        """Give each push the GUID of something of its run; a push by hand has none."""
        numbers, inverse = np.unique(run, return_inverse=True)
        guids = [None if number == BY_HAND else guid(self.seed, kind, number) for number in numbers.tolist()]
        return [guids[place] for place in inverse.tolist()]

    def _descriptions(self, part: slice) -> list[str | None]:
        changes, by_hand = self.containing_changes[part], self.pushes.run[part] == BY_HAND
        notes = np.array([*words.NOTES, words.SCHEMA_UPGRADE], dtype=object)
        note = np.where(changes == SCHEMA_SYNC, len(words.NOTES), self.notes[part])
        phases, phase = np.unique(changes, return_inverse=True)
        said = np.array(
            [[f"{one.job} - {words.phase_of(each)}" for each in phases.tolist()] for one in words.DISCIPLINES],
            dtype=object,
        )
        texts: list[str | None] = np.where(by_hand, notes[note], said[self.discipline[part], phase]).tolist()
        return texts

    def _synchronizations(self, part: slice) -> list[str | None]:
        """Tell which task ran and which design files had changed; a schema update has none of its own."""
        files = _changed_files()[self.discipline[part], self.files[part]]
        changed = np.where(self.containing_changes[part] & SCHEMA, "null", files).tolist()
        tasks = self._of_runs("task", self.pushes.run[part])
        return [
            None if task is None else f'{{"taskId": "{task}", "changedFiles": {names}}}'
            for task, names in zip(tasks, changed, strict=True)
        ]


@cache
def _changed_files() -> "Texts":
    """Give the JSON texts of up to three neighbouring design files, by discipline and choice."""
    return np.array(
        [[_neighbours(one.files, choice) for choice in range(_CHOICES)] for one in words.DISCIPLINES], dtype=object
    )


def _neighbours(known: tuple[str, ...], choice: int) -> str:
    first, count = choice % len(known), 1 + choice % 3
    return json.dumps(sorted(known[(first + step) % len(known)] for step in range(count)))


def timeline(count: int, seed: int, *, gaps: bool = False, stories: bool = True) -> Timeline:
    """Draw a timeline of `count` changesets."""
    rng = np.random.default_rng([seed, count])
    planned = plot(count, rng, stories=stories)
    made = pushes(count, planned, rng)
    stormy = storm(made, planned)
    hand = np.flatnonzero(made.run == BY_HAND)
    changes = containing_changes(made, hand, stormy, rng)
    size, empty = file_sizes(made, hand, planned, rng)
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
