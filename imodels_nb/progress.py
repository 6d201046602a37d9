"""Progress bar of a fetch or a download."""

import sys
import time
from typing import Any, Self

import numpy as np

from imodels_nb._interactive import is_interactive
from imodels_nb._validation import format_argument

_DELAY = 1.0  # seconds of work before the bar appears
_INTERVAL = 0.2  # seconds between two updates


class Progress:
    """A progress bar that appears after a second of work; a context manager.

    Parameters
    ----------
    show
        Whether to show it. ``None`` shows it in a notebook with a user, and in a terminal.
    unit
        What is counted, such as ``changesets``.
    scale
        Whether to write large numbers with a prefix, as is usual for bytes.

    Raises
    ------
    ValueError
        If `show` is something else.
    """

    def __init__(self, show: bool | None, unit: str, *, scale: bool = False) -> None:
        if show is not None and not isinstance(show, bool | np.bool_):
            raise ValueError(f"progress should be True, False or None, not {format_argument(show)}.")
        self._show = is_output_visible() if show is None else show
        self._unit = unit
        self._scale = scale
        self._started_at = time.monotonic()
        self._updated_at = self._started_at
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error_type: object, *_: object) -> None:
        if self._bar is not None:
            if error_type is None:
                self._bar.total = self._bar.n  # an incomplete bar would turn red
            self._bar.close()

    def update(self, received: int, expected: int | None, wait: float) -> None:
        """Update the bar, if it is time.

        Parameters
        ----------
        received, expected
            Number of units so far, and in the end if that is known.
        wait
            Seconds until the next request may start.
        """
        if not received and not wait:
            return  # the user has not signed in yet, or there is no response yet
        now = time.monotonic()
        if not self._show or now - self._started_at < _DELAY or now - self._updated_at < _INTERVAL:
            return
        self._updated_at = now
        if self._bar is None:
            self._bar = self._create_bar(now - self._started_at)
        self._bar.n = received
        self._bar.total = expected
        self._bar.set_postfix_str(f"waiting {wait:.0f} s before the next request" if wait >= 1 else "", refresh=False)
        self._bar.refresh()

    def _create_bar(self, elapsed: float) -> Any:
        from tqdm.auto import tqdm  # noqa: PLC0415 - most fetches need no bar

        # Without the delay, a line of zeros would appear first.
        bar = tqdm(unit=f" {self._unit}", unit_scale=self._scale, leave=False, smoothing=0, delay=_DELAY)
        bar.start_t -= elapsed
        return bar


def is_output_visible() -> bool:
    """Return whether a user sees output as it appears, in a notebook or a terminal."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return is_interactive() if hasattr(shell, "kernel") else sys.stderr.isatty()
