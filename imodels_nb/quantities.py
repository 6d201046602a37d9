"""Numbers as people read them: bytes in three digits, counts with separators and the right plural."""

UNITS = ("B", "kB", "MB", "GB", "TB")
"""Of bytes, each a thousand times the one before."""


def bytes_text(count: int) -> str:
    """Say a number of bytes in three digits and SI units.

    Examples
    --------
    >>> bytes_text(0), bytes_text(1_234), bytes_text(38_200_000_000)
    ('0 B', '1.23 kB', '38.2 GB')
    """
    power = min((len(str(count)) - 1) // 3, len(UNITS) - 1)
    if float(f"{count / 1000**power:.3g}") >= 1000 and power < len(UNITS) - 1:  # noqa: PLR2004  # a step of the SI
        power += 1
    return f"{float(f'{count / 1000**power:.3g}'):g} {UNITS[power]}"


def count_text(count: int, one: str, many: str = "") -> str:
    """Say how many of something there are.

    Examples
    --------
    >>> count_text(1, "changeset"), count_text(12_000, "changeset"), count_text(2, "person", "people")
    ('1 changeset', '12,000 changesets', '2 people')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def times_text(ratio: float) -> str:
    """Say how many times as much something is, without false precision.

    Examples
    --------
    >>> times_text(3.1416), times_text(20_615.8)
    ('3.1 times', '20,616 times')
    """
    return f"{ratio:.1f} times" if ratio < 10 else f"{ratio:,.0f} times"  # noqa: PLR2004  # one more digit below ten
