"""The plant as a project that a hub can serve."""

from functools import cache

from imodels_hub.generator.formats import format_timestamp, generate_guid
from imodels_hub.plant.edits import CONNECTOR, PEOPLE, PlantPush
from imodels_hub.plant.timeline import FIRST_BRIEFCASE, PlantChangeset, PlantTimeline, build_timeline
from imodels_hub.records import (
    Application,
    BaselineFile,
    Briefcase,
    Changeset,
    Checkpoint,
    IModel,
    ITwin,
    NamedVersion,
    Project,
    User,
)

_SEED = 11
_EXTENT = '{"southWest": {"latitude": 46.1, "longitude": 7.8}, "northEast": {"latitude": 46.3, "longitude": 8.0}}'
_MODELER = 0
_SYNCHRONIZER = 1
_NAMED_VERSIONS = (
    (30, "Design review 1"),
    (90, "Design review 2"),
    (160, "Issued for construction"),
    (228, "As built"),
)


@cache
def build_plant_project() -> Project:
    """Build the project of the plant, with the files of all its changesets."""
    timeline = build_timeline()
    itwin = generate_guid(_SEED, "plant itwin")
    account = generate_guid(_SEED, "plant account")
    created = format_timestamp(timeline.changesets[0].push.moment.timestamp() - 3600)
    return Project(
        imodel=IModel(
            id=generate_guid(_SEED, "plant"),
            itwin_id=itwin,
            name="Pump station",
            description="A small plant; its changeset files have contents",
            created_date_time=created,
            creator_id=_generate_user_id(0),
            data_center_location="East US",
            extent=_EXTENT,
        ),
        users=tuple(_build_user(number) for number in range(len(PEOPLE))),
        applications=(
            Application(_generate_application_id(_MODELER), "Plant modeler"),
            Application(_generate_application_id(_SYNCHRONIZER), "Piping connector"),
        ),
        changesets=[_build_changeset(changeset) for changeset in timeline.changesets],
        named_versions=tuple(_build_named_versions(timeline)),
        baseline=BaselineFile(
            generate_guid(_SEED, "plant"), len(timeline.baseline), "initialized", _generate_user_id(0)
        ),
        itwins=(ITwin(itwin, "Endeavor", "Project", None, "PS-001", "Pump station", "Active", account, created),),
        briefcases=tuple(
            Briefcase(FIRST_BRIEFCASE + number, _generate_user_id(number), created, len(timeline.baseline), None, None)
            for number in range(len(PEOPLE))
        ),
        checkpoints=(Checkpoint(len(timeline.changesets), "successful", len(timeline.tip)),),
        files={
            "baseline.bim": timeline.baseline,
            f"checkpoint-{len(timeline.changesets)}.bim": timeline.tip,
            **{f"{changeset.id}.cs": changeset.content for changeset in timeline.changesets},
        },
    )


def _build_user(number: int) -> User:
    given_name, surname = PEOPLE[number]
    return User(_generate_user_id(number), given_name, surname, f"{given_name}.{surname}@example.org".lower())


def _build_changeset(changeset: PlantChangeset) -> Changeset:
    push = changeset.push
    return Changeset(
        changeset_index=changeset.changeset_index,
        id=changeset.id,
        parent_id=changeset.parent_id,
        description=push.description,
        creator_id=_generate_user_id(push.user),
        push_date_time=_format_moment(push),
        state="fileUploaded",
        containing_changes=push.kinds,
        file_size=len(changeset.content),
        briefcase_id=FIRST_BRIEFCASE + push.user,
        group_id=None,
        application_id=_generate_application_id(_SYNCHRONIZER if push.user == CONNECTOR else _MODELER),
        synchronization_info=None,
    )


def _build_named_versions(timeline: PlantTimeline) -> list[NamedVersion]:
    versions = []
    for number, (index, name) in enumerate(_NAMED_VERSIONS):
        changeset = timeline.changesets[index - 1]
        versions.append(
            NamedVersion(
                id=generate_guid(_SEED, "plant version", number),
                name=name,
                description=None,
                changeset_id=changeset.id,
                changeset_index=index,
                created_date_time=_format_moment(changeset.push),
                state="visible",
                application_id=_generate_application_id(_MODELER),
                creator_id=_generate_user_id(0),
            )
        )
    return versions


def _format_moment(push: PlantPush) -> str:
    return format_timestamp(push.moment.timestamp())


def _generate_user_id(number: int) -> str:
    return generate_guid(_SEED, "plant user", number)


def _generate_application_id(number: int) -> str:
    return generate_guid(_SEED, "plant application", number)
