"""Vega expressions that format sizes, numbers and times."""

import re

from imodels_nb._format import UNITS

RANGE_DASH = " – "  # noqa: RUF001  # a range has an en dash

_UNDRAWABLE = re.compile(  # characters that XML forbids, and those that change the direction of text
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
"""The first end the whole process when drawn as SVG or PNG; the second make a name look like another."""


def replace_undrawable(name: str) -> str:
    """Return a name with its undrawable characters replaced."""
    return _UNDRAWABLE.sub("\ufffd", name)


def build_bytes_expression(value: str) -> str:
    """Return the Vega expression of a size, formatted as by :func:`format_bytes`."""
    chain = f"format({value} / 1e12, '.3~r') + ' TB'"
    for power in (3, 2, 1, 0):
        edge = 0.9995 * 10 ** (3 * power + 3)
        chain = f"{value} < {edge:g} ? format({value} / 1e{3 * power}, '.3~r') + ' {UNITS[power]}' : {chain}"
    return f"({chain})"


def build_count_expression(value: str) -> str:
    """Return the Vega expression of a whole number with separators."""
    return f"format({value}, ',')"


def build_range_expression(first: str, last: str) -> str:
    """Return the Vega expression of a range, or of one index where both are the same."""
    return (
        f"{build_count_expression(first)} + ({first} == {last} ? '' : '{RANGE_DASH}' + {build_count_expression(last)})"
    )


def build_clock_expression(milliseconds: str) -> str:
    """Return the Vega expression of a local time in milliseconds since 1970."""
    return f"utcFormat({milliseconds}, '%Y-%m-%d %H:%M')"


def build_period_expression(begin: str, end: str) -> str:
    """Return the Vega expression of a period, such as "14 Mar 2024".

    Both ends are in milliseconds; the second is exclusive.
    """
    day = 86_400_000
    last = f"({end} - 1)"
    date = "'%-d %b %Y'"
    start_format = (
        f"utcyear({begin}) != utcyear({last}) ? {date} : utcmonth({begin}) != utcmonth({last}) ? '%-d %b' : '%-d'"
    )
    days = f"utcFormat({begin}, {start_format}) + '{RANGE_DASH}' + utcFormat({last}, {date})"
    hours = f"utcFormat({begin}, '%-d %b %Y %H:%M') + '{RANGE_DASH}' + utcFormat({end}, '%H:%M')"
    return f"({end} - {begin} < {day} ? {hours} : {end} - {begin} == {day} ? utcFormat({begin}, {date}) : {days})"


INTEGER_LABELS = "datum.value % 1 ? '' : format(datum.value, ',')"
"""Axis labels of a count: whole numbers only."""

CALENDAR_LABELS = (
    "[utchours(datum.value) + utcminutes(datum.value) ? utcFormat(datum.value, '%H:%M')"
    " : utcdate(datum.value) != 1 ? utcFormat(datum.value, '%-d %b') : utcFormat(datum.value, '%b'),"
    " datum.index ? (utcdayofyear(datum.value) == 1 && !utchours(datum.value) && !utcminutes(datum.value)"
    " ? utcFormat(datum.value, '%Y') : '')"
    " : utchours(datum.value) + utcminutes(datum.value) ? utcFormat(datum.value, '%-d %b %Y')"
    " : utcFormat(datum.value, '%Y')]"
)
"""Axis labels of a time: the unit of the tick, and a second line at the first tick and at new years."""
