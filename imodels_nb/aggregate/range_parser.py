"""Parser of ranges given in code: by index, date, named version or slice."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._timezones import parse_time_zone
from imodels_nb._validation import format_argument
from imodels_nb.aggregate.columns import ChangesetColumns, IndexRange, parse_index_range
from imodels_nb.aggregate.date_texts import DAY, parse_period
from imodels_nb.frames import describe_version_names, find_version_index, read_version_names

_EXPECTED = "two whole numbers (first, last), dates or names of versions, or a slice of these"
_EXPECTED_TIMES = "two dates (first, last), one date, or a slice of dates"
_EXPECTED_DAY = "a changeset index, a day or the name of a version"
_EXPECTED_POINT = "a changeset index, a date, the name of a version, or a range of these"
_DAYS = "'2025-03-14' or '14 March 2025'"
_DATES = "'2025-03-14', 'March 2025' or '2025Q1'"
_NO_LIMIT = float("inf")


class RangeParser:
    """Parser of a range with indexes, dates or names of versions.

    Parameters
    ----------
    data
        All changesets, by local time of `time_zone`.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, or None.
    time_zone
        IANA name of the time zone of dates without one.
    """

    def __init__(self, data: ChangesetColumns, named_versions: pd.DataFrame | None, time_zone: str) -> None:
        self._data = data
        self._zone = parse_time_zone(time_zone)
        self._names = read_version_names(named_versions)

    def parse(self, value: Any, argument: str = "index_range") -> IndexRange:
        """Return a range of changeset indexes.

        Parameters
        ----------
        value
            A pair or a slice of ends. An end is an index, a date or the name of a version. In a slice, an end may be
            left out. One date alone is the range of its day, month or quarter, one name alone that changeset.
        argument
            Name of the argument, for messages.

        Raises
        ------
        TypeError, ValueError
            If `value` is not a range; the message names it.
        """
        ends = (value, value) if isinstance(value, str) else _split_ends(value, argument, _EXPECTED)
        first, last = (self._parse_digits(end, argument) for end in ends)
        if not (_is_date_or_name(first) or _is_date_or_name(last) or isinstance(value, slice)):
            return parse_index_range((first, last), argument)
        period = self._find_period(first, last, argument)
        found = (self._find_index(first, 0, period, argument), self._find_index(last, 1, period, argument))
        return parse_index_range(found, argument)

    def parse_point(self, value: Any, argument: str = "index_range") -> int | None:
        """Return the changeset index of a point in the history, or None for a range.

        Parameters
        ----------
        value
            A point is an index, the name of a version, or a date of at most one day: the last changeset that was
            pushed until its end, or 0 before the first push. Longer dates, pairs and slices are ranges.
        argument
            Name of the argument, for messages.

        Raises
        ------
        TypeError, ValueError
            If `value` is neither a point nor a range.
        """
        return self._find_point(value, argument, _EXPECTED_POINT, _DATES)

    def parse_day(self, value: Any, argument: str = "index_range") -> int:
        """Return the changeset index of a point in the history, as `parse_point` does.

        Raises
        ------
        TypeError, ValueError
            If `value` is not a point: a range, or a date of more than one day.
        """
        index = self._find_point(value, argument, _EXPECTED_DAY, _DAYS)
        if index is None:
            raise ValueError(
                f"{format_argument(value)} is a period; give one day, such as {_DAYS}: it stands for the last"
                " changeset until its end."
            )
        return index

    def parse_times(self, value: Any, argument: str = "time_range") -> IndexRange:
        """Return the changesets of a period: a pair or a slice of dates, or one date.

        Raises
        ------
        TypeError, ValueError
            If `value` holds anything but dates, or no changeset was pushed in that time.
        """
        ends = _split_ends(value, argument, _EXPECTED_TIMES)
        for end in ends:
            if end is not None and self._parse_period(end, argument) is None:
                raise TypeError(f"{argument} should be {_EXPECTED_TIMES}, not {format_argument(value)}.")
        period = self._find_period(*ends, argument)
        if period is None:
            raise ValueError(f"There are no changesets, so there is no {argument}.")
        return period

    def _find_point(self, value: Any, argument: str, expected: str, examples: str) -> int | None:
        if isinstance(value, slice | tuple | list | np.ndarray):
            return None
        if (index := self._find_version(value, argument)) is not None:
            return index
        if not _is_date_or_name(value):
            return _parse_index(value, argument, expected)
        if (period := self._parse_period(value, argument)) is None:
            raise ValueError(self._describe_unknown(value, argument, examples))
        if period[1] - period[0] > DAY:
            return None
        before = self._data.index[self._data.time < period[1]]
        return int(before[-1]) if len(before) else 0

    def _find_period(self, first: Any, last: Any, argument: str) -> IndexRange | None:
        """Return the changesets between two dates; an end that is not a date is no limit."""
        starts, stops = (self._parse_period(end, argument) for end in (first, last))
        start = starts[0] if starts else -_NO_LIMIT
        stop = stops[1] if stops else _NO_LIMIT
        if start >= stop:
            raise ValueError(f"{argument} should be (first, last) with first <= last, not ({first!r}, {last!r}).")
        found = self._data.find_period(start, stop)
        if found is None and len(self._data):
            newest = pd.Timestamp(int(self._data.time.max()), unit="ms")
            oldest = pd.Timestamp(int(self._data.time.min()), unit="ms")
            raise ValueError(
                f"No changeset was pushed from {first!r} to {last!r}. Give dates between {oldest:%Y-%m-%d} and "
                f"{newest:%Y-%m-%d}."
            )
        return found

    def _find_index(self, end: Any, side: int, period: IndexRange | None, argument: str) -> Any:
        """Return the index of one end of a range: 0 is the first, 1 is the last."""
        if end is None:
            return self._data.bounds[side]
        if not _is_date_or_name(end):
            return end
        if (index := self._find_version(end, argument)) is not None:
            return index
        if self._parse_period(end, argument) is None:
            raise ValueError(self._describe_unknown(end, argument))
        return (period or self._data.bounds)[side]

    def _parse_digits(self, end: Any, argument: str) -> Any:
        """Return the index of a version whose name is a number, or any other end."""
        if not isinstance(end, str) or _is_date_or_name(end):
            return end
        if (index := self._find_version(end, argument)) is None:
            raise TypeError(
                f"{argument} should be {_EXPECTED}, not {format_argument(end)}. An index has no quotation marks; a date"
                f" is {_DATES}."
            )
        return index

    def _find_version(self, name: Any, argument: str) -> int | None:
        return find_version_index(self._names, name, argument) if isinstance(name, str) else None

    def _parse_period(self, end: Any, argument: str) -> tuple[float, float] | None:
        """Return start and stop of a date in milliseconds of local time, or None."""
        if isinstance(end, str):
            return None if self._find_version(end, argument) is not None else self._parse_text(end)
        if isinstance(end, date | np.datetime64) and pd.isna(end):
            return None
        if isinstance(end, datetime | np.datetime64):
            return self._parse_moment(end)
        return self._parse_text(end.isoformat()) if isinstance(end, date) else None

    def _parse_text(self, text: str) -> tuple[float, float] | None:
        newest = self._data.time.max() if len(self._data) else 0
        return parse_period(text.strip(), newest, self._zone)

    def _parse_moment(self, end: Any) -> tuple[float, float] | None:
        try:
            moment = pd.Timestamp(end)
            local = moment.tz_convert(self._zone).tz_localize(None) if moment.tzinfo else moment
            return local.value / 1e6, local.value / 1e6 + 1
        except (ValueError, OverflowError):
            return None

    def _describe_unknown(self, end: Any, argument: str, examples: str = _DATES) -> str:
        hint = f" {describe_version_names(self._names, end)}" if len(self._names) else ""
        return (
            f"{argument}: {format_argument(end)} is neither a date nor a named version. Give a date such as "
            f"{examples}.{hint}"
        )


def _split_ends(value: Any, argument: str, expected: str) -> tuple[Any, Any]:
    """Return both ends of a range; a single date or name is both."""
    if isinstance(value, slice):
        if value.step is not None:
            raise ValueError(f"{argument} should be {expected}; a slice has no step, not {value!r}.")
        return value.start, value.stop
    if _is_date_or_name(value):
        return value, value
    is_sequence = isinstance(value, tuple | list | np.ndarray)
    if is_sequence and len(value) == 2:  # noqa: PLR2004  # a first and a last
        return value[0], value[1]
    raise (ValueError if is_sequence else TypeError)(f"{argument} should be {expected}, not {format_argument(value)}.")


def _parse_index(value: Any, argument: str, expected: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{argument} should be {expected}, not {format_argument(value)}.")
    if value < 0:
        raise ValueError(f"{argument} should be {expected}; an index is at least 0, not {value}.")
    return int(value)


def _is_date_or_name(end: Any) -> bool:
    """Return whether an end is a date or may be a name; digits may be an index."""
    return (isinstance(end, str) and not end.strip().isdecimal()) or (
        isinstance(end, date | np.datetime64) and not pd.isna(end)
    )
