"""Locks: what the briefcases hold, and what changesets have let go."""

import json
from itertools import groupby

from imodels_hub.api.answers import Answer
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.grammars import LOCKS, RELEASED_LOCKS
from imodels_hub.api.listing import cut, listed, page
from imodels_hub.project.records import HeldLocks, ReleasedLocks


def list_locks(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/locks``: one entry a briefcase."""
    ledger, query = call.ledger(), LOCKS.parse(call.query)
    wanted = [
        held
        for held in ledger.all(HeldLocks)
        if query.filters.get("briefcaseId", held.briefcase_id) == held.briefcase_id
        and query.filters.get("lockLevel", held.lock_level) == held.lock_level
    ]
    entries = [
        {"briefcaseId": number, "lockedObjects": [_locked(held) for held in of_one]}
        for number, of_one in groupby(wanted, lambda held: held.briefcase_id)
    ]
    rows, more = cut(entries, query)
    return listed(page("locks", rows, call.links().url("locks"), query, more=more))


def list_released_locks(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/locks/released-locks``: those let go behind an index."""
    ledger, query = call.ledger(), RELEASED_LOCKS.parse(call.query)
    wanted = [
        released
        for released in ledger.all(ReleasedLocks)
        if released.changeset_index > query.filters["afterChangesetIndex"]
    ]
    rows, more = cut(wanted, query)
    written = [_locked(released) for released in rows]
    return listed(page("releasedLocks", written, call.links().url("locks", "released-locks"), query, more=more))


def _locked(row: HeldLocks | ReleasedLocks) -> Json:
    return {"lockLevel": row.lock_level, "objectIds": json.loads(row.object_ids)}
