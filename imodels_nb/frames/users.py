"""The users frame, pseudonyms, and names for creators."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from imodels_nb._dataframes import convert_to_pandas
from imodels_nb.frames.columns import TIME, build_table, read_columns, read_ids, select_field
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
    "last_access_date_time": ("statistics.lastAccessTime", TIME),
}
_DIGITS = 8  # digits of the hash in a pseudonym


def build_users_frame(batches: Sequence[pa.RecordBatch], *, personal: bool) -> pd.DataFrame:
    """Build the users frame.

    Parameters
    ----------
    batches
        Rows from :func:`imodels_nb.api.decode.decode`: at least one batch, which may be empty.
    personal
        Whether the frame has names and e-mail addresses, which are personal data.

    Returns
    -------
    DataFrame
        One row per user, indexed by ``id``. Columns and dtypes are those of :func:`fetch_users`.
    """
    table = build_table(batches)
    index = read_ids(table)
    frame = read_columns(table, _PERSONAL if personal else {}, index)
    frame["label"] = pd.Series([pseudonymize(user) for user in index], index=index, dtype="str")
    return frame.join(read_columns(table, _IMPERSONAL, index)).join(_read_applications(table, index))


def _read_applications(table: pa.Table, index: pd.Index) -> pd.DataFrame:
    """Read the names of each user's applications, and whether the user holds locks."""
    lists = select_field(table, "statistics", "applications").to_pylist()
    names = [
        None if used is None else [application["name"] for application in used if application and application["name"]]
        for used in lists
    ]
    owns_locks = [
        None if used is None else any(application["ownsLocks"] for application in used if application) for used in lists
    ]
    columns = {
        "applications": pd.Series(names, index=index, dtype="object"),
        "owns_locks": pd.Series(owns_locks, index=index, dtype="boolean"),
    }
    return pd.DataFrame(columns, index=index)


def pseudonymize(user_id: str) -> str:
    """Return the pseudonym of a user, which is the same in all iModels.

    Examples
    --------
    >>> pseudonymize("5e19bee0-3aea-4355-a9f0-c6df9989ee7d")
    'person-45ef125e'
    """
    return f"person-{hashlib.sha256(user_id.lower().encode()).hexdigest()[:_DIGITS]}"


def name_creators(frame: pd.DataFrame, users: pd.DataFrame | None = None) -> list[str]:
    """Return a text for the creator of each row, "" if the creator is missing.

    Parameters
    ----------
    frame
        A frame with ``creator_name``, which is used, or else with ``creator_id``.
    users
        A frame as :func:`imodels_nb.fetch_users` returns it, for its labels. Without it, creators are pseudonyms.
    """
    if "creator_name" in frame:
        return read_texts(frame, "creator_name")
    labels = (
        {} if users is None or "label" not in users else {str(key): str(name) for key, name in users["label"].items()}
    )
    ids = read_texts(frame, "creator_id")
    names = {creator_id: labels.get(creator_id) or pseudonymize(creator_id) for creator_id in set(ids) if creator_id}
    return [names.get(creator_id, "") for creator_id in ids]


def read_texts(frame: pd.DataFrame, column: str) -> list[str]:
    """Read a column as texts, "" where a value or the column is missing."""
    if column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(value) else str(value) for value in frame[column].astype("object")]


def with_creator_names(changesets: pd.DataFrame, users: pd.DataFrame) -> pd.DataFrame:
    """Add the names of their creators to changesets or to named versions.

    Parameters
    ----------
    changesets
        Any frame with a ``creator_id`` of any dtype.
    users
        The frame of :func:`fetch_users`: names with ``personal=True``, otherwise pseudonyms.

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
    frame = convert_to_pandas(changesets, "changesets")
    if "creator_id" not in frame:
        raise ValueError("The frame has no creator_id; pass changesets or named versions.")
    check_column(frame["creator_id"], "creator_id", "row")
    names = _choose_names(validate_frame(users, "users", (), index="id"))
    creators = merge_creators(frame["creator_id"])
    ids = [str(creator) for creator in creators.cat.categories]
    texts = np.array([*(names.get(creator.lower(), pseudonymize(creator)) for creator in ids), np.nan], dtype=object)
    named = pd.Series(texts[creators.cat.codes.to_numpy()], index=frame.index, dtype="str")
    return frame.assign(creator_name=named.astype("category"))


def merge_creators(creators: pd.Series) -> pd.Series:
    """Convert creators to a category without regard to the case of their ids."""
    creators = creators.astype("category")
    ids = creators.cat.categories
    lower = [str(creator_id).lower() for creator_id in ids]
    if lower == ids.tolist():
        return creators
    texts = np.array([*lower, np.nan], dtype=object)[creators.cat.codes.to_numpy()]
    return pd.Series(texts, index=creators.index, dtype="str").astype("category")


def label_creators(changesets: pd.DataFrame) -> dict[str, str]:
    """Return the label of each creator by lower-case id.

    It is the name where the frame has ``creator_name``, otherwise the pseudonym. No two creators have the same label.

    Parameters
    ----------
    changesets
        A frame with ``creator_id``.
    """
    creators = merge_creators(changesets["creator_id"])
    labels = {str(creator_id): pseudonymize(str(creator_id)) for creator_id in creators.cat.categories}
    if "creator_name" in changesets:
        names = changesets["creator_name"].astype("object").groupby(creators, observed=True).first().dropna()
        labels |= disambiguate_names({str(creator_id): str(name) for creator_id, name in names.items()})
    return labels


def disambiguate_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return names by user id, with a pseudonym after names of several users."""
    counts = Counter(names.values())
    return {user: name if counts[name] == 1 else f"{name} ({pseudonymize(user)})" for user, name in names.items()}


def _choose_names(users: pd.DataFrame) -> dict[str, str]:
    """Return the best known name of each user by lower-case id."""
    columns = [name for name in ("display_name", "label") if name in users]
    if not columns and "given_name" not in users:
        raise ValueError("The users frame has no names and no label; pass a frame from fetch_users.")
    choices = [users[name].fillna("").astype("str").str.strip().tolist() for name in columns]
    if "given_name" in users:
        surnames = users["surname"].fillna("") if "surname" in users else ""
        choices.insert(0, (users["given_name"].fillna("") + " " + surnames).str.strip().tolist())
    ids = [str(user) for user in users.index]
    best = {
        user.lower(): next((name for name in known if name), pseudonymize(user))
        for user, *known in zip(ids, *choices, strict=True)
    }
    return disambiguate_names(best)
