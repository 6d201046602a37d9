"""Who worked on an iModel. Names and addresses are personal data: they stay out unless somebody asks."""

import hashlib
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.frames.columns import TIME, columns_of, ids, table_of

_PERSONAL = {
    "given_name": ("givenName", "str"),
    "surname": ("surname", "str"),
    "display_name": ("displayName", "str"),
    "email": ("email", "str"),
}
_IMPERSONAL = {
    "pushed_changesets": ("statistics.pushedChangesetsCount", "Int64"),
    "last_push_date_time": ("statistics.lastChangesetPushDate", TIME),
    "created_versions": ("statistics.createdVersionsCount", "Int64"),
    "briefcases": ("statistics.briefcasesCount", "Int64"),
}
_DIGITS = 8


def users_frame(batches: Sequence[pa.RecordBatch], *, personal: bool) -> pd.DataFrame:
    """Build the users frame.

    Parameters
    ----------
    batches
        Rows as :func:`imodels_nb.api.decode.decode` gives them; at least one batch, which may be empty.
    personal
        Whether names and addresses come along.

    Returns
    -------
    DataFrame
        One row a user, indexed by ``id``; columns and dtypes as in :func:`fetch_users`.
    """
    table = table_of(batches)
    index = ids(table)
    frame = columns_of(table, _PERSONAL if personal else {}, index)
    frame["label"] = pd.Series([label(user) for user in index], index=index, dtype="str")
    return frame.join(columns_of(table, _IMPERSONAL, index))


def label(user_id: str) -> str:
    """Give a user's pseudonym: always the same one, whatever the iModel.

    Examples
    --------
    >>> label("5e19bee0-3aea-4355-a9f0-c6df9989ee7d")
    'person-45ef125e'
    """
    return f"person-{hashlib.sha256(user_id.lower().encode()).hexdigest()[:_DIGITS]}"


def with_creator_names(changesets: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    """Add to changesets, or to named versions, who made them.

    Parameters
    ----------
    changesets
        Any frame with a ``creator_id``.
    users
        As :func:`fetch_users` gives them. With ``personal=True`` the names are people's names, otherwise pseudonyms.

    Returns
    -------
    DataFrame
        A copy with the column ``creator_name`` (category); the pseudonym for whoever has no name there.

    Examples
    --------
    >>> users = pd.DataFrame({"label": ["person-45ef125e"]}, index=["5e19bee0-3aea-4355-a9f0-c6df9989ee7d"])
    >>> pushes = pd.DataFrame({"creator_id": ["5e19bee0-3aea-4355-a9f0-c6df9989ee7d"]}, dtype="category")
    >>> with_creator_names(pushes, users)["creator_name"].tolist()
    ['person-45ef125e']
    """
    creators = changesets["creator_id"].cat.categories
    known = _names(users).to_dict()
    names = {creator: known.get(creator) or label(creator) for creator in creators}
    named = changesets["creator_id"].astype("str").map(names).astype("str").astype("category")
    return changesets.assign(creator_name=named)


def _names(users: pd.DataFrame) -> "pd.Series[str]":
    if "given_name" not in users:
        return users["label"]
    return users["given_name"].fillna("").str.cat(users["surname"].fillna(""), sep=" ").str.strip()
