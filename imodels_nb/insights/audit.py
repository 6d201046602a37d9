"""The audit of a ledger: whether it is whole, and its old part what it was."""

from datetime import datetime
from hashlib import sha256
from os import PathLike

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.contents import verify_files
from imodels_nb.frames import validate_frame
from imodels_nb.insights.boundary import NEEDED, moment_of

_TEXTS = ("id", "parent_id", "creator_id")
_NUMBERS = ("file_size", "briefcase_id", "containing_changes")
_DIGITS = 64
_BLOCK = 10_000

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
    """Audit a timeline: its order, its chain of parents, its uniqueness, and whether its old part is unchanged.

    Each row gets a SHA-256 digest of the digest of the row before and of what never changes: its index, ``id``,
    ``parent_id``, ``creator_id``, ``push_date_time``, ``file_size``, ``briefcase_id`` and ``containing_changes``. So
    the digest of a row vouches for all rows up to it. Keep an audit, and give it as `previous` later: equal digests
    prove that the old part is what it was, and the first row that differs is named. The service does the same with ids:
    each is a checksum of a changeset's contents and its parent.

    Parameters
    ----------
    changesets
        As :func:`fetch_changesets` gives them. They are audited in the order in which they stand.
    previous
        An earlier audit of the same iModel, from the same changeset on; also when read back from Parquet or CSV.
    now
        The moment of the audit, UTC if it has no time zone; by default the present.
    files
        Folder with the changeset files, as :func:`download_changesets` writes them. Then each id is computed again from
        the bytes of its file, as :func:`verify_files` does, so that the audit proves the content, too.

    Returns
    -------
    DataFrame
        One row a changeset, in their order, indexed by ``changeset_index``. Columns: ``out_of_order`` (bool: its index
        is not above the one before), ``repeated`` (bool: its index or id stood there before), ``skipped`` (int64:
        numbers of the index left out before it), ``chain`` (category: ``linked`` to the row before, ``broken``, or
        ``unknown`` for the first row and where the parent is missing), ``backwards`` (bool: dated before the row
        before), ``waiting`` (bool: its file has not come), ``digest`` (str: 64 hex digits), ``history`` (category:
        ``new``, or against `previous` ``unchanged``, ``changed`` for the first row that is not, and ``unknown`` behind
        that one), ``content`` (category: ``proved`` or ``failed`` by its file; ``unchecked`` without `files`, and while
        the service waits for the file). Its ``.attrs`` hold
        ``as_of`` (text), ``changesets``, ``digest`` (that of the last row), ``sound``
        (bool: nothing was found), ``first_changed`` (index of the first row that `previous` has and that is not the
        same now, or ``None``) and ``summary`` (texts).

    Raises
    ------
    TypeError, ValueError
        If a frame is none or lacks a column, which the message names; if `now` is no moment.

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
    changesets = validate_frame(changesets, "changesets", NEEDED)
    if previous is not None:
        previous = validate_frame(previous, "previous", ("digest",))
    moment = pd.Timestamp.now("UTC") if now is None else moment_of(now)
    digests = _digests(changesets)
    audit = _checks(changesets).assign(digest=pd.Series(digests, index=changesets.index, dtype="str"))
    history, first_changed, said = _compared(audit, previous)
    audit["history"] = pd.Categorical(history, dtype=_HISTORY)
    audit["content"], failures = _check_content(changesets, audit["waiting"], files)
    problems = [*_problems(audit), *failures]
    audit.attrs = {
        "as_of": moment.isoformat(timespec="seconds"),
        "changesets": len(audit),
        "digest": digests[-1] if digests else sha256().hexdigest(),
        "sound": not problems and first_changed is None,
        "first_changed": first_changed,
        "summary": [*(problems or [_WHOLE if len(audit) else "The ledger is empty."]), *said],
    }
    return audit


def _checks(changesets: pd.DataFrame) -> pd.DataFrame:
    index = changesets.index.to_numpy(np.int64)
    steps = np.diff(index, prepend=index[:1] - 1)
    times = changesets["push_date_time"].to_numpy("datetime64[us]")
    ids = changesets["id"]
    return pd.DataFrame(
        {
            "out_of_order": steps < 1,
            "repeated": changesets.index.duplicated() | (ids.duplicated() & ids.notna()).to_numpy(),
            "skipped": np.maximum(steps - 1, 0),
            "chain": pd.Categorical(_chain(changesets), dtype=_CHAIN),
            "backwards": np.diff(times, prepend=times[:1]) < np.timedelta64(0),
            "waiting": (changesets["state"].astype("str") == "waitingForFile").to_numpy(),
        },
        index=changesets.index,
    )


def _check_content(
    changesets: pd.DataFrame, waiting: pd.Series, files: str | PathLike[str] | None
) -> tuple[pd.Categorical, list[str]]:
    """Return what the files prove of each row, and sentences on those that fail."""
    content = np.full(len(changesets), "unchecked", dtype=object)
    if files is None:
        return pd.Categorical(content, dtype=_CONTENT), []
    is_due = ~waiting.to_numpy() & ~changesets.index.duplicated() & changesets["id"].notna().to_numpy()
    result = verify_files(changesets[is_due], files)
    matches = result["matches"].reindex(changesets.index[is_due]).to_numpy()
    content[is_due] = np.where(matches, "proved", "failed")
    failed = result[~result["matches"]]
    if failed.empty:
        return pd.Categorical(content, dtype=_CONTENT), []
    count = format_count(len(failed), "changeset has a file", "changesets have files")
    sentence = f"{count} that the proof fails for, the first at {failed.index[0]:,}: {failed['reason'].iloc[0]}."
    return pd.Categorical(content, dtype=_CONTENT), [sentence]


def _chain(changesets: pd.DataFrame) -> Texts:
    chain = np.full(len(changesets), "unknown", dtype=object)
    parents, ids = changesets["parent_id"].array[1:], changesets["id"].array[:-1]
    linked = np.asarray(parents == ids, dtype=np.bool_)
    chain[1:] = np.where(linked, "linked", np.where(np.asarray(parents.isna()), "unknown", "broken"))
    return chain


def _digests(changesets: pd.DataFrame) -> list[str]:
    """Chain the rows, block by block: as Python objects all of them at once would weigh more than the frame."""
    digests = bytearray()
    for start in range(0, len(changesets), _BLOCK):
        _chain_block(changesets.iloc[start : start + _BLOCK], digests)
    digits = digests.hex()
    return [digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS)]


def _chain_block(block: pd.DataFrame, digests: bytearray) -> None:
    """Chain some rows; the one thing here that cannot be done for all rows at once, since each needs the one before."""
    texts = [block[name].astype("str").fillna("").tolist() for name in _TEXTS]
    numbers = [block[name].to_numpy(np.int64) for name in _NUMBERS]
    microseconds = block["push_date_time"].to_numpy("datetime64[us]").view(np.int64)
    packed = np.column_stack([block.index.to_numpy(np.int64), microseconds, *numbers]).astype("<i8")
    digest = bytes(digests[-_DIGITS // 2 :])
    for number, *text in zip(packed.view("V40").ravel().tolist(), *texts, strict=True):
        digest = sha256(digest + number + "\0".join(text).encode()).digest()
        digests += digest


def _problems(audit: pd.DataFrame) -> list[str]:
    """Say what is wrong, with the first index where it is."""
    marks = {
        ("is out of order", "are out of order"): audit["out_of_order"],
        ("stands there twice", "stand there twice"): audit["repeated"],
        ("does not follow from the one before", "do not follow from the one before"): audit["chain"] == "broken",
        ("is dated before the one before", "are dated before the one before"): audit["backwards"],
        ("waits for its file", "wait for their files"): audit["waiting"],
    }
    return [
        f"{format_count(int(mark.sum()), f'changeset {one}', f'changesets {many}')}, the first at "
        f"{audit.index[mark.to_numpy()][0]:,}."
        for (one, many), mark in marks.items()
        if mark.any()
    ]


def _compared(audit: pd.DataFrame, previous: pd.DataFrame | None) -> tuple[Texts, int | None, list[str]]:
    """Compare with an earlier audit: what each row is, the first that changed, and how to say it."""
    history = np.full(len(audit), "new", dtype=object)
    if previous is None or not len(previous):
        return history, None, []
    old = len(previous)
    both = min(len(audit), old)
    if both and audit.index[0] != previous.index[0]:
        return np.full(len(audit), "unknown", dtype=object), None, [_INCOMPARABLE.format(previous.index[0])]
    same = (audit["digest"].to_numpy()[:both] == previous["digest"].to_numpy()[:both]) & (
        audit.index[:both].to_numpy() == previous.index[:both].to_numpy()
    )
    kept = both if same.all() else int(np.argmin(same))
    history[:kept] = "unchanged"
    if kept == old:
        new = format_count(len(audit) - old, "changeset is", "changesets are")
        return (
            history,
            None,
            [f"The {format_count(old, 'changeset')} of the earlier audit are unchanged; {new} new."],
        )
    history[kept:old] = "unknown"
    history[kept : kept + 1] = "changed"
    first = int(previous.index[kept])
    how = "is no longer there" if kept >= len(audit) else "is not what it was"
    return history, first, [f"Changeset {first:,} {how}; the {kept:,} before it are unchanged."]


_WHOLE = "The ledger is whole: in order, unique, and one chain."
_INCOMPARABLE = "The earlier audit begins at changeset {}, so it cannot be compared; audit from there on."
