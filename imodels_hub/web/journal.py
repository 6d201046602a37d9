"""The event log: one short line for each answer, holding no token, code, signature or id."""

import logging
from collections import deque

LOGGER = logging.getLogger("imodels_nb.sample")

_KEPT = 10_000


class Journal:
    """The last lines of what a hub did, also told to the ``imodels_nb.sample`` logger at level INFO."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT)

    def note(self, line: str) -> None:
        """Add a line, for example ``token slow_down``."""
        self._lines.append(line)
        LOGGER.info(line)

    def lines(self) -> list[str]:
        """Give the lines so far, the oldest first."""
        return list(self._lines)
