"""Watching an iModel for new pushes, in a thread."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from threading import Event, Thread
from typing import Protocol
from zoneinfo import ZoneInfo

import pandas as pd

from imodels_nb._forks import register_for_fork
from imodels_nb._format import format_count
from imodels_nb._validation import format_argument, validate_guid, validate_positive
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.errors import AuthenticationError, Forbidden, IModelsError, NotFound, Unauthorized
from imodels_nb.fetch import refresh_changesets
from imodels_nb.widgets.background import wait_for_login

MIN_INTERVAL = 5.0
"""Seconds between two requests, at least."""

_MAX_BACKOFF = 600.0  # seconds
_ENDS = (AuthenticationError, Unauthorized, Forbidden, NotFound)  # another request would fail, too


class Watched(Protocol):
    """A chart that can show other changesets."""

    @property
    def changesets(self) -> pd.DataFrame:
        """The changesets that it shows."""
        ...

    @property
    def time_zone(self) -> str:
        """Time zone of its times."""
        ...

    def update(self, changesets: pd.DataFrame) -> None:
        """Show other changesets."""
        ...

    def show_status(self, text: str) -> None:
        """Show a sentence below the chart."""
        ...


class Watch:
    """Requests the new pushes of an iModel again and again, and shows them in a chart.

    Everything that changes the chart runs in the event loop of the kernel, where its traits are also set for the
    browser. Without a loop, as in plain Python, it runs in the thread.

    Parameters
    ----------
    chart
        The chart.
    client
        A client of the API; its throttle and its retries hold for these requests, too.
    imodel_id
        GUID of the iModel whose changesets the chart shows.
    every
        Seconds from the end of a request to the next one, at least 5.
    wait
        Function that waits for a number of seconds unless an event is set, and returns whether it is.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.
    """

    def __init__(
        self,
        chart: Watched,
        client: IModelsClient,
        imodel_id: str,
        every: float,
        *,
        wait: Callable[[Event, float], bool] = Event.wait,
    ) -> None:
        validate_client(client)
        self._imodel_id = validate_guid("imodel_id", imodel_id)
        self._every = validate_interval(every)
        self._chart, self._client, self._wait = chart, client, wait
        self._loop = _find_loop()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="imodels-nb-watch", daemon=True)
        register_for_fork(self)

    @property
    def is_running(self) -> bool:
        """Whether the thread requests new pushes."""
        return self._thread.is_alive() and not self._stop.is_set()

    def start(self) -> None:
        """Start the thread."""
        self._chart.show_status(f"Watching for new pushes, every {self._every:g} seconds.")
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; a request under way ends, and its response is dropped."""
        self._stop.set()

    def reset_after_fork(self) -> None:
        """Stop in a child process, which does not have the thread."""
        self._stop = Event()
        self._stop.set()

    def _run(self) -> None:
        changesets = self._chart.changesets
        failures, delay = 0, 0.0
        while not self._wait(self._stop, delay):
            try:
                wait_for_login(self._client, self._stop.is_set)
                newer = refresh_changesets(self._client, self._imodel_id, changesets)
            except _ENDS as error:
                self._end(f"{_format_sentence(error)} Then call watch() again.")
                return
            except IModelsError as error:
                failures += 1
                delay = self._compute_backoff(failures, error)
                self._show(
                    f"No response at {self._format_now()}: {_format_sentence(error)} Next try in {delay:.0f} seconds."
                )
                continue
            except Exception as error:  # noqa: BLE001 - such as at the end of Python
                self._end(f"{type(error).__name__}: {_format_sentence(error)} Call watch() again.")
                return
            if newer is not changesets:
                self._call(self._add, newer, _describe_new(changesets, newer))
            elif failures:
                self._show(f"Connected again at {self._format_now()}. Watching, every {self._every:g} seconds.")
            changesets = newer
            failures, delay = 0, self._every

    def _compute_backoff(self, failures: int, error: IModelsError) -> float:
        """Compute the wait after failures in a row.

        It doubles, up to ten minutes. It is longer only if the service asks for a longer wait.
        """
        longest = max(_MAX_BACKOFF, self._every)
        return float(max(min(self._every * 2 ** min(failures, 16), longest), error.retry_after or 0.0))

    def _add(self, changesets: pd.DataFrame, text: str) -> None:
        try:
            self._chart.update(changesets)
        except Exception as error:  # noqa: BLE001 - in the loop, or in the thread, it would only be logged
            self._end(
                f"The chart cannot show the new pushes ({type(error).__name__}). Fetch the changesets, draw a new "
                "chart, and call watch() on it."
            )
            self._stop.set()
        else:
            self._chart.show_status(f"{text} at {self._format_now()}.")

    def _end(self, text: str) -> None:
        self._show(f"Watching has ended at {self._format_now()}: {text}")

    def _show(self, text: str) -> None:
        self._call(self._chart.show_status, text)

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        """Run a function in the loop of the kernel, unless the watch was stopped."""
        if self._loop is None or not self._loop.is_running():
            self._call_if_running(function, *arguments)
            return
        with suppress(RuntimeError):  # the loop was closed: Python ends
            self._loop.call_soon_threadsafe(self._call_if_running, function, *arguments)

    def _call_if_running(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._stop.is_set():
            function(*arguments)

    def _format_now(self) -> str:
        zone = self._chart.time_zone
        return f"{datetime.now(ZoneInfo(zone)):%H:%M} {zone}"


def validate_interval(every: float) -> float:
    """Check that `every` is a number of seconds of at least 5, and return it."""
    seconds = validate_positive("every", every)
    if seconds < MIN_INTERVAL:
        raise ValueError(f"every should be at least {MIN_INTERVAL:g} seconds, not {format_argument(every)}.")
    return seconds


def _find_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs the cells; None in plain Python."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _describe_new(before: pd.DataFrame, after: pd.DataFrame) -> str:
    common = before.index.intersection(after.index)
    if "id" in before and before.loc[common, "id"].tolist() != after.loc[common, "id"].tolist():
        return "All changesets were replaced: the iModel that is watched has other ones. Check imodel_id. Fetched"
    count = len(after.index.difference(before.index))
    return format_count(count, "new push", "new pushes") if count else "Uploaded files changed"


def _format_sentence(error: Exception) -> str:
    """Return the message of an error as a sentence with a full stop."""
    text = str(error).strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
