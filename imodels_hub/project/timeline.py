"""The synthetic timeline: what each push held, kept as arrays and told as changeset records."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.contents import (
    briefcases,
    containing_changes,
    failed_run,
    file_sizes,
    storm,
)
from imodels_hub.project.identifiers import changeset_id
from imodels_hub.project.moments import text_of
from imodels_hub.project.plot import Plot, plot
from imodels_hub.project.pushes import BY_HAND, Pushes, pushes
from imodels_hub.project.records import Changeset
from imodels_hub.project.telling import CHOICES, UPLOADED, Telling, synchronization

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Texts = NDArray[np.object_]

_BLOCK = 10_000
_DIGEST = 20


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
        telling, parent = Telling(self), ""
        texts = np.array(telling.texts, dtype=object)
        for part in self._parts():
            for changeset in self._block(part, parent, telling, texts):
                parent = changeset.id
                yield changeset

    def packed(self, telling: Telling) -> Iterator[tuple[int | bytes, ...]]:
        """Tell it in the fewest bytes, field by field as `Changeset` has them.

        Ids are bytes, parents 0, moments milliseconds since 1970, and texts places in those of `telling`; the last
        field, the synchronisation, is two: its task and its files. It is told column by column, since a loop over rows
        would take four times as long.
        """
        for part in self._parts():
            yield from zip(
                self.index[part].tolist(),
                self._digests(part),
                repeat(0),
                telling.descriptions(part).tolist(),
                telling.creators(part).tolist(),
                self.pushes.moment[part].tolist(),
                repeat(telling.uploaded),
                self.containing_changes[part].tolist(),
                self.file_size[part].tolist(),
                self.briefcase[part].tolist(),
                telling.groups(part).tolist(),
                telling.applications(part).tolist(),
                telling.tasks(part).tolist(),
                telling.changed_files(part).tolist(),
                strict=False,
            )

    def id_at(self, position: int) -> str:
        """Give the id of the changeset at a position, counted from 0."""
        return self.ids[_DIGEST * position : _DIGEST * (position + 1)].hex()

    def _parts(self) -> Iterator[slice]:
        return (slice(start, min(start + _BLOCK, len(self))) for start in range(0, len(self), _BLOCK))

    def _digests(self, part: slice) -> list[bytes]:
        return [self.ids[_DIGEST * at : _DIGEST * (at + 1)] for at in range(part.start, part.stop)]

    def _block(self, part: slice, parent: str, telling: Telling, texts: "Texts") -> Iterator[Changeset]:
        ids = [digest.hex() for digest in self._digests(part)]
        columns = (
            self.index[part].tolist(),
            ids,
            [parent, *ids[:-1]],
            texts[telling.descriptions(part)].tolist(),
            texts[telling.creators(part)].tolist(),
            text_of(self.pushes.moment[part]),
            repeat(UPLOADED),
            self.containing_changes[part].tolist(),
            self.file_size[part].tolist(),
            self.briefcase[part].tolist(),
            texts[telling.groups(part)].tolist(),
            texts[telling.applications(part)].tolist(),
            map(synchronization, texts[telling.tasks(part)].tolist(), texts[telling.changed_files(part)].tolist()),
        )
        return map(Changeset._make, zip(*columns, strict=False))


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
        files=rng.integers(0, CHOICES, count),
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
