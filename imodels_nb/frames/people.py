"""Who worked on an iModel. Names and addresses are personal data: they stay out unless somebody asks."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from imodels_nb._dataframes import to_pandas
from imodels_nb.frames.columns import TIME, columns_of, ids, table_of
from imodels_nb.frames.validation import check_column, validate_frame

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
    """Add the names of their creators to changesets or to named versions.

    Parameters
    ----------
    changesets
        Any frame with a ``creator_id``, whatever its dtype.
    users
        As :func:`fetch_users` gives them. With ``personal=True`` the names are people's names, otherwise pseudonyms.

    Returns
    -------
    DataFrame
        A copy with the column ``creator_name`` (category): given name and surname, or else the display name, or else
        the pseudonym. Where two people have the same name, the pseudonym follows it in parentheses.

    Raises
    ------
    TypeError
        If one of them is not a DataFrame.
    ValueError
        If `changesets` has no ``creator_id``, or `users` no names and no ``label``.

    Examples
    --------
    >>> users = pd.DataFrame({"label": ["person-45ef125e"]}, index=["5e19bee0-3aea-4355-a9f0-c6df9989ee7d"])
    >>> pushes = pd.DataFrame({"creator_id": ["5e19bee0-3aea-4355-a9f0-c6df9989ee7d"]}, dtype="category")
    >>> with_creator_names(pushes, users)["creator_name"].tolist()
    ['person-45ef125e']
    """
    frame = to_pandas(changesets, "changesets")
    if "creator_id" not in frame:
        raise ValueError("The frame has no creator_id; pass changesets or named versions.")
    check_column(frame["creator_id"], "creator_id", "row")
    names = _names(validate_frame(users, "users", (), index="id"))
    creators = frame["creator_id"].astype("category")
    ids = [str(creator) for creator in creators.cat.categories]
    texts = np.array([*(names.get(creator.lower(), label(creator)) for creator in ids), np.nan], dtype=object)
    named = pd.Series(texts[creators.cat.codes.to_numpy()], index=frame.index, dtype="str")
    return frame.assign(creator_name=named.astype("category"))


def with_unique_names(names: Mapping[str, str]) -> dict[str, str]:
    """Build names by user id in which no two users share one: the pseudonym follows a name that several have."""
    counts = Counter(names.values())
    return {user: name if counts[name] == 1 else f"{name} ({label(user)})" for user, name in names.items()}


def _names(users: pd.DataFrame) -> dict[str, str]:
    """Return the best known name of each user by lower-case id."""
    columns = [name for name in ("display_name", "label") if name in users]
    if not columns and "given_name" not in users:
        raise ValueError("The users frame has no names and no label; pass a frame as fetch_users gives it.")
    choices = [users[name].fillna("").astype("str").str.strip().tolist() for name in columns]
    if "given_name" in users:
        surnames = users["surname"].fillna("") if "surname" in users else ""
        choices.insert(0, (users["given_name"].fillna("") + " " + surnames).str.strip().tolist())
    ids = [str(user) for user in users.index]
    best = {
        user.lower(): next((name for name in known if name), label(user))
        for user, *known in zip(ids, *choices, strict=True)
    }
    return with_unique_names(best)
