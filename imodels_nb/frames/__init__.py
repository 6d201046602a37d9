"""Typed DataFrames from Arrow rows, and validation of frames that callers pass in.

Dtypes do not depend on the data: an empty result has the same columns.
"""

from imodels_nb.frames.briefcases import build_briefcases_frame, build_locks_frame
from imodels_nb.frames.change_kinds import KINDS, ContainingChanges, Kind
from imodels_nb.frames.changes import ENTITIES, OPERATIONS, select_element_changes, validate_changes
from imodels_nb.frames.changesets import UPLOADED, WAITING, build_changesets_frame
from imodels_nb.frames.collections import (
    build_changeset_groups_frame,
    build_checkpoints_frame,
    build_extended_data_frame,
    build_named_versions_frame,
)
from imodels_nb.frames.imodels import build_imodel, build_imodels_frame, build_itwins_frame, build_permissions
from imodels_nb.frames.users import (
    build_users_frame,
    disambiguate_names,
    label_creators,
    merge_creators,
    name_creators,
    pseudonymize,
    read_texts,
    with_creator_names,
)
from imodels_nb.frames.validation import validate_changeset_files, validate_changesets, validate_frame
from imodels_nb.frames.version_names import describe_version_names, find_version_index, read_version_names

__all__ = [
    "ENTITIES",
    "KINDS",
    "OPERATIONS",
    "UPLOADED",
    "WAITING",
    "ContainingChanges",
    "Kind",
    "build_briefcases_frame",
    "build_changeset_groups_frame",
    "build_changesets_frame",
    "build_checkpoints_frame",
    "build_extended_data_frame",
    "build_imodel",
    "build_imodels_frame",
    "build_itwins_frame",
    "build_locks_frame",
    "build_named_versions_frame",
    "build_permissions",
    "build_users_frame",
    "describe_version_names",
    "disambiguate_names",
    "find_version_index",
    "label_creators",
    "merge_creators",
    "name_creators",
    "pseudonymize",
    "read_texts",
    "read_version_names",
    "select_element_changes",
    "validate_changes",
    "validate_changeset_files",
    "validate_changesets",
    "validate_frame",
    "with_creator_names",
]
