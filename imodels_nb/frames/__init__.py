"""Arrow rows to typed DataFrames: the column contract.

Dtypes never depend on the data: an empty answer gives the very same columns.
"""

from imodels_nb.frames.changes import KINDS, ContainingChanges, Kind
from imodels_nb.frames.changesets import changesets_frame
from imodels_nb.frames.groups import changeset_groups_frame
from imodels_nb.frames.named_versions import checkpoints_frame, named_versions_frame
from imodels_nb.frames.people import label, users_frame, with_creator_names, with_unique_names
from imodels_nb.frames.projects import imodels_frame, itwins_frame
from imodels_nb.frames.validation import validate_changesets, validate_frame

__all__ = [
    "KINDS",
    "ContainingChanges",
    "Kind",
    "changeset_groups_frame",
    "changesets_frame",
    "checkpoints_frame",
    "imodels_frame",
    "itwins_frame",
    "label",
    "named_versions_frame",
    "users_frame",
    "validate_changesets",
    "validate_frame",
    "with_creator_names",
    "with_unique_names",
]
