"""Fetches that are interrupted: all threads end, and no request follows."""

import signal
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from threading import Timer

import pytest

from imodels_hub import Hub, Response, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.auth import AccessToken, StaticTokenCredential
from imodels_nb.fetch import fetch_changeset, fetch_changesets, fetch_named_versions, fetch_users

pytestmark = pytest.mark.usefixtures("interruptible")

RESPONSE_TAKES = 30  # seconds: whoever waits for an response waits much longer than the test looks on
SOON = 5


def _workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("imodels_nb-")]


def _wait_until_gone() -> None:
    deadline = time.monotonic() + SOON
    while _workers() and time.monotonic() < deadline:
        time.sleep(0.01)


def _interrupt(seconds: float) -> None:
    Timer(seconds, signal.raise_signal, [signal.SIGINT]).start()


def test_ctrl_c_ends_a_slow_fetch() -> None:
    with (
        Hub(generate_project(50), latency_ms=1000 * RESPONSE_TAKES) as hub,
        IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client,
    ):
        started = time.monotonic()
        _interrupt(0.3)
        with pytest.raises(KeyboardInterrupt):
            fetch_changesets(client, hub.imodel_id)
        _wait_until_gone()
        assert not _workers()
        assert time.monotonic() - started < RESPONSE_TAKES / 2


def test_ctrl_c_ends_a_fetch_during_a_hold(hub: Hub, client: IModelsClient) -> None:
    hub.inject(lambda _: Response(429, b"", {"Retry-After": str(RESPONSE_TAKES)}))
    before = len(hub.log)
    _interrupt(0.3)
    with pytest.raises(KeyboardInterrupt):
        fetch_changesets(client, hub.imodel_id)
    _wait_until_gone()
    assert not _workers()
    assert len(hub.log) - before == 1


def test_client_fetches_again_after_ctrl_c(hub: Hub, client: IModelsClient) -> None:
    def interrupt(response: Response) -> Response:
        signal.raise_signal(signal.SIGINT)
        return response

    hub.inject(interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch_changesets(client, hub.imodel_id)
    assert len(fetch_changesets(client, hub.imodel_id)) > 2_000


def test_workers_end_with_the_fetch(hub: Hub, client: IModelsClient) -> None:
    fetch_changesets(client, hub.imodel_id)
    _wait_until_gone()
    assert not _workers()


def test_sign_in_runs_in_the_main_thread(hub: Hub) -> None:
    class Slow:
        def get_token(self, *_: str, **__: object) -> AccessToken:
            asked_in.append(threading.current_thread())
            return AccessToken(hub.token)

    asked_in: list[threading.Thread] = []
    with IModelsClient(Slow(), base_url=hub.base_url) as client:
        fetch_changesets(client, hub.imodel_id)
    assert asked_in[0] is threading.main_thread()


@pytest.mark.parametrize(
    "fetch", [fetch_users, fetch_named_versions, partial(fetch_changeset, id_or_index=7)], ids=["users", "list", "one"]
)
def test_ctrl_c_shows_no_token(fetch: Callable[..., object]) -> None:
    with (
        Hub(generate_project(50), latency_ms=1000 * RESPONSE_TAKES) as hub,
        IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client,
    ):
        _interrupt(0.3)
        with pytest.raises(KeyboardInterrupt) as caught:
            fetch(client, hub.imodel_id)
        frames = traceback.TracebackException(caught.type, caught.value, caught.tb, capture_locals=True).format()
        assert hub.token not in "".join(frames)
        _wait_until_gone()
        assert not _workers()
