"""Columns of a changesets frame as arrays, and their ranges and cells."""

import operator
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb._timezones import convert_to_local_times, parse_time_zone
from imodels_nb.frames import KINDS, UPLOADED, validate_changesets

SIGNIFICANCE = (
    "schema",
    "schema_sync",
    "global_properties",
    "views_and_models",
    "sheets_and_drawings",
    "definition",
    "spatial_data",
    "regular",
)
"""Names of kinds, the most significant first: a changeset of several kinds counts once, under the first of them."""

OTHER = "other"
NOT_UPLOADED = "not uploaded"
LABELS = (*(KINDS[name].label for name in SIGNIFICANCE), OTHER, NOT_UPLOADED)
"""Labels of counted changesets: the leading kind, `OTHER` (unknown bits only), or `NOT_UPLOADED`."""

_NEEDED = ["state", "push_date_time", "file_size", "containing_changes"]

IndexRange = tuple[int, int]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ChangesetColumns:
    """Columns that charts read, as arrays of one length, by ascending changeset index.

    Parameters
    ----------
    index
        Changeset index, int64, unique.
    time
        Push time in milliseconds since 1970-01-01T00:00, as local time of the time zone, int64.
    size
        File size in bytes, int64.
    flags
        ``containingChanges``, int64.
    uploaded
        Whether the file is uploaded, bool.
    code
        Position in `LABELS`, int16; with lanes (:mod:`imodels_nb.aggregate.lanes`) a number of its own for each set of
        lanes.
    """

    index: Ints
    time: Ints
    size: Ints
    flags: Ints
    uploaded: npt.NDArray[np.bool_]
    code: npt.NDArray[np.int16]

    @classmethod
    def from_frame(cls, changesets: pd.DataFrame, time_zone: str = "UTC") -> Self:
        """Read the columns of a changesets frame.

        Parameters
        ----------
        changesets
            A frame as :func:`imodels_nb.fetch_changesets` gives it, in any order; it is not changed.
        time_zone
            IANA name of the time zone.

        Returns
        -------
        ChangesetColumns
            One item for each changeset.

        Raises
        ------
        TypeError, ValueError
            If the frame or the time zone is invalid; see :func:`imodels_nb.frames.validate_changesets`.
        """
        zone = parse_time_zone(time_zone)
        rows = validate_changesets(changesets, _NEEDED)[_NEEDED]
        rows = rows if rows.index.is_monotonic_increasing else rows.sort_index()
        flags = rows["containing_changes"].to_numpy(np.int64)
        uploaded = (rows["state"] == UPLOADED).to_numpy(np.bool_)
        return cls(
            index=rows.index.to_numpy(np.int64),
            time=convert_to_local_times(rows["push_date_time"], zone).astype("datetime64[ms]").astype(np.int64),
            size=rows["file_size"].to_numpy(np.int64),
            flags=flags,
            uploaded=uploaded,
            code=_compute_codes(flags, uploaded),
        )

    def __len__(self) -> int:
        return len(self.index)

    @property
    def bounds(self) -> IndexRange:
        """First and last changeset index; (0, 0) without changesets."""
        return (int(self.index[0]), int(self.index[-1])) if len(self) else (0, 0)

    def select_range(self, index_range: IndexRange) -> Self:
        """Return the changesets of a range, both ends inclusive, as views."""
        first, last = index_range
        part = slice(np.searchsorted(self.index, first), np.searchsorted(self.index, last, side="right"))
        return type(self)(*(getattr(self, field.name)[part] for field in fields(self)))

    def with_codes(self, numbers: Ints) -> Self:
        """Return the changesets with other codes, which follow those of `LABELS`.

        Those that wait for their file keep the code of `NOT_UPLOADED`.
        """
        code = np.where(self.uploaded, len(LABELS) + numbers, LABELS.index(NOT_UPLOADED))
        return replace(self, code=code.astype(np.int16))

    def find_period(self, start: float, stop: float) -> IndexRange | None:
        """Return the first and the last index pushed in a period, or None.

        Parameters
        ----------
        start, stop
            Milliseconds of local time since 1970; `stop` is not included.
        """
        found = self.index[(self.time >= start) & (self.time < stop)]
        return (int(found[0]), int(found[-1])) if len(found) else None


def _compute_codes(flags: Ints, uploaded: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    tests = [~uploaded, flags == 0]
    codes = [LABELS.index(NOT_UPLOADED), LABELS.index(KINDS["regular"].label)]
    for code, name in enumerate(SIGNIFICANCE[:-1]):
        tests.append(flags & int(KINDS[name].flag) != 0)
        codes.append(code)
    return np.select(tests, codes, LABELS.index(OTHER)).astype(np.int16)


def read_changeset_columns(changesets: pd.DataFrame, index_range: IndexRange | None) -> ChangesetColumns:
    """Read the columns of a changesets frame, or of a range of it."""
    data = ChangesetColumns.from_frame(changesets)
    return data if index_range is None else data.select_range(parse_index_range(index_range))


def parse_index_range(value: Any, argument: str = "index_range") -> IndexRange:
    """Return a first and a last changeset index as a tuple of int.

    Parameters
    ----------
    value
        The two numbers.
    argument
        Name of the argument, for messages.

    Raises
    ------
    TypeError
        If `value` is not a tuple, list or array of whole numbers.
    ValueError
        If it does not hold two numbers, or the first is above the last.

    Examples
    --------
    >>> parse_index_range([3, np.int64(9)])
    (3, 9)
    >>> parse_index_range((9, 3))
    Traceback (most recent call last):
    ValueError: index_range should be (first, last) with first <= last, not (9, 3).
    """
    expected = f"{argument} should be two whole numbers (first, last)"
    if not isinstance(value, tuple | list | np.ndarray):
        raise TypeError(f"{expected}, not {value!r}.")
    if len(value) != 2:  # noqa: PLR2004  # a first and a last
        raise ValueError(f"{expected}, not {value!r}.")
    try:
        first, last = (_parse_int(end) for end in value)
    except TypeError:
        raise TypeError(f"{expected}, not {value!r}.") from None
    if first > last:
        raise ValueError(f"{argument} should be (first, last) with first <= last, not ({first}, {last}).")
    return first, last


def parse_count(name: str, value: Any) -> int:
    """Return a whole number above 0, or raise an error that names the argument."""
    try:
        count = _parse_int(value)
    except TypeError:
        raise TypeError(f"{name} should be a whole number above 0, not {value!r}.") from None
    if count < 1:
        raise ValueError(f"{name} should be a whole number above 0, not {count}.")
    return count


def _parse_int(value: Any) -> int:
    if isinstance(value, bool | np.bool_):
        raise TypeError  # an int by inheritance, but not meant as a number
    return operator.index(value)
