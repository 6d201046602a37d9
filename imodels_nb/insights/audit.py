"""Audit of a timeline: order, chain, uniqueness, changes since an earlier one."""

from datetime import datetime
from hashlib import sha256
from os import PathLike

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.contents import verify_files
from imodels_nb.frames import WAITING, validate_frame
from imodels_nb.insights.timeline import REQUIRED_COLUMNS, parse_timestamp

_TEXTS = ("id", "parent_id", "creator_id")
_NUMBERS = ("file_size", "briefcase_id", "containing_changes")
_DIGITS = 64  # digits of a digest
_BLOCK = 10_000  # rows
_COMPLETE = "The timeline is complete{}: in order, without repetition, in one unbroken chain."
_INCOMPARABLE = "The earlier audit starts at changeset {}, so it cannot be compared. Audit from that changeset on."

_CHAIN = pd.CategoricalDtype(["linked", "unknown", "broken"])
_CONTENT = pd.CategoricalDtype(["unchecked", "proved", "failed"])
_HISTORY = pd.CategoricalDtype(["new", "unchanged", "changed", "unknown"])

Texts = npt.NDArray[np.object_]


def audit_ledger(
    changesets: pd.DataFrame,
    *,
    previous: pd.DataFrame | None = None,
    now: datetime | str | None = None,
    files: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Check order, chain and uniqueness of a timeline, and changes since an audit.

    Each row gets a SHA-256 digest of the digest before and of its values that never change: its index, ``id``,
    ``parent_id``, ``creator_id``, ``push_date_time``, ``file_size``, ``briefcase_id`` and ``containing_changes``. So
    the digest of a row covers all rows up to it. Save an audit, and pass it as `previous` later: equal digests prove
    that the old part is unchanged, and the first row that differs is reported. The service does the same with ids: each
    is a checksum of a changeset's contents and its parent.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`. It is checked in the order of its rows.
    previous
        An earlier audit of the same iModel that starts at the same changeset. It may come from Parquet or CSV.
    now
        The time of the audit, in UTC if it has no time zone. The default is the present.
    files
        Folder with the changeset files of :func:`download_changesets`. Then each id is computed again from its file, as
        in :func:`verify_files`, so that the audit proves the content, too.

    Returns
    -------
    DataFrame
        One row per changeset, in the same order, indexed by ``changeset_index``. Columns: ``out_of_order`` (bool:
        its index is not above the one before), ``repeated`` (bool: its index or id occurred before), ``skipped``
        (int64: missing index numbers before it), ``chain`` (category: ``linked`` to the row before, ``broken``, or
        ``unknown`` for the first row and if the parent is missing), ``backwards`` (bool: dated before the row before),
        ``waiting`` (bool: its file is not uploaded), ``digest`` (str: 64 hex digits), ``history`` (category: ``new``,
        or compared with `previous` ``unchanged``, ``changed`` for the first row that differs, and ``unknown`` after
        it), ``content`` (category: ``proved`` or ``failed`` by its file; ``unchecked`` without `files`, if the
        file is not uploaded, and if its parent is not known). Its ``.attrs`` have ``as_of`` (text), ``changesets``,
        ``digest`` (of the last row), ``sound``
        (bool: there are no problems), ``first_changed`` (index of the first row of `previous` that is different now, or
        ``None``) and ``summary`` (texts).

    Raises
    ------
    TypeError, ValueError
        If an argument is not a DataFrame or lacks a column, which the message names. If `now` or `files` is invalid.

    Examples
    --------
    >>> changesets = sample.load_changesets()
    >>> january = audit_ledger(changesets.loc[:11_000])
    >>> june = audit_ledger(changesets, previous=january)
    >>> june["history"].value_counts()["unchanged"], june.attrs["first_changed"]
    (np.int64(11000), None)
    >>> june.attrs["summary"][-1]
    'The 11,000 changesets of the earlier audit are unchanged; 1,000 changesets are new.'
    """
    changesets = validate_frame(changesets, "changesets", REQUIRED_COLUMNS)
    if previous is not None:
        previous = validate_frame(previous, "previous", ("digest",))
    moment = pd.Timestamp.now("UTC") if now is None else parse_timestamp(now)
    digests = _compute_digests(changesets)
    audit = _check_rows(changesets).assign(digest=pd.Series(digests, index=changesets.index, dtype="str"))
    history, first_changed, remarks = _compare_audits(audit, previous)
    audit["history"] = pd.Categorical(history, dtype=_HISTORY)
    audit["content"], failures, unchecked = _check_files(changesets, audit["waiting"], files)
    problems = [*_describe_problems(audit), *failures]
    audit.attrs = {
        "as_of": moment.isoformat(timespec="seconds"),
        "changesets": len(audit),
        "digest": digests[-1] if digests else sha256().hexdigest(),
        "sound": not problems and first_changed is None,
        "first_changed": first_changed,
        "summary": [*(problems or [_describe_complete(changesets)]), *unchecked, *remarks],
    }
    return audit


def _describe_complete(changesets: pd.DataFrame) -> str:
    """Return a sentence about a timeline without problems, and where it starts."""
    if changesets.empty:
        return "There are no changesets."
    first, parent = int(changesets.index[0]), changesets["parent_id"].iloc[0]
    is_whole = parent == "" or (pd.isna(parent) and first <= 1)
    return _COMPLETE.format("" if is_whole else f" from changeset {first:,} on")


def _check_rows(changesets: pd.DataFrame) -> pd.DataFrame:
    index = changesets.index.to_numpy(np.int64)
    steps = np.diff(index, prepend=index[:1] - 1)
    times = changesets["push_date_time"].to_numpy("datetime64[us]")
    ids = changesets["id"]
    return pd.DataFrame(
        {
            "out_of_order": steps < 1,
            "repeated": changesets.index.duplicated() | (ids.duplicated() & ids.notna()).to_numpy(),
            "skipped": np.maximum(steps - 1, 0),
            "chain": pd.Categorical(_check_chain(changesets), dtype=_CHAIN),
            "backwards": np.diff(times, prepend=times[:1]) < np.timedelta64(0),
            "waiting": (changesets["state"].astype("str") == WAITING).to_numpy(),
        },
        index=changesets.index,
    )


def _check_chain(changesets: pd.DataFrame) -> Texts:
    chain = np.full(len(changesets), "unknown", dtype=object)
    parents = changesets["parent_id"].array[1:]
    ids = changesets["id"].array[:-1]
    is_linked = np.asarray(parents == ids, dtype=np.bool_)
    chain[1:] = np.where(is_linked, "linked", np.where(np.asarray(parents.isna()), "unknown", "broken"))
    return chain


def _compute_digests(changesets: pd.DataFrame) -> list[str]:
    """Compute the digest of each row, block by block to save memory."""
    digests = bytearray()
    for start in range(0, len(changesets), _BLOCK):
        _add_digests(changesets.iloc[start : start + _BLOCK], digests)
    digits = digests.hex()
    return [digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS)]


def _add_digests(block: pd.DataFrame, digests: bytearray) -> None:
    """Add the digests of some rows. Each depends on the digest of the row before."""
    texts = [block[name].astype("str").fillna("").tolist() for name in _TEXTS]
    numbers = [block[name].to_numpy(np.int64) for name in _NUMBERS]
    microseconds = block["push_date_time"].to_numpy("datetime64[us]").view(np.int64)
    rows = np.column_stack([block.index.to_numpy(np.int64), microseconds, *numbers]).astype("<i8")
    digest = bytes(digests[-_DIGITS // 2 :])
    for number, *text in zip(rows.view("V40").ravel().tolist(), *texts, strict=True):
        digest = sha256(digest + number + "\0".join(text).encode()).digest()
        digests += digest


def _compare_audits(audit: pd.DataFrame, previous: pd.DataFrame | None) -> tuple[Texts, int | None, list[str]]:
    """Return the history of each row, the first changed index, and remarks."""
    history = np.full(len(audit), "new", dtype=object)
    if previous is None or not len(previous):
        return history, None, []
    old = len(previous)
    both = min(len(audit), old)
    if both and audit.index[0] != previous.index[0]:
        return np.full(len(audit), "unknown", dtype=object), None, [_INCOMPARABLE.format(previous.index[0])]
    is_same = (audit["digest"].to_numpy()[:both] == previous["digest"].to_numpy()[:both]) & (
        audit.index[:both].to_numpy() == previous.index[:both].to_numpy()
    )
    unchanged = both if is_same.all() else int(np.argmin(is_same))
    history[:unchanged] = "unchanged"
    if unchanged == old:
        new = format_count(len(audit) - old, "changeset is", "changesets are")
        count = format_count(old, "changeset")
        return history, None, [f"The {count} of the earlier audit are unchanged; {new} new."]
    history[unchanged:old] = "unknown"
    history[unchanged : unchanged + 1] = "changed"
    first = int(previous.index[unchanged])
    what = "no longer exists" if unchanged >= len(audit) else "has changed"
    return history, first, [f"Changeset {first:,} {what}. The {unchanged:,} before it are unchanged."]


def _check_files(
    changesets: pd.DataFrame, waiting: pd.Series, files: str | PathLike[str] | None
) -> tuple[pd.Categorical, list[str], list[str]]:
    """Return what the files prove about each row, and two lists of sentences.

    The first is about files that do not match, the second about files that cannot be checked.
    """
    content = np.full(len(changesets), "unchecked", dtype=object)
    if files is None:
        return pd.Categorical(content, dtype=_CONTENT), [], []
    is_due = ~waiting.to_numpy() & ~changesets.index.duplicated() & changesets["id"].notna().to_numpy()
    result = verify_files(changesets[is_due], files)
    rows = result.reindex(changesets.index[is_due])
    content[is_due] = np.select([rows["matches"], rows["checked"]], ["proved", "failed"], "unchecked")
    failed = result[~result["matches"] & result["checked"]]
    unchecked = result[~result["checked"]]
    return (
        pd.Categorical(content, dtype=_CONTENT),
        _describe_files(failed, "changeset does not match its file", "changesets do not match their files"),
        _describe_files(unchecked, "file cannot be checked", "files cannot be checked"),
    )


def _describe_files(files: pd.DataFrame, one: str, many: str) -> list[str]:
    """Return a sentence about the files, or an empty list without files."""
    if files.empty:
        return []
    count = format_count(len(files), one, many)
    return [f"{count}, the first at {files.index[0]:,}: {files['reason'].iloc[0]}."]


def _describe_problems(audit: pd.DataFrame) -> list[str]:
    """Return a sentence for each problem, with the first changeset index."""
    problems = {
        ("is out of order", "are out of order"): audit["out_of_order"],
        ("is repeated", "are repeated"): audit["repeated"],
        ("has another parent than the one before", "have another parent than the one before"): audit["chain"]
        == "broken",
        ("is dated before the one before", "are dated before the one before"): audit["backwards"],
        ("waits for its file", "wait for their files"): audit["waiting"],
    }
    return [
        f"{format_count(int(is_wrong.sum()), f'changeset {one}', f'changesets {many}')}, the first at "
        f"{audit.index[is_wrong.to_numpy()][0]:,}."
        for (one, many), is_wrong in problems.items()
        if is_wrong.any()
    ]
