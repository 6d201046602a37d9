"""Format numbers for people: bytes, counts and ratios; name months; order texts."""

import re

UNITS = ("B", "kB", "MB", "GB", "TB")
"""SI units of bytes; each is 1000 times the one before."""

MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""English names of the months; Python's own depend on the locale."""


def format_bytes(count: int) -> str:
    """Format a number of bytes with three digits and an SI unit.

    Examples
    --------
    >>> format_bytes(0), format_bytes(1_234), format_bytes(38_200_000_000)
    ('0 B', '1.23 kB', '38.2 GB')
    """
    power = min((len(str(count)) - 1) // 3, len(UNITS) - 1)
    if float(f"{count / 1000**power:.3g}") >= 1000 and power < len(UNITS) - 1:  # noqa: PLR2004  # 1000 B is 1 kB
        power += 1
    return f"{float(f'{count / 1000**power:.3g}'):g} {UNITS[power]}"


def format_count(count: int, one: str, many: str = "") -> str:
    """Format a count with thousands separators and the right plural.

    Examples
    --------
    >>> format_count(1, "changeset"), format_count(12_000, "changeset"), format_count(2, "person", "people")
    ('1 changeset', '12,000 changesets', '2 people')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def format_ratio(ratio: float) -> str:
    """Format a ratio, with one decimal below ten.

    Examples
    --------
    >>> format_ratio(3.1416), format_ratio(20_615.8)
    ('3.1 times', '20,616 times')
    """
    return f"{ratio:.1f} times" if ratio < 10 else f"{ratio:,.0f} times"  # noqa: PLR2004  # one more digit below ten


def sort_key(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers in texts by value: "part 2" before "part 10".

    Examples
    --------
    >>> sorted(["part 10", "Part 2", "intro"], key=sort_key)
    ['intro', 'Part 2', 'part 10']
    """
    parts = re.split(r"([0-9]{1,18})", text.casefold())
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in parts]


def format_number(count: int) -> str:
    """Format a small number as a word, as in running text.

    Examples
    --------
    >>> format_number(3), format_number(12)
    ('three', '12')
    """
    return _WORDS[count] if 0 <= count < len(_WORDS) else f"{count:,}"


_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
