"""The synthetic project, drawn from its seed: the timeline, and the milestones on it."""

import numpy as np

from imodels_hub.project import holdings, words
from imodels_hub.project.identifiers import guid
from imodels_hub.project.milestones import checkpoints, named_versions
from imodels_hub.project.moments import text_of_time
from imodels_hub.project.records import Application, IModel, ITwin, Project, User
from imodels_hub.project.stories import stories as stories_of
from imodels_hub.project.timeline import timeline
from imodels_hub.project.workdays import DAYS

_MILESTONES = 39  # what sets the milestones' dice apart from the timeline's


def synthesise(changesets: int = 12_000, seed: int = 7, *, gaps: bool = False, stories: bool = True) -> Project:
    """Draw the synthetic project: a station upgrade, two years of it, ending on 19 December 2025.

    Parameters
    ----------
    changesets
        Length of the timeline, from 0 to a few million.
    seed
        Everything follows from it and from `changesets`: equal arguments give equal projects.
    gaps
        Whether numbers are missing from the index here and there, as the API allows.
    stories
        Whether anything is planted; without, the same project goes on undisturbed.

    Raises
    ------
    ValueError
        If `changesets` or `seed` is negative, or no whole number.
    """
    for name, value in (("changesets", changesets), ("seed", seed)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{name} should be a whole number of at least 0, not {value!r}.")
    drawn = timeline(changesets, seed, gaps=gaps, stories=stories)
    people = (*words.PEOPLE, words.SERVICE)
    versions = named_versions(drawn, np.random.default_rng([seed, changesets, _MILESTONES]))
    made = checkpoints(versions, drawn.plot.unopened)
    known = holdings.briefcases(drawn)
    return Project(
        imodel=_imodel(seed),
        users=tuple(_user(guid(seed, "user", number), *names) for number, names in enumerate(people)),
        applications=tuple(
            Application(guid(seed, "application", number), name) for number, name in enumerate(words.APPLICATIONS)
        ),
        changesets=drawn,
        named_versions=versions,
        itwins=_itwins(seed),
        briefcases=known,
        groups=holdings.runs(drawn),
        checkpoints=made,
        extended_data=holdings.extended_data(drawn),
        held_locks=holdings.held_locks(known),
        released_locks=holdings.released_locks(drawn),
        stories=stories_of(drawn, made),
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


def _itwins(seed: int) -> tuple[ITwin, ...]:
    """Give the project's iTwin, another that is over, and the account that owns both."""
    account = guid(seed, "account")
    created = text_of_time(int(DAYS[0].astype("datetime64[s]").astype(np.int64)))
    shared = ("Active", account, created)
    return (
        ITwin(guid(seed, "itwin"), "Endeavor", "Project", None, "RS-001", words.ITWIN_NAME, *shared),
        ITwin(guid(seed, "itwin", 1), "Endeavor", "Project", None, "RS-000", words.PILOT_NAME, "Inactive", *shared[1:]),
        ITwin(account, "Account", "Account", None, "RS", words.ACCOUNT_NAME, *shared),
    )
