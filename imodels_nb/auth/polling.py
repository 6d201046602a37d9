"""How to ask again and again without being a nuisance, and how to stop at once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from imodels_nb.errors import IModelsError

_LONGEST_BACK_OFF = 30.0  # seconds

T = TypeVar("T")


class Clock:
    """Time as a sign-in sees it."""

    def now(self) -> float:
        """Seconds on a clock that never jumps."""
        return time.monotonic()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait that long, or until `event` is set; return whether it is."""
        return event.wait(seconds)


@dataclass(frozen=True)
class Poll:
    """A question that is put until it is answered, as RFC 8628 section 3.5 has it.

    Parameters
    ----------
    clock
        Paces it.
    stop
        Ends it at once when set.
    on_trouble
        Told each time what went wrong, or None when nothing did.
    """

    clock: Clock
    stop: Event
    on_trouble: Callable[[IModelsError | None], None]

    def ask(
        self,
        question: Callable[[], T],
        *,
        seconds: float,
        interval: Callable[[], float],
        transient: tuple[type[IModelsError], ...],
    ) -> T | None:
        """Put the question until its answer is true.

        Parameters
        ----------
        question
            Returns something true for an answer, something false for "not yet".
        seconds
            When to give up.
        interval
            Seconds from one question to the next; each trouble in a row makes it longer.
        transient
            Errors that are worth another question; all others are raised.

        Returns
        -------
        object
            The answer, or None when time ran out or `stop` was set.
        """
        deadline = self.clock.now() + seconds
        back_off = 0.0
        while (left := deadline - self.clock.now()) > 0:
            trouble = None
            try:
                if answer := question():
                    return answer
            except transient as error:
                trouble = error
            self.on_trouble(trouble)
            back_off = _longer(back_off, trouble)
            if self.clock.wait(self.stop, min(left, interval() + back_off)):
                return None
        return None


def _longer(back_off: float, trouble: IModelsError | None) -> float:
    if trouble is None:
        return 0.0
    return max(min(_LONGEST_BACK_OFF, max(1.0, 2 * back_off)), trouble.retry_after or 0.0)
