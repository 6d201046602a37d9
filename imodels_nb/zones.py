"""Time zones: found by name, and what a clock on the wall showed there."""

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

_OF_THE_MACHINE = "localtime"  # the same data would give other words on another machine


def zone_of(time_zone: str) -> ZoneInfo:
    """Find a time zone by its name.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    try:
        return ZoneInfo("" if time_zone == _OF_THE_MACHINE else time_zone)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(
            f"There is no time zone {time_zone!r}; give an IANA name such as 'Europe/London', or 'UTC'."
        ) from error


def wall_clock(times: pd.Series, zone: ZoneInfo) -> npt.NDArray[np.datetime64]:
    """Return what a clock on the wall of a zone showed at these times, as ``datetime64`` without a zone.

    Where clocks are put back, the hour that comes twice is one hour here.
    """
    if zone.key == "UTC":
        return times.to_numpy("datetime64[us]")
    return pd.DatetimeIndex(times).tz_convert(zone).tz_localize(None).to_numpy("datetime64[us]")
