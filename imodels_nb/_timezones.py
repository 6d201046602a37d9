"""Time zones by name, and conversion of times to local time."""

from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

_MACHINE_ZONE = "localtime"  # refused: the same data would give another result on another machine


def parse_time_zone(time_zone: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises
    ------
    ValueError
        If no time zone has that name.
    """
    try:
        if not isinstance(time_zone, str) or time_zone == _MACHINE_ZONE:
            raise ValueError(time_zone)  # noqa: TRY301 - one error for every wrong zone
        return ZoneInfo(time_zone)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(
            f"There is no time zone {time_zone!r}; give an IANA name such as 'Europe/London', or 'UTC'."
        ) from error


def convert_to_local_times(times: pd.Series, zone: ZoneInfo) -> npt.NDArray[np.datetime64]:
    """Convert times to the local time of a zone, as ``datetime64`` without a zone.

    When clocks are set back, the repeated hour is one hour here.
    """
    if zone.key == "UTC":
        return times.to_numpy("datetime64[us]")
    return pd.DatetimeIndex(times).tz_convert(zone).tz_localize(None).to_numpy("datetime64[us]")
