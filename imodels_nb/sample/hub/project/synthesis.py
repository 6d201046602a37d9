"""The synthetic project, drawn from its seed: the timeline, and the milestones on it."""

import itertools
from typing import TYPE_CHECKING

import numpy as np

from imodels_nb.sample.hub.project import words
from imodels_nb.sample.hub.project.identifiers import guid
from imodels_nb.sample.hub.project.moments import text_of_time
from imodels_nb.sample.hub.project.records import Application, IModel, NamedVersion, Project, User
from imodels_nb.sample.hub.project.timeline import Timeline, timeline
from imodels_nb.sample.hub.project.workdays import DAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MILESTONES = 39
_CHANGESETS_A_MILESTONE = 5  # at the very least

_HOUR = 3_600_000
_MORNING, _EVENING = 8, 18


def synthesise(changesets: int = 12_000, seed: int = 7, *, gaps: bool = False) -> Project:
    """Draw the synthetic project: a station upgrade, two years of it, ending on 19 December 2025.

    Parameters
    ----------
    changesets
        Length of the timeline, from 0 to a few million.
    seed
        Everything follows from it and from `changesets`: equal arguments give equal projects.
    gaps
        Whether numbers are missing from the index here and there, as the API allows.

    Raises
    ------
    ValueError
        If `changesets` or `seed` is negative.
    """
    if changesets < 0 or seed < 0:
        raise ValueError("A project needs a seed and a number of changesets that are not negative.")
    drawn = timeline(changesets, seed, gaps=gaps)
    people = (*words.PEOPLE, words.SERVICE)
    return Project(
        imodel=_imodel(seed),
        users=tuple(_user(guid(seed, "user", number), *names) for number, names in enumerate(people)),
        applications=tuple(
            Application(guid(seed, "application", number), name) for number, name in enumerate(words.APPLICATIONS)
        ),
        changesets=drawn,
        named_versions=tuple(_named_versions(drawn, np.random.default_rng([seed, changesets, _MILESTONES]))),
    )


def _imodel(seed: int) -> IModel:
    return IModel(
        id=guid(seed, "imodel"),
        itwin_id=guid(seed, "itwin"),
        name=words.IMODEL_NAME,
        description=words.IMODEL_DESCRIPTION,
        created_date_time=text_of_time(int(DAYS[0].astype("datetime64[s]").astype(np.int64))),
        creator_id=guid(seed, "user"),
        data_center_location="East US",
    )


def _user(user_id: str, given_name: str, surname: str) -> User:
    return User(user_id, given_name, surname, f"{given_name}.{surname}@example.org".lower())


def _named_versions(drawn: Timeline, rng: np.random.Generator) -> list[NamedVersion]:
    where = _milestones(len(drawn), rng)
    names = _names(len(where))
    withdrawn = _withdrawn(names)
    return [
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
    ]


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
