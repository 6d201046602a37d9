"""Operations on locks: held by briefcases, or released by changesets."""

import json
from collections.abc import Mapping
from itertools import groupby

from imodels_hub.api.briefcases import find_own_briefcase
from imodels_hub.api.changesets import find_changeset
from imodels_hub.api.errors import Detail, build_conflict, build_invalid_request, build_not_found
from imodels_hub.api.query import LOCKS, RELEASED_LOCKS, build_list_response, build_page, paginate
from imodels_hub.api.requests import WRITE, ApiRequest
from imodels_hub.api.responses import Json, Response, build_ok_response
from imodels_hub.api.validation import (
    allow_null,
    check_integer,
    check_locked_objects,
    check_parent_id,
    validate_properties,
)
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import Lock, ReleasedLocks

EXCLUSIVE = "exclusive"
NONE = "none"

_CANNOT_UPDATE = "Cannot update Locks."
_MAX_OBJECTS = 1000
_CHUNK = 1000
_SORTED = "ORDER BY briefcase_id, lock_level, rowid"
_UPDATE = {
    "briefcaseId": check_integer,
    "changesetId": allow_null(check_parent_id),
    "lockedObjects": check_locked_objects,
}


def list_locks(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/locks``; the size of a page is a number of objects."""
    database = request.find_database()
    query = LOCKS.parse(request.query)
    locks = [
        lock
        for lock in database.read_all(Lock, _SORTED)
        if query.filters.get("briefcaseId", lock.briefcase_id) == lock.briefcase_id
        and query.filters.get("lockLevel", lock.lock_level) == lock.lock_level
    ]
    rows, has_more = paginate(locks, query)
    entries = [_format_lock(number, list(group)) for number, group in groupby(rows, lambda lock: lock.briefcase_id)]
    url = request.build_links().build_url("locks")
    return build_list_response(build_page("locks", entries, url, query, has_more=has_more))


def list_released_locks(request: ApiRequest) -> Response:
    """Handle ``GET …/locks/released-locks``: those released after an index."""
    database = request.find_database()
    query = RELEASED_LOCKS.parse(request.query)
    after = query.filters["afterChangesetIndex"]
    locks = [lock for lock in database.read_all(ReleasedLocks) if lock.changeset_index > after]
    rows, has_more = paginate(locks, query)
    formatted = [{"lockLevel": row.lock_level, "objectIds": json.loads(row.object_ids)} for row in rows]
    url = request.build_links().build_url("locks", "released-locks")
    return build_list_response(build_page("releasedLocks", formatted, url, query, has_more=has_more))


def update_locks(request: ApiRequest) -> Response:
    """Handle ``PATCH /imodels/{id}/locks``: acquire, change and release, all or none."""
    database = request.find_initialized_database(WRITE)
    given = validate_properties(request.parse_json(), _UPDATE, _CANNOT_UPDATE, ("briefcaseId", "lockedObjects"))
    levels = {
        object_id.lower(): group["lockLevel"] for group in given["lockedObjects"] for object_id in group["objectIds"]
    }
    if len(levels) > _MAX_OBJECTS:
        message = f"At most {_MAX_OBJECTS} objects are allowed in one request."
        raise build_invalid_request(_CANNOT_UPDATE, [Detail("InvalidValue", message, "lockedObjects")])
    number = find_own_briefcase(request, database, str(given["briefcaseId"])).briefcase_id
    index = _find_index(database, given.get("changesetId"))
    with database.transaction():
        own = {lock.object_id: lock for lock in database.read_all(Lock, "WHERE briefcase_id = ?", number)}
        _check_held(levels, own)
        _check_conflicts(database, number, levels)
        _check_newer(database, index, levels, own)
        _release(database, [own[object_id] for object_id, level in levels.items() if level == NONE], index)
        for object_id, level in levels.items():
            if level != NONE:
                database.set_lock(Lock(object_id, number, level))
    held = [Lock(object_id, number, level) for object_id, level in levels.items() if level != NONE]
    return build_ok_response({"lock": _format_lock(number, held)})


def release_chunk(request: ApiRequest) -> Response:
    """Handle ``POST …/locks/release-chunk``: release some locks of a briefcase."""
    database = request.find_initialized_database(WRITE)
    checks = {name: _UPDATE[name] for name in ("briefcaseId", "changesetId")}
    given = validate_properties(request.parse_json(), checks, _CANNOT_UPDATE, ("briefcaseId",))
    number = find_own_briefcase(request, database, str(given["briefcaseId"])).briefcase_id
    index = _find_index(database, given.get("changesetId"))
    with database.transaction():
        locks = database.read_all(Lock, f"WHERE briefcase_id = ? LIMIT {_CHUNK + 1}", number)
        _release(database, locks[:_CHUNK], index)
    return build_ok_response({"isLastChunk": len(locks) <= _CHUNK})


def _find_index(database: IModelDatabase, changeset_id: str | None) -> int | None:
    """Find the index of a changeset; the empty id is the baseline."""
    if changeset_id is None:
        return None
    return find_changeset(database, changeset_id).changeset_index if changeset_id else 0


def _check_held(levels: Mapping[str, str], own: Mapping[str, Lock]) -> None:
    if any(level == NONE and object_id not in own for object_id, level in levels.items()):
        raise build_not_found("Lock(s)")


def _check_conflicts(database: IModelDatabase, number: int, levels: Mapping[str, str]) -> None:
    """Check that no object has an exclusive lock and another lock."""
    conflicts = []
    for object_id, level in levels.items():
        others = [lock for lock in database.read_locks(object_id) if lock.briefcase_id != number]
        if level != NONE and others and EXCLUSIVE in (level, others[0].lock_level):
            conflicts.append(
                {
                    "objectId": object_id,
                    "lockLevel": others[0].lock_level,
                    "briefcaseIds": [lock.briefcase_id for lock in others],
                }
            )
    if conflicts:
        message = "Lock(s) is owned by another Briefcase."
        raise build_conflict("ConflictWithAnotherUser", message, conflictingLocks=conflicts)


def _check_newer(
    database: IModelDatabase, index: int | None, levels: Mapping[str, str], own: Mapping[str, Lock]
) -> None:
    """Check that the briefcase has the last changeset of each object."""
    if index is None:
        return
    new = [object_id for object_id, level in levels.items() if level != NONE and object_id not in own]
    newer = [object_id for object_id in new if database.find_last_change(object_id) > index]
    if newer:
        message = "One or more objects have been locked in a newer Changeset."
        raise build_conflict("NewerChangesExist", message, objectIds=newer)


def _release(database: IModelDatabase, locks: list[Lock], index: int | None) -> None:
    for lock in locks:
        database.release_lock(lock, index)
    if index:
        for level, group in groupby(sorted(locks, key=lambda lock: lock.lock_level), lambda lock: lock.lock_level):
            object_ids = json.dumps([lock.object_id for lock in group])
            database.insert(ReleasedLocks, [ReleasedLocks(index, level, object_ids)])


def _format_lock(number: int, locks: list[Lock]) -> Json:
    """Format the locks of one briefcase, by level."""
    by_level: dict[str, list[str]] = {}
    for lock in locks:
        by_level.setdefault(lock.lock_level, []).append(lock.object_id)
    groups = [{"lockLevel": level, "objectIds": object_ids} for level, object_ids in by_level.items()]
    return {"briefcaseId": number, "lockedObjects": groups}
