"""What a drawn timeline says in words: every text once, and which of them each changeset takes."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.contents import SCHEMA, SCHEMA_SYNC
from imodels_hub.project.identifiers import guid
from imodels_hub.project.pushes import BY_HAND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imodels_hub.project.timeline import Timeline

    Ints = NDArray[np.int64]

UPLOADED = "fileUploaded"

CHOICES = 60
"""Of files that one push may have changed."""


class Telling:
    """The texts of a drawn timeline, since a million changesets share a few, and where each column takes its own.

    Parameters
    ----------
    drawn
        The timeline.

    Attributes
    ----------
    texts : list
        Every text; the first is `None`, for what is not there.
    uploaded : int
        The place of the state that all of them are in.
    """

    def __init__(self, drawn: "Timeline") -> None:
        runs = range(int(drawn.pushes.run.max(initial=BY_HAND)) + 1)
        self._drawn = drawn
        self._phases = np.unique(drawn.containing_changes)
        self.texts: list[str | None] = [None]
        self.uploaded = self._add([UPLOADED])
        self._notes = self._add([*words.NOTES, words.SCHEMA_UPGRADE])
        self._said = self._add(f"{one.job} - {phase}" for one in words.DISCIPLINES for phase in self._phase_names())
        self._files = self._add(
            ["null", *(_neighbours(one.files, n) for one in words.DISCIPLINES for n in range(CHOICES))]
        )
        self._people = self._add(guid(drawn.seed, "user", number) for number in range(len(words.PEOPLE) + 1))
        self._programs = self._add(guid(drawn.seed, "application", number) for number in range(len(words.APPLICATIONS)))
        self._groups = self._add(guid(drawn.seed, "group", number) for number in runs)
        self._tasks = self._add(guid(drawn.seed, "task", number) for number in runs)

    def _add(self, texts: Iterable[str | None]) -> int:
        first = len(self.texts)
        self.texts += texts
        return first

    def _phase_names(self) -> list[str]:
        return [words.phase_of(changes) for changes in self._phases.tolist()]

    def descriptions(self, part: slice) -> "Ints":
        """Give the places of a part's descriptions."""
        note = np.where(self._changes(part) == SCHEMA_SYNC, len(words.NOTES), self._drawn.notes[part])
        phase = self._phases.searchsorted(self._changes(part))
        said = self._said + self._drawn.discipline[part] * len(self._phases) + phase
        return np.where(self._by_hand(part), self._notes + note, said)

    def creators(self, part: slice) -> "Ints":
        """Give the places of the ids of a part's creators."""
        return self._people + self._drawn.pushes.author[part]

    def groups(self, part: slice) -> "Ints":
        """Give the places of the ids of a part's groups; a push by hand has none."""
        return self._of_run(self._groups, part)

    def applications(self, part: slice) -> "Ints":
        """Give the places of the ids of a part's applications."""
        return self._programs + np.where(self._by_hand(part), words.MODELER, words.CONNECTOR)

    def tasks(self, part: slice) -> "Ints":
        """Give the places of the ids of a part's synchronisation tasks; a push by hand has none."""
        return self._of_run(self._tasks, part)

    def changed_files(self, part: slice) -> "Ints":
        """Give the places of what a part's tasks changed, as JSON; a schema update has no design files of its own."""
        chosen = 1 + self._drawn.discipline[part] * CHOICES + self._drawn.files[part]
        return self._files + np.where(self._changes(part) & SCHEMA, 0, chosen)

    def _changes(self, part: slice) -> "Ints":
        return self._drawn.containing_changes[part]

    def _by_hand(self, part: slice) -> "NDArray[np.bool_]":
        return np.equal(self._drawn.pushes.run[part], BY_HAND)

    def _of_run(self, first: int, part: slice) -> "Ints":
        return np.where(self._by_hand(part), 0, first + self._drawn.pushes.run[part])


def synchronization(task: str | None, changed_files: str | None) -> str | None:
    """Write what ran, as JSON; nothing for a push by hand."""
    return None if task is None else f'{{"taskId": "{task}", "changedFiles": {changed_files}}}'


def _neighbours(known: tuple[str, ...], choice: int) -> str:
    """Give the JSON text of up to three neighbouring design files."""
    first, count = choice % len(known), 1 + choice % 3
    return json.dumps(sorted(known[(first + step) % len(known)] for step in range(count)))
