"""Operations on locks: held by briefcases, or released by changesets."""

import json
from itertools import groupby

from imodels_hub.api.query import LOCKS, RELEASED_LOCKS, build_page, list_response, paginate
from imodels_hub.api.requests import ApiRequest
from imodels_hub.api.responses import Json, Response
from imodels_hub.records import HeldLocks, ReleasedLocks


def list_locks(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/locks``: one entry a briefcase."""
    database = request.find_database()
    query = LOCKS.parse(request.query)
    locks = [
        lock
        for lock in database.read_all(HeldLocks)
        if query.filters.get("briefcaseId", lock.briefcase_id) == lock.briefcase_id
        and query.filters.get("lockLevel", lock.lock_level) == lock.lock_level
    ]
    entries = [
        {"briefcaseId": number, "lockedObjects": [_format_locks(lock) for lock in locks_of_briefcase]}
        for number, locks_of_briefcase in groupby(locks, lambda lock: lock.briefcase_id)
    ]
    rows, has_more = paginate(entries, query)
    return list_response(build_page("locks", rows, request.build_links().build_url("locks"), query, has_more=has_more))


def list_released_locks(request: ApiRequest) -> Response:
    """Handle ``GET …/locks/released-locks``: those released after an index."""
    database = request.find_database()
    query = RELEASED_LOCKS.parse(request.query)
    after = query.filters["afterChangesetIndex"]
    locks = [lock for lock in database.read_all(ReleasedLocks) if lock.changeset_index > after]
    rows, has_more = paginate(locks, query)
    formatted = [_format_locks(lock) for lock in rows]
    url = request.build_links().build_url("locks", "released-locks")
    return list_response(build_page("releasedLocks", formatted, url, query, has_more=has_more))


def _format_locks(row: HeldLocks | ReleasedLocks) -> Json:
    return {"lockLevel": row.lock_level, "objectIds": json.loads(row.object_ids)}
