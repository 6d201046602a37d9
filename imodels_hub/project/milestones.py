"""The milestones of the synthetic project: its named versions, and their checkpoints."""

import itertools
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.holdings import checkpoint_size
from imodels_hub.project.identifiers import guid
from imodels_hub.project.moments import text_of_time
from imodels_hub.project.records import Checkpoint, NamedVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from imodels_hub.project.timeline import Timeline

_MILESTONES = 39
_CHANGESETS_A_MILESTONE = 5  # at the very least
_FAILED_ALONE = 5  # the milestone whose checkpoint could not be made, where some in a row could not

_HOUR = 3_600_000
_MORNING, _EVENING = 8, 18


def named_versions(drawn: "Timeline", rng: np.random.Generator) -> tuple[NamedVersion, ...]:
    """Publish a version now and then, about forty in all, however long the timeline."""
    where = _milestones(len(drawn), rng)
    names = _names(len(where))
    withdrawn = _withdrawn(names)
    return tuple(
        NamedVersion(
            id=guid(drawn.seed, "named version", number),
            name=names[number],
            description=words.WITHDRAWN
            if number in withdrawn
            else (None, f"Published by {words.PEOPLE[0][0]}")[number % 2],
            changeset_id=drawn.id_at(position),
            changeset_index=int(drawn.index[position]),
            created_date_time=_published(int(drawn.pushes.moment[position])),
            state="hidden" if number in withdrawn else "visible",
            application_id=guid(drawn.seed, "application", words.REVIEWER),
            creator_id=guid(drawn.seed, "user"),
        )
        for number, position in enumerate(where.tolist())
    )


def checkpoints(versions: "Iterable[NamedVersion]", unopened: range) -> tuple[Checkpoint, ...]:
    """Make the checkpoints of named versions; the unopened failed, and withdrawn versions never had one."""
    failed = {_FAILED_ALONE, *unopened} if unopened else set()
    return tuple(
        Checkpoint(version.changeset_index, *_made(version, failed=number in failed))
        for number, version in enumerate(versions)
    )


def _made(version: NamedVersion, *, failed: bool) -> tuple[str, int]:
    if version.state == "hidden":
        return "notGenerated", 0
    if failed:
        return "failed", 0
    return "successful", checkpoint_size(version.changeset_index)


def _milestones(count: int, rng: np.random.Generator) -> "NDArray[np.int64]":
    """Choose which changesets become named versions: about forty, however long the timeline."""
    milestones = min(_MILESTONES, max(count // _CHANGESETS_A_MILESTONE, 1), count)
    steps = rng.uniform(0.7, 1.3, milestones + 1)
    return np.asarray(np.cumsum(steps)[:-1] / steps.sum() * count, dtype=np.int64)


def _names(count: int) -> list[str]:
    """Spread the phases of the project over `count` named versions, and number the reviews between them."""
    phases = min(count, len(words.PHASES))
    names = dict(
        zip(_spread(count, phases), (words.PHASES[at] for at in _spread(len(words.PHASES), phases)), strict=True)
    )
    reviews = (words.REVIEW.format(number) for number in itertools.count(1))
    return [names.get(position) or next(reviews) for position in range(count)]


def _spread(length: int, count: int) -> list[int]:
    """Choose `count` of the numbers below `length`, evenly, both ends included."""
    return [round(place) for place in np.linspace(0, max(length - 1, 0), count)]


def _withdrawn(names: list[str]) -> set[int]:
    """Choose up to two reviews that were published by mistake."""
    reviews = [number for number, name in enumerate(names) if name not in words.PHASES]
    return {reviews[len(reviews) // 3], reviews[2 * len(reviews) // 3]} if reviews else set()


def _published(pushed: int) -> str:
    """Publish a version twenty minutes after its push, or at nine when that was outside office hours."""
    hour = pushed // _HOUR % 24
    if _MORNING <= hour < _EVENING:
        return text_of_time((pushed + _HOUR // 3) / 1000)
    nine = pushed - pushed % (24 * _HOUR) + 9 * _HOUR
    return text_of_time((nine + 24 * _HOUR * (hour >= _EVENING)) / 1000)
