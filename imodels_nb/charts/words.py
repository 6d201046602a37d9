"""What charts say: sizes, numbers and times, in Python and as Vega expressions that say the same."""

import re

from imodels_nb._format import UNITS

TO = " – "  # noqa: RUF001  # a range is set with an en dash

_UNDRAWABLE = re.compile(  # what XML has no place for, and what turns the direction of the text around it
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)
"""Drawn as SVG or PNG, the first would end the whole process, and the second let a name pose as another."""


def drawable(name: str) -> str:
    """Return a name as it can be drawn."""
    return _UNDRAWABLE.sub("\ufffd", name)


def bytes_expr(value: str) -> str:
    """Return the Vega expression that says the bytes of `value` as :func:`format_bytes` does."""
    chain = f"format({value} / 1e12, '.3~r') + ' TB'"
    for power in (3, 2, 1, 0):
        edge = 0.9995 * 10 ** (3 * power + 3)
        chain = f"{value} < {edge:g} ? format({value} / 1e{3 * power}, '.3~r') + ' {UNITS[power]}' : {chain}"
    return f"({chain})"


def count_expr(value: str) -> str:
    """Return the Vega expression that says a whole number with separators."""
    return f"format({value}, ',')"


def span_expr(first: str, last: str) -> str:
    """Return the Vega expression that says two changeset indices, or the one that both are."""
    return f"{count_expr(first)} + ({first} == {last} ? '' : '{TO}' + {count_expr(last)})"


def clock_text(milliseconds: str) -> str:
    """Return the Vega expression that says what a clock shows, of milliseconds since 1970-01-01T00:00 on it."""
    return f"utcFormat({milliseconds}, '%Y-%m-%d %H:%M')"


WHOLE = "datum.value % 1 ? '' : format(datum.value, ',')"
"""Axis labels of a count: whole numbers only."""

CALENDAR = (
    "[utchours(datum.value) + utcminutes(datum.value) ? utcFormat(datum.value, '%H:%M')"
    " : utcdate(datum.value) != 1 ? utcFormat(datum.value, '%-d %b') : utcFormat(datum.value, '%b'),"
    " datum.index ? (utcdayofyear(datum.value) == 1 && !utchours(datum.value) && !utcminutes(datum.value)"
    " ? utcFormat(datum.value, '%Y') : '')"
    " : utchours(datum.value) + utcminutes(datum.value) ? utcFormat(datum.value, '%-d %b %Y')"
    " : utcFormat(datum.value, '%Y')]"
)
"""Axis labels of a time: the unit of the tick, and below it what it belongs to, at the first tick and at new years."""
