"""The whole timeline of the plant: changesets, their files and the baseline."""

from functools import cache
from typing import NamedTuple

from imodels_hub.plant.files import build_file
from imodels_hub.plant.imodel import PlantIModel
from imodels_hub.plant.story import SCHEMA, Push, Story

FIRST_BRIEFCASE = 2


class PlantChangeset(NamedTuple):
    """A changeset of the plant with its file."""

    changeset_index: int
    id: str
    parent_id: str
    push: Push
    content: bytes


class PlantTimeline(NamedTuple):
    """All files of the plant.

    Attributes
    ----------
    baseline
        The iModel before its first changeset, as a file.
    changesets
        All changesets, ascending.
    tip
        The iModel after its last changeset, as a file.
    """

    baseline: bytes
    changesets: tuple[PlantChangeset, ...]
    tip: bytes


@cache
def build_timeline() -> PlantTimeline:
    """Build the timeline, once in a process; every process gets the same ids."""
    imodel = PlantIModel()
    baseline = imodel.read_file()
    changesets: list[PlantChangeset] = []
    parent_id = ""
    for index, push in enumerate(Story(imodel).pushes(), start=1):
        imodel.briefcase = FIRST_BRIEFCASE + push.author
        imodel.moment = push.moment
        file = build_file(parent_id, imodel.record(push.edit), has_schema_changes=bool(push.kinds & SCHEMA))
        changesets.append(PlantChangeset(index, file.id, parent_id, push, file.content))
        parent_id = file.id
    return PlantTimeline(baseline, tuple(changesets), imodel.read_file(parent_id, len(changesets)))
