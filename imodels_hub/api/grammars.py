"""The grammars: which parameters each list understands."""

from imodels_hub.api.query import Grammar
from imodels_hub.api.rules import GUID, NATURAL, UNSUPPORTED, WORDS, one_of

CHANGESETS = Grammar("Changesets", {"afterIndex": NATURAL, "lastIndex": NATURAL}, ("index",))
EXTENDED_DATA = Grammar("Changeset Extended Data")
CHANGESET_GROUPS = Grammar("Changeset Groups")
NAMED_VERSIONS = Grammar(
    "Named Versions",
    {"name": WORDS, "$search": WORDS, "state": one_of("visible", "hidden")},
    ("changesetIndex", "createdDateTime"),
    exclusive=(("name", "$search"),),
)
IMODELS = Grammar(
    "iModels",
    {"iTwinId": GUID, "name": WORDS, "$search": WORDS, "state": one_of("initialized", "notInitialized")},
    ("name", "createdDateTime"),
    required=("iTwinId",),
    exclusive=(("name", "$search"),),
)
BRIEFCASES = Grammar("Briefcases", {"ownerId": WORDS}, ("acquiredDateTime",))
USERS = Grammar("Users", {}, ("givenName", "surname"))
LOCKS = Grammar("Locks", {"briefcaseId": NATURAL, "lockLevel": one_of("shared", "exclusive")})
RELEASED_LOCKS = Grammar("Released Locks", {"afterChangesetIndex": NATURAL}, required=("afterChangesetIndex",))
ITWINS = Grammar(
    "iTwins",
    {
        **dict.fromkeys(("subClass", "type", "number", "displayName", "parentId", "iTwinAccountId", "$search"), WORDS),
        "status": one_of("Active", "Inactive", "Trial"),
        "includeInactive": one_of("true", "false"),
        "$filter": UNSUPPORTED,
        "$select": UNSUPPORTED,
    },
    ("displayName", "number", "subClass", "createdDateTime"),
    exclusive=(("number", "$search"), ("displayName", "$search"), ("status", "includeInactive")),
    order_by="$orderby",
    code="InvalidiTwinsRequest",
)
