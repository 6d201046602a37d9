"""Date-times as the service writes them: UTC, a Z, and as many decimals as there are, at most three."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def text_of(milliseconds: "NDArray[np.int64]") -> "Iterator[str]":
    """Write milliseconds since 1970; trailing zeros are dropped, as in ``2020-10-21T06:34:51.13Z``."""
    for text in np.datetime_as_string(milliseconds.astype("datetime64[ms]")).tolist():
        yield text.rstrip("0").rstrip(".") + "Z"


def text_of_time(seconds: float) -> str:
    """Write one moment, given in seconds since 1970."""
    return next(text_of(np.array([round(1000 * seconds)])))
