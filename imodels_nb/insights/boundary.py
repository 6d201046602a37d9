"""The boundary: what is needed before anything is concluded, and the moment to judge from."""

import pandas as pd

NEEDED = (
    "id",
    "parent_id",
    "creator_id",
    "group_id",
    "state",
    "push_date_time",
    "file_size",
    "briefcase_id",
    "containing_changes",
)
"""The columns of the changesets frame that conclusions rest on."""

_PRESENT = ("now", "today")  # pandas reads them on the clock of the machine's own zone


def moment_of(now: object) -> pd.Timestamp:
    """Read a moment, such as ``now``, to microseconds; one without a time zone is in UTC.

    Raises
    ------
    ValueError
        If it is none.
    """
    if isinstance(now, str) and now in _PRESENT:
        return pd.Timestamp.now("UTC")
    given = str(now) if isinstance(now, int | float) else now  # pandas takes a number for nanoseconds; people do not
    try:
        moment = pd.Timestamp(given).as_unit("us")  # type: ignore[arg-type]  # what pandas cannot read it refuses
    except (TypeError, ValueError) as error:
        raise ValueError(f"now should be a moment such as '2026-01-31T12:00Z', not {now!r}.") from error
    if pd.isna(moment):
        raise ValueError("now should be a moment such as '2026-01-31T12:00Z'.")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
