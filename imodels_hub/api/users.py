"""Operations on users, with statistics of their work on the iModel."""

import unicodedata

from imodels_hub.api.errors import build_not_found
from imodels_hub.api.links import Links
from imodels_hub.api.query import USERS, SortKeys, build_list_response, build_page, paginate, sort_rows
from imodels_hub.api.requests import ApiRequest
from imodels_hub.api.responses import Json, Response, build_ok_response
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import Briefcase, Lock, NamedVersion, User

_ROOT_ELEMENT = "0x1"
_SORT_KEYS: SortKeys[User] = {
    "givenName": lambda user: _build_collation_key(user.given_name),
    "surname": lambda user: _build_collation_key(user.surname),
}


def list_users(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/users``."""
    database = request.find_database()
    query = USERS.parse(request.query)
    links = request.build_links()
    rows, has_more = paginate(sort_rows([*database.users.values()], query, _SORT_KEYS), query)
    formatted = [_format_full(database, row, links) if request.is_full else _format_minimal(row, links) for row in rows]
    return build_list_response(build_page("users", formatted, links.build_url("users"), query, has_more=has_more))


def get_user(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/users/{userId}``."""
    database = request.find_database()
    user = database.users.get(request.path[1].lower())
    if user is None:
        raise build_not_found("user")
    return build_ok_response({"user": _format_full(database, user, request.build_links())})


def _build_collation_key(name: str) -> str:
    """Return a key to sort by: letters without accents and case."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _format_minimal(row: User, links: Links) -> Json:
    """Format a user as ``return=minimal`` does."""
    return {"id": row.id, "displayName": row.email, "_links": {"self": links.link("users", row.id)}}


def _format_full(database: IModelDatabase, row: User, links: Links) -> Json:
    """Format a user as ``return=representation`` does."""
    minimal = _format_minimal(row, links)
    names = {"givenName": row.given_name, "surname": row.surname, "email": row.email}
    return {**minimal, **names, "statistics": _format_statistics(database, row.id), "_links": minimal["_links"]}


def _format_statistics(database: IModelDatabase, user_id: str) -> Json:
    briefcases = [briefcase for briefcase in database.read_all(Briefcase) if briefcase.owner_id == user_id]
    versions = sum(version.creator_id == user_id for version in database.read_all(NamedVersion))
    return {
        "pushedChangesetsCount": database.statistics.count_pushes(user_id),
        "lastChangesetPushDate": database.statistics.find_last_push(user_id),
        "createdVersionsCount": versions,
        "briefcasesCount": len(briefcases),
        "applications": _format_applications(database, user_id, briefcases),
    }


def _format_applications(database: IModelDatabase, user_id: str, briefcases: list[Briefcase]) -> list[Json]:
    """Format the applications that a user pushed from, and whether they hold locks."""
    locks = database.read_all(Lock)
    formatted = []
    for application_id in database.statistics.list_applications(user_id):
        numbers = {briefcase.briefcase_id for briefcase in briefcases if briefcase.application_id == application_id}
        held = [lock for lock in locks if lock.briefcase_id in numbers]
        has_root = any(lock.lock_level == "exclusive" and lock.object_id == _ROOT_ELEMENT for lock in held)
        application = database.applications[application_id]._asdict()
        formatted.append({**application, "ownsLocks": bool(held), "ownsExclusiveRootElementLock": has_root})
    return formatted
