"""How far it is, for whoever looks on."""

import sys
import time
from typing import Any, Self

import numpy as np

from imodels_nb._interactive import is_interactive
from imodels_nb._validation import format_argument

_PATIENCE = 1.0  # seconds of work before anything shows
_STEP = 0.2  # seconds between two drawings


class Progress:
    """A bar that shows after a second of work, in a notebook or a terminal; a context manager.

    Parameters
    ----------
    show
        ``True`` shows it, ``False`` does not, ``None`` when somebody seems to look on.
    unit
        What is counted, such as ``changesets``.
    scale
        Whether to write large numbers with a prefix, as one does with bytes.
    """

    def __init__(self, show: bool | None, unit: str, *, scale: bool = False) -> None:
        if show is not None and not isinstance(show, bool | np.bool_):
            raise ValueError(f"progress should be True, False or None, not {format_argument(show)}.")
        self._show = somebody_looks_on() if show is None else show
        self._unit, self._scale = unit, scale
        self._started = self._drawn = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if self._bar is not None:
            if failed is None:
                self._bar.total = self._bar.n  # else the last part, never drawn, would count as given up, in red
            self._bar.close()

    def look(self, came: int, expected: int | None, held: float) -> None:
        """Draw it anew if it is time.

        Parameters
        ----------
        came, expected
            How much there is, and how much there will be, as far as one knows.
        held
            Seconds for which the service still holds us back.
        """
        now = time.monotonic()
        if not came and not held:
            return  # nobody has signed in yet, or nothing has been answered: there is nothing to tell
        if not self._show or now - self._started < _PATIENCE or now - self._drawn < _STEP:
            return
        self._drawn = now
        if self._bar is None:
            self._bar = self._new_bar(now - self._started)
        self._bar.n, self._bar.total = came, expected
        self._bar.set_postfix_str(f"the service holds us back for {held:.0f} s" if held >= 1 else "", refresh=False)
        self._bar.refresh()

    def _new_bar(self, passed: float) -> Any:
        from tqdm.auto import tqdm  # noqa: PLC0415 - most fetches are over before anybody wants it

        bar = tqdm(
            unit=f" {self._unit}", unit_scale=self._scale, leave=False, smoothing=0, delay=_PATIENCE
        )  # no line of zeros first
        bar.start_t -= passed
        return bar


def somebody_looks_on() -> bool:
    """Tell whether output is looked at while it appears: in a notebook with a person before it, or in a terminal."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return is_interactive() if hasattr(shell, "kernel") else sys.stderr.isatty()
