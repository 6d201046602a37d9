"""The stories: what was planted in a timeline, with the index ranges where it can be found."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.pushes import BY_HAND, contended, midnight
from imodels_hub.project.records import Checkpoint, Story

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from imodels_hub.project.timeline import Timeline

    Ints = NDArray[np.int64]

_SEVERAL = 2


def stories(drawn: "Timeline", checkpoints: Sequence[Checkpoint]) -> tuple[Story, ...]:
    """List what was planted, ascending by where it begins."""
    told = [*_outlier(drawn), *_stall(drawn), *_storm(drawn), *_failure(drawn), *_contention(drawn), *_hand_over(drawn)]
    return tuple(sorted([*told, *_unopened(checkpoints)], key=lambda story: story.first_index))


def _story(drawn: "Timeline", name: str, positions: "Ints", sentence: str) -> Story:
    return Story(name, int(drawn.index[positions.min()]), int(drawn.index[positions.max()]), sentence)


def _outlier(drawn: "Timeline") -> Iterator[Story]:
    if drawn.plot.outlier is not None:
        where = np.array([np.argmax(drawn.file_size)])
        megabytes = int(drawn.file_size[where[0]]) // 1_000_000
        yield _story(drawn, "size outlier", where, f"One file of {megabytes} MB among files of some 20 kB.")


def _stall(drawn: "Timeline") -> Iterator[Story]:
    if drawn.plot.stall is not None:
        connector = np.flatnonzero(drawn.pushes.run != BY_HAND)
        behind = int(np.searchsorted(drawn.pushes.moment[connector], midnight(drawn.plot.stall)))
        if 0 < behind < len(connector):
            around = connector[[behind - 1, behind]]
            sentence = f"No synchronisation ran for {drawn.plot.stall_days} days."
            yield _story(drawn, "stalled synchronisation", around, sentence)


def _storm(drawn: "Timeline") -> Iterator[Story]:
    if len(drawn.storm):
        yield _story(drawn, "schema storm", drawn.storm, f"{len(drawn.storm)} runs in a row changed the schema.")


def _failure(drawn: "Timeline") -> Iterator[Story]:
    if drawn.failed_run is not None:
        where = np.flatnonzero(drawn.pushes.run == drawn.failed_run)
        yield _story(drawn, "failed run", where, "One synchronisation run stopped half-way and timed out.")


def _contention(drawn: "Timeline") -> Iterator[Story]:
    if drawn.plot.contention is not None:
        where = contended(drawn.pushes, drawn.plot.contention, drawn.plot.turns * drawn.plot.turn_ms)
        yield _story(drawn, "contention", where, "Three people pushed against each other, in turns.")


def _hand_over(drawn: "Timeline") -> Iterator[Story]:
    if drawn.plot.hand_over is not None:
        leaver, joiner = (np.flatnonzero(drawn.pushes.author == who) for who in words.HAND_OVER)
        if len(leaver) and len(joiner):
            names = [words.PEOPLE[who][0] for who in words.HAND_OVER]
            around = np.array([leaver[-1], joiner[0]])
            yield _story(drawn, "hand-over", around, f"{names[0]} handed over to {names[1]}.")


def _unopened(checkpoints: Sequence[Checkpoint]) -> Iterator[Story]:
    """Find the longest row of milestones whose checkpoints failed."""
    rows: list[list[int]] = [[]]
    for checkpoint in checkpoints:
        if checkpoint.state == "failed":
            rows[-1].append(checkpoint.changeset_index)
        elif rows[-1]:
            rows.append([])
    longest = max(rows, key=len)
    if len(longest) >= _SEVERAL:
        sentence = f"{len(longest)} milestones in a row have no checkpoint."
        yield Story("milestones without checkpoints", longest[0], longest[-1], sentence)
