"""The synthetic timeline: what each push held, kept as arrays and told as changeset records."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from imodels_nb.sample.hub import story
from imodels_nb.sample.hub.identifiers import changeset_id, guid
from imodels_nb.sample.hub.moments import text_of
from imodels_nb.sample.hub.pushes import BY_HAND, Pushes, pushes
from imodels_nb.sample.hub.records import Changeset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_FIRST_RUN = (1, 2, 18, 4, 6, 4)
"""The first run brings the schema, then definitions, then elements."""

_MIX = {4: 0.62, 6: 0.12, 12: 0.08, 14: 0.05, 2: 0.05, 18: 0.04, 8: 0.02, 16: 0.02}
"""``containingChanges`` of later connector pushes, and how often each occurs."""

_SCHEMA, _SCHEMA_SYNC = 1, 65
_NEW_SCHEMA_RUNS = 0.01

_MEDIAN_SIZE, _SIZE_SPREAD = 20_000, 2.67  # so that one push in a hundred is larger than 10 MB
_SMALLEST, _LARGEST = 109, 412_316_860
_EMPTY_FILES = 4_000  # pushes for each empty file
_FEW = 20  # pushes below which nothing extraordinary happens

_BRIEFCASE_DAYS = 182  # how long anybody keeps a briefcase
_FIRST_BRIEFCASE = 2

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
    words: "Ints"

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
        more = (self.briefcase, self.discipline, self.files, self.words)
        rows = zip(moments, *(column[part].tolist() for column in columns + more), strict=True)
        for position, row in enumerate(rows, part.start):
            moment, index, author, run, changes, size, briefcase, discipline, files, words = row
            own, by_hand = self.id_at(position), run == BY_HAND
            yield Changeset(
                changeset_index=index,
                id=own,
                parent_id=parent,
                description=_by_hand_description(changes, words) if by_hand else _run_description(discipline, changes),
                creator_id=guid(self.seed, "user", author),
                push_date_time=moment,
                state="fileUploaded",
                containing_changes=changes,
                file_size=size,
                briefcase_id=briefcase,
                group_id=None if by_hand else guid(self.seed, "group", run),
                application_id=guid(self.seed, "application", story.MODELER if by_hand else story.CONNECTOR),
                synchronization_info=None if by_hand else self._synchronization(run, discipline, changes, files),
            )
            parent = own

    def _synchronization(self, run: int, discipline: int, changes: int, files: int) -> str:
        """Tell which task ran and which design files had changed; a schema update has none of its own."""
        changed = "null" if changes & _SCHEMA else _changed_files(discipline, files)
        return f'{{"taskId": "{guid(self.seed, "task", run)}", "changedFiles": {changed}}}'


@lru_cache
def _changed_files(discipline: int, files: int) -> str:
    """Give the JSON text of up to three neighbouring design files of a discipline."""
    known = story.DISCIPLINES[discipline].files
    first, count = files % len(known), 1 + files % 3
    return json.dumps(sorted(known[(first + step) % len(known)] for step in range(count)))


def _by_hand_description(changes: int, words: int) -> str | None:
    return story.SCHEMA_UPGRADE if changes == _SCHEMA_SYNC else story.NOTES[words]


def _run_description(discipline: int, changes: int) -> str:
    return f"{story.DISCIPLINES[discipline].job} - {story.phase_of(changes)}"


def timeline(count: int, seed: int, *, gaps: bool = False) -> Timeline:
    """Draw a timeline of `count` changesets."""
    rng = np.random.default_rng([seed, count])
    made = pushes(count, rng)
    hand = np.flatnonzero(made.run == BY_HAND)
    changes = _containing_changes(made, hand, rng)
    size, empty = _file_sizes(made, hand, rng)
    words = rng.integers(0, len(story.NOTES), count)
    words[empty] = story.NO_WORDS
    discipline = np.where(made.run == BY_HAND, 0, made.run % len(story.DISCIPLINES))
    index = _indices(count, rng, gaps=gaps)
    return Timeline(
        seed=seed,
        ids=_chain(seed, zip(index.tolist(), made.moment.tolist(), size.tolist(), strict=True)),
        index=index,
        pushes=made,
        containing_changes=changes,
        file_size=size,
        briefcase=_briefcases(made, discipline),
        discipline=discipline,
        files=rng.integers(0, _CHOICES, count),
        words=words,
    )


def _chain(seed: int, contents: "Iterable[tuple[int, int, int]]") -> bytes:
    """Chain the ids of the whole timeline, twenty bytes each."""
    digests, parent = bytearray(), ""
    for content in contents:
        parent = changeset_id(parent, f"{seed}/{content}")
        digests += bytes.fromhex(parent)
    return bytes(digests)


def _containing_changes(made: Pushes, hand: "Ints", rng: np.random.Generator) -> "Ints":
    """Fill runs from the mix and leave people's pushes regular, but for one schema synchronisation."""
    changes = rng.choice(list(_MIX), size=len(made.run), p=list(_MIX.values()))
    new_schema = (made.place == 0) & (rng.random(len(changes)) < _NEW_SCHEMA_RUNS)
    changes[new_schema] = _SCHEMA
    changes[hand] = 0
    first = np.flatnonzero(made.run == 0)
    changes[first] = _FIRST_RUN[: len(first)]
    if len(hand) > 1:
        changes[hand[len(hand) * 55 // 100]] = _SCHEMA_SYNC
    return np.asarray(changes, dtype=np.int64)


def _file_sizes(made: Pushes, hand: "Ints", rng: np.random.Generator) -> "tuple[Ints, Ints]":
    """Draw log-normal bytes, one giant and a few empty files; give back where the empty ones are."""
    z = rng.standard_normal(len(made.run))
    z = np.where(np.abs(z) > 3.3, z / 4, z)  # noqa: PLR2004 - folds the far tails back, so that the giant stands alone
    size = (_MEDIAN_SIZE * np.exp(_SIZE_SPREAD * z)).astype(np.int64)
    size = np.maximum(size, _SMALLEST + rng.integers(0, 180, len(size)))
    empty = hand[:0]
    if len(size) >= _FEW and len(hand):
        connector = np.flatnonzero(made.run != BY_HAND)
        size[connector[len(connector) * 3 // 10]] = _LARGEST
        empty = hand[np.unique(np.linspace(0, len(hand) - 1, 3 + len(size) // _EMPTY_FILES, dtype=np.int64)[1:-1])]
        size[empty] = 0
    return size, empty


def _briefcases(made: Pushes, discipline: "Ints") -> "Ints":
    """Hand out briefcases from 2 on, in the order of first pushes; jobs and people renew theirs twice a year."""
    holder = np.where(made.run == BY_HAND, made.author, len(story.PEOPLE) + discipline)
    term = made.moment // (1000 * 86_400 * _BRIEFCASE_DAYS)
    _, first, inverse = np.unique(term * 100 + holder, return_index=True, return_inverse=True)
    return np.asarray(_FIRST_BRIEFCASE + np.argsort(np.argsort(first))[inverse], dtype=np.int64)


def _indices(count: int, rng: np.random.Generator, *, gaps: bool) -> "Ints":
    """Count from 1; with gaps, now and then leave out a few numbers, and rarely some hundred."""
    steps = np.ones(count, dtype=np.int64)
    if gaps:
        steps += (rng.random(count) < 0.02) * rng.integers(1, 4, count)  # noqa: PLR2004 - one step in fifty
        steps += (rng.random(count) < 0.0005) * rng.integers(100, 600, count)  # noqa: PLR2004 - one in two thousand
        steps[:1] = 1
    return np.asarray(np.cumsum(steps), dtype=np.int64)
