"""A recorded timeline: changesets as the API once wrote them, taken in so that a hub can serve them again."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from imodels_hub.project.holdings import checkpoint_size, recorded_briefcases, recorded_groups
from imodels_hub.project.identifiers import guid
from imodels_hub.project.moments import text_of_time
from imodels_hub.project.records import (
    Application,
    Changeset,
    Checkpoint,
    IModel,
    ITwin,
    NamedVersion,
    Project,
    User,
)

Json = Mapping[str, Any]

_SEED = 0


def recorded(
    changesets: Iterable[Json],
    named_versions: Iterable[Json] = (),
    *,
    imodel_id: str | None = None,
    itwin_id: str | None = None,
    name: str = "Recorded iModel",
) -> Project:
    """Take in changesets and named versions in wire form, minimal or full.

    Values are served back as they are given; links are written anew, since they depend on the hub's address. The
    chain is not checked, so that broken timelines can be served as well.

    Parameters
    ----------
    changesets
        Changesets as the API writes them. Of a minimal one, the fields of the full form are null.
    named_versions
        Named versions in full form.
    imodel_id, itwin_id
        GUIDs to serve them under; made up if not given.
    name
        Name of the iModel.

    Raises
    ------
    KeyError
        If a changeset or named version lacks a field that the API always sends.
    """
    given = [*changesets], [*named_versions]
    timeline = sorted(map(_changeset, given[0]))
    versions = tuple(map(_named_version, given[1]))
    people = dict.fromkeys([row.creator_id for row in timeline] + [version.creator_id for version in versions])
    users = tuple(_user(user_id, number) for number, user_id in enumerate(people or [guid(_SEED, "user")], start=1))
    created = min((row.push_date_time for row in timeline), default=text_of_time(0))
    itwin = itwin_id or guid(_SEED, "itwin")
    return Project(
        imodel=IModel(
            id=imodel_id or guid(_SEED, "imodel"),
            itwin_id=itwin,
            name=name,
            description=None,
            created_date_time=created,
            creator_id=users[0].id,
            data_center_location="East US",
        ),
        users=users,
        applications=tuple(_applications(given[0] + given[1])),
        changesets=timeline,
        named_versions=versions,
        itwins=(ITwin(itwin, "Endeavor", "Project", None, "", name, "Active", guid(_SEED, "account"), created),),
        briefcases=recorded_briefcases(timeline),
        groups=recorded_groups(timeline),
        checkpoints=tuple(
            Checkpoint(version.changeset_index, "successful", checkpoint_size(version.changeset_index))
            for version in versions
            if version.changeset_index
        ),
    )


def _changeset(wire: Json) -> Changeset:
    synchronization = wire.get("synchronizationInfo")
    return Changeset(
        changeset_index=wire["index"],
        id=wire["id"],
        parent_id=wire["parentId"],
        description=wire["description"],
        creator_id=wire["creatorId"],
        push_date_time=wire["pushDateTime"],
        state=wire["state"],
        containing_changes=wire["containingChanges"],
        file_size=wire["fileSize"],
        briefcase_id=wire["briefcaseId"],
        group_id=wire["groupId"],
        application_id=_application_id(wire),
        synchronization_info=None if synchronization is None else json.dumps(synchronization),
    )


def _named_version(wire: Json) -> NamedVersion:
    return NamedVersion(
        id=wire["id"],
        name=wire["name"],
        description=wire["description"],
        changeset_id=wire["changesetId"],
        changeset_index=wire["changesetIndex"],
        created_date_time=wire["createdDateTime"],
        state=wire["state"],
        application_id=_application_id(wire),
        creator_id=wire["_links"]["creator"]["href"].rpartition("/")[2],
    )


def _application_id(wire: Json) -> str | None:
    application = wire.get("application")
    return application["id"] if application else None


def _applications(wires: Iterable[Json]) -> Iterable[Application]:
    given = (wire["application"] for wire in wires if wire.get("application"))
    return {application["id"]: Application(application["id"], application["name"]) for application in given}.values()


def _user(user_id: str, number: int) -> User:
    return User(user_id, "Recorded", f"User {number}", f"user{number}@example.org")
