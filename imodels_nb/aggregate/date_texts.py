"""Dates as a person writes them, and the periods that they name.

``engine/js/date_texts.js`` reads the same texts in the browser. The examples in tests/js/dates.json hold for both.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from imodels_nb._format import MONTH_NAMES

MINUTE = 60_000
"""Milliseconds of a minute."""

DAY = 1440 * MINUTE
"""Milliseconds of a day."""

Period = tuple[int, int]
"""Start and stop in milliseconds of local time since 1970; the stop is not included."""

_EPOCH = date(1970, 1, 1).toordinal()
_MIN_YEAR = 1000  # JavaScript reads the years before 100 as those after 1900

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2})([T ].*)?)?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(
    r"(?:T| +)(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?: *(?P<offset>Z|[+-]\d{2}:?\d{2}))?)?",
    re.ASCII | re.IGNORECASE,
)
_QUARTER = re.compile(r"(\d{4})[- ]?Q([1-4])|Q([1-4]) +(\d{4})", re.ASCII | re.IGNORECASE)
_NAMED_MONTH = re.compile(r"(?:(\d{1,2})\.? +)?([a-z]{3,9})\.?(?: +(\d{4}))?", re.ASCII | re.IGNORECASE)


def parse_period(text: str, newest: float, zone: ZoneInfo) -> Period | None:
    """Return the period that a text names, or None for a text that is no date.

    Parameters
    ----------
    text
        ``2025-03``, ``2025-03-14``, ``2025-03-14 09:30``, ``2025-03-14T09:30:15.5+01:00``, ``2025Q1``, ``Q1 2025``,
        ``March 2025``, ``14 Mar 2025``, or ``March`` for the latest one.
    newest
        ``March`` is the latest one that begins before this time, in milliseconds of local time since 1970.
    zone
        The local time zone, to which a time with an offset from UTC is converted.
    """
    if found := _ISO_DATE.fullmatch(text):
        year, month, day, clock = found.groups()
        if day is None:
            return _build_months(int(year), int(month), 1)
        period = _build_day(int(year), int(month), int(day))
        return period if period is None or clock is None else _parse_clock(period[0], clock, zone)
    if found := _QUARTER.fullmatch(text):
        year, quarter = found.group(1, 2) if found[1] else found.group(4, 3)
        return _build_months(int(year), 3 * int(quarter) - 2, 3)
    if found := _NAMED_MONTH.fullmatch(text):
        day, name, year = found.groups()
        return _parse_named_month(day, name, year, newest)
    return None


def _parse_clock(midnight: int, text: str, zone: ZoneInfo) -> Period | None:
    """Return the hour, minute, second or millisecond that a time of day names."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004  # as a clock shows
        return None
    millisecond = int((found["fraction"] or "").ljust(3, "0")[:3])
    time = midnight + (60 * hour + minute) * MINUTE + 1000 * second + millisecond
    start = time if found["offset"] is None else _convert_to_local(time, found["offset"], zone)
    return None if start is None else (start, start + _find_precision(found))


def _find_precision(clock: re.Match[str]) -> int:
    if clock["fraction"] is not None:
        return 1
    if clock["second"] is not None:
        return 1000
    return 60 * MINUTE if clock["minute"] is None else MINUTE


def _convert_to_local(time: int, offset: str, zone: ZoneInfo) -> int | None:
    """Return the local time of a time that has this offset from UTC."""
    digits = "".join(filter(str.isdigit, offset)) or "0000"
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004  # as a clock shows
        return None
    utc = time - (60 * hours + minutes) * MINUTE * (-1 if offset.startswith("-") else 1)
    try:
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc)).astimezone(zone)
    except OverflowError:
        return None
    return (local.replace(tzinfo=None) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001  # local


def _parse_named_month(day: str | None, name: str, year: str | None, newest: float) -> Period | None:
    months = [month for month, full in enumerate(MONTH_NAMES, start=1) if full.lower().startswith(name.lower())]
    if not months:
        return None
    month = months[0]
    number = _find_latest_year(month, newest) if year is None else int(year)
    return _build_months(number, month, 1) if day is None else _build_day(number, month, int(day))


def _find_latest_year(month: int, newest: float) -> int:
    """Return the latest year in which a month starts no later than a time."""
    day = date.fromordinal(_EPOCH + int(newest // DAY))
    return day.year if month <= day.month else day.year - 1


def _build_months(year: int, month: int, count: int) -> Period | None:
    """Return the period of neighboring months, or None without such a month."""
    first = _build_day(year, month, 1)
    if first is None:
        return None
    days = sum(monthrange(year, later)[1] for later in range(month, month + count))
    return first[0], first[0] + DAY * days


def _build_day(year: int, month: int, day: int) -> Period | None:
    try:
        start = DAY * (date(year, month, day).toordinal() - _EPOCH)
    except ValueError:
        return None
    return (start, start + DAY) if year >= _MIN_YEAR else None
