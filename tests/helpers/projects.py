"""Frames of synthetic projects, built from the records of the sample hub."""

from typing import Any

import numpy as np
import pandas as pd

from imodels_hub import Project, generate_project
from imodels_hub.records import Changeset, ChangesetGroup, Checkpoint, NamedVersion

STATES = pd.CategoricalDtype(["waitingForFile", "fileUploaded"])
TIME = "datetime64[us, UTC]"


def build_frames(project: Project) -> dict[str, pd.DataFrame]:
    """Build the frames of a project, as `findings` takes them."""
    changesets = _build_changesets(project)
    versions = pd.DataFrame.from_records(project.named_versions, columns=NamedVersion._fields)
    checkpoints = pd.DataFrame.from_records(project.checkpoints, columns=Checkpoint._fields)
    return {
        "changesets": changesets,
        "named_versions": _set_changeset_index(versions).assign(
            created_date_time=lambda frame: pd.to_datetime(frame["created_date_time"], format="ISO8601").astype(TIME)
        ),
        "checkpoints": _set_changeset_index(checkpoints),
        "groups": _build_groups(project, changesets),
    }


def _set_changeset_index(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"changeset_index": "int64", "state": "category"}).set_index("changeset_index")


def _build_changesets(project: Project) -> pd.DataFrame:
    return (
        pd.DataFrame.from_records(list(project.changesets), columns=Changeset._fields)
        .set_index("changeset_index")
        .assign(push_date_time=lambda all_: pd.to_datetime(all_["push_date_time"], format="ISO8601").astype(TIME))
        .astype({"id": "str", "parent_id": "str", "creator_id": "category", "group_id": "category", "state": STATES})
    )


def _build_groups(project: Project, changesets: pd.DataFrame) -> pd.DataFrame:
    groups = pd.DataFrame.from_records(list(project.groups), columns=ChangesetGroup._fields).set_index("id")
    pushed = changesets["group_id"].astype("object")
    by_group = pd.Series(changesets.index, index=changesets.index).groupby(pushed)
    return groups.assign(
        created_date_time=pd.to_datetime(groups["created_date_time"], format="ISO8601").astype(TIME),
        first_index=by_group.min().reindex(groups.index).astype("Int64"),
        last_index=by_group.max().reindex(groups.index).astype("Int64"),
        changesets=by_group.size().reindex(groups.index).fillna(0).astype("int64"),
    )


def draw_frames(changesets: int, seed: int, **options: Any) -> dict[str, pd.DataFrame]:
    """Build the frames of a random project."""
    return build_frames(generate_project(changesets, seed, **options))


def compute_overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Compute the share of two index ranges that both have."""
    common = min(one[1], other[1]) - max(one[0], other[0]) + 1
    return float(np.clip(common, 0, None) / (one[1] - one[0] + other[1] - other[0] + 2 - max(common, 0)))
