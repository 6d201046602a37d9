"""Ledger records as the API writes them: minimal and full forms, with explicit nulls and absolute links.

Where a function takes `url`, that is the absolute URL of the iModel, such as ``http://127.0.0.1:8101/imodels/5e19…``.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from imodels_nb.sample.hub.project.records import Application, Changeset, IModel, NamedVersion

Json = dict[str, Any]


def body_of(value: Json) -> bytes:
    """Write an answer's body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Milestones:
    """Which named version, and which checkpoint, belongs to a changeset.

    Parameters
    ----------
    named_versions
        All of the iModel's, ascending by index.
    """

    def __init__(self, named_versions: Sequence[NamedVersion]) -> None:
        self._ids = {version.changeset_index: version.id for version in named_versions}
        self._indices = [version.changeset_index for version in named_versions]

    def named_version_id(self, index: int) -> str | None:
        """Give the named version that marks this changeset."""
        return self._ids.get(index)

    def checkpoint_index(self, index: int) -> int:
        """Give the index of the current or preceding checkpoint; 0 is the baseline's."""
        before = bisect_right(self._indices, index)
        return self._indices[before - 1] if before else 0


def minimal_changeset(row: Changeset, url: str) -> Json:
    """Write a changeset as ``return=minimal`` has it."""
    return {**_facts(row), "_links": {"creator": _link(url, "users", row.creator_id), "self": _self(row, url)}}


def full_changeset(row: Changeset, url: str, applications: Mapping[str, Application], milestones: Milestones) -> Json:
    """Write a changeset as ``return=representation`` and every single changeset has it.

    There is no file behind a changeset here, so ``download`` is null, as it is for people without ``imodels_read``.
    """
    version = milestones.named_version_id(row.changeset_index)
    checkpoint = str(milestones.checkpoint_index(row.changeset_index))
    return {
        **_facts(row),
        "application": _application(row.application_id, applications),
        "synchronizationInfo": json.loads(row.synchronization_info) if row.synchronization_info else None,
        "_links": {
            "creator": _link(url, "users", row.creator_id),
            "namedVersion": _link(url, "namedversions", version) if version else None,
            "self": _self(row, url),
            "currentOrPrecedingCheckpoint": _link(url, "changesets", checkpoint, "checkpoint"),
            "download": None,
        },
    }


def _facts(row: Changeset) -> Json:
    return {
        "id": row.id,
        "displayName": str(row.changeset_index),
        "description": row.description,
        "index": row.changeset_index,
        "parentId": row.parent_id,
        "creatorId": row.creator_id,
        "pushDateTime": row.push_date_time,
        "state": row.state,
        "containingChanges": row.containing_changes,
        "fileSize": row.file_size,
        "briefcaseId": row.briefcase_id,
        "groupId": row.group_id,
    }


def minimal_named_version(row: NamedVersion) -> Json:
    """Write a named version as ``return=minimal`` has it."""
    return {
        "id": row.id,
        "displayName": row.name,
        "changesetId": row.changeset_id,
        "changesetIndex": row.changeset_index,
    }


def full_named_version(row: NamedVersion, url: str, applications: Mapping[str, Application]) -> Json:
    """Write a named version as ``return=representation`` and every single named version has it."""
    return {
        **minimal_named_version(row),
        "name": row.name,
        "description": row.description,
        "createdDateTime": row.created_date_time,
        "state": row.state,
        "application": _application(row.application_id, applications),
        "_links": {
            "creator": _link(url, "users", row.creator_id),
            "changeset": _link(url, "changesets", row.changeset_id) if row.changeset_id else None,
        },
    }


def minimal_imodel(row: IModel) -> Json:
    """Write an iModel as ``return=minimal`` has it."""
    return {"id": row.id, "displayName": row.name, "dataCenterLocation": row.data_center_location}


def full_imodel(row: IModel, url: str, last_push: str | None) -> Json:
    """Write an iModel as ``return=representation`` and every single iModel has it."""
    return {
        **minimal_imodel(row),
        "name": row.name,
        "description": row.description,
        "state": "initialized",
        "createdDateTime": row.created_date_time,
        "lastChangesetPushDateTime": last_push,
        "iTwinId": row.itwin_id,
        "isSecured": False,
        "extent": None,
        "containersEnabled": 0,
        "_links": {
            "creator": _link(url, "users", row.creator_id),
            "changesets": _link(url, "changesets"),
            "namedVersions": _link(url, "namedversions"),
        },
    }


def _application(application_id: str | None, applications: Mapping[str, Application]) -> Json | None:
    return applications[application_id]._asdict() if application_id else None


def _self(row: Changeset, url: str) -> Json:
    return _link(url, "changesets", row.id)


def _link(*path: str) -> Json:
    return {"href": "/".join(path)}
