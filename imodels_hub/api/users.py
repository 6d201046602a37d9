"""Users: everybody who has touched the iModel, with what they did there."""

import unicodedata

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import Json
from imodels_hub.api.call import Call
from imodels_hub.api.grammars import USERS
from imodels_hub.api.links import Links
from imodels_hub.api.listing import Keys, cut, listed, ordered, page
from imodels_hub.api.refusals import not_available
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Briefcase, HeldLocks, NamedVersion, User

_ROOT_ELEMENT = '"0x1"'


def _collated(name: str) -> str:
    """Give what to sort a name by: its letters without accents, whatever their case."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_KEYS: Keys[User] = {
    "givenName": lambda user: _collated(user.given_name),
    "surname": lambda user: _collated(user.surname),
}


def list_users(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/users``."""
    ledger, query, links = call.ledger(), USERS.parse(call.query), call.links()
    rows, more = cut(ordered([*ledger.users.values()], query, _KEYS), query)
    written = [full_user(ledger, row, links) if call.full else minimal_user(row, links) for row in rows]
    return listed(page("users", written, links.url("users"), query, more=more))


def get_user(call: Call) -> Answer:
    """Do ``GET /imodels/{id}/users/{userId}``."""
    ledger = call.ledger()
    user = ledger.users.get(call.path[1].lower())
    if user is None:
        raise not_available("user")
    return found({"user": full_user(ledger, user, call.links())})


def minimal_user(row: User, links: Links) -> Json:
    """Write a user as ``return=minimal`` has it."""
    return {"id": row.id, "displayName": row.email, "_links": {"self": links.to("users", row.id)}}


def full_user(ledger: Ledger, row: User, links: Links) -> Json:
    """Write a user as ``return=representation`` and every single user has it."""
    minimal = minimal_user(row, links)
    own = {"givenName": row.given_name, "surname": row.surname, "email": row.email}
    return {**minimal, **own, "statistics": _statistics(ledger, row.id), "_links": minimal["_links"]}


def _statistics(ledger: Ledger, user_id: str) -> Json:
    owned = [briefcase for briefcase in ledger.all(Briefcase) if briefcase.owner_id == user_id]
    return {
        "pushedChangesetsCount": ledger.tallies.pushed(user_id),
        "lastChangesetPushDate": ledger.tallies.last_push(user_id),
        "createdVersionsCount": sum(version.creator_id == user_id for version in ledger.all(NamedVersion)),
        "briefcasesCount": len(owned),
        "applications": _applications(ledger, user_id, owned),
    }


def _applications(ledger: Ledger, user_id: str, owned: list[Briefcase]) -> list[Json]:
    """Write the applications that somebody pushed from, and whether their briefcases hold locks."""
    locks = ledger.all(HeldLocks)
    written = []
    for application_id in ledger.tallies.applications(user_id):
        numbers = {briefcase.briefcase_id for briefcase in owned if briefcase.application_id == application_id}
        held = [lock for lock in locks if lock.briefcase_id in numbers]
        root = any(lock.lock_level == "exclusive" and _ROOT_ELEMENT in lock.object_ids for lock in held)
        application = ledger.applications[application_id]._asdict()
        written.append({**application, "ownsLocks": bool(held), "ownsExclusiveRootElementLock": root})
    return written
