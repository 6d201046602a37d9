"""Synthetic projects, generated from a seed."""

from dataclasses import replace

import numpy as np

from imodels_hub.generator import vocabulary
from imodels_hub.generator.anomalies import list_anomalies
from imodels_hub.generator.formats import format_timestamp, generate_guid
from imodels_hub.generator.resources import (
    find_runs,
    generate_briefcases,
    generate_checkpoints,
    generate_extended_data,
    generate_locks,
    generate_named_versions,
    generate_released_locks,
)
from imodels_hub.generator.scenario import compute_midnight
from imodels_hub.generator.timeline import generate_timeline
from imodels_hub.records import Application, IModel, ITwin, Project, User

_SEED_OF_VERSIONS = 39  # a seed of its own: named versions do not depend on the timeline


def generate_project(changesets: int = 12_000, seed: int = 7, *, gaps: bool = False, anomalies: bool = True) -> Project:
    """Generate the synthetic project: a station upgrade, to 19 December 2025.

    Parameters
    ----------
    changesets
        Length of the timeline, from 0 to a few million.
    seed
        Equal arguments give equal projects.
    gaps
        Whether the index has gaps, as the API allows.
    anomalies
        Whether anomalies are planted; the rest of the project is the same without.

    Raises
    ------
    ValueError
        If `changesets` or `seed` is negative, or not a whole number.
    """
    for name, value in (("changesets", changesets), ("seed", seed)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{name} should be a whole number of at least 0, not {value!r}.")
    timeline = generate_timeline(changesets, seed, gaps=gaps, anomalies=anomalies)
    people = (*vocabulary.PEOPLE, vocabulary.SERVICE)
    versions = generate_named_versions(timeline, np.random.default_rng([seed, changesets, _SEED_OF_VERSIONS]))
    checkpoints = generate_checkpoints(versions, timeline.scenario.failed_checkpoints)
    briefcases = generate_briefcases(timeline)
    return Project(
        imodel=_build_imodel(seed),
        users=tuple(_build_user(generate_guid(seed, "user", number), *names) for number, names in enumerate(people)),
        applications=tuple(
            Application(generate_guid(seed, "application", number), name)
            for number, name in enumerate(vocabulary.APPLICATIONS)
        ),
        changesets=timeline,
        named_versions=versions,
        itwins=_build_itwins(seed),
        briefcases=briefcases,
        groups=find_runs(timeline),
        checkpoints=checkpoints,
        extended_data=generate_extended_data(timeline),
        locks=generate_locks(briefcases),
        released_locks=generate_released_locks(timeline),
        anomalies=list_anomalies(timeline, checkpoints),
    )


def generate_itwin(
    imodels: int, changesets: int, seed: int, *, gaps: bool = False, anomalies: bool = True
) -> tuple[Project, ...]:
    """Generate projects of one iTwin; the first is that of `generate_project`.

    Raises
    ------
    ValueError
        If `imodels` is below 1, or as for `generate_project`.
    """
    if imodels < 1:
        raise ValueError(f"imodels should be a whole number of at least 1, not {imodels!r}.")
    first = generate_project(changesets, seed, gaps=gaps, anomalies=anomalies)
    others = (generate_project(changesets, seed + n, gaps=gaps, anomalies=anomalies) for n in range(1, imodels))
    return first, *(_set_itwin(other, first, number) for number, other in enumerate(others, start=2))


def _set_itwin(project: Project, first: Project, number: int) -> Project:
    name = f"{first.imodel.name}, part {number}"
    return replace(project, imodel=project.imodel._replace(itwin_id=first.imodel.itwin_id, name=name), itwins=())


def _build_imodel(seed: int) -> IModel:
    return IModel(
        id=generate_guid(seed, "imodel"),
        itwin_id=generate_guid(seed, "itwin"),
        name=vocabulary.IMODEL_NAME,
        description=vocabulary.IMODEL_DESCRIPTION,
        created_date_time=format_timestamp(compute_midnight(0) / 1000),
        creator_id=generate_guid(seed, "user"),
        data_center_location="East US",
    )


def _build_user(user_id: str, given_name: str, surname: str) -> User:
    return User(user_id, given_name, surname, f"{given_name}.{surname}@example.org".lower())


def _build_itwins(seed: int) -> tuple[ITwin, ...]:
    """Build the project's iTwin, an inactive one, and the account that owns both."""
    account = generate_guid(seed, "account")
    created = format_timestamp(compute_midnight(0) / 1000)
    pilot = generate_guid(seed, "itwin", 1)
    project = ("Endeavor", "Project", None)
    return (
        ITwin(generate_guid(seed, "itwin"), *project, "RS-001", vocabulary.ITWIN_NAME, "Active", account, created),
        ITwin(pilot, *project, "RS-000", vocabulary.PILOT_NAME, "Inactive", account, created),
        ITwin(account, "Account", "Account", None, "RS", vocabulary.ACCOUNT_NAME, "Active", account, created),
    )
