"""Retries of failed requests and of expired tokens."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from imodels_hub import Hub, Response, generate_project
from imodels_nb.api import IModelsClient, throttle
from imodels_nb.api.http_errors import build_http_error
from imodels_nb.auth import AccessToken, StaticTokenCredential
from imodels_nb.errors import IModelsError, Unauthorized
from imodels_nb.fetch import fetch_changesets, fetch_named_versions

Fault = Callable[[Response], Response]


def _says(status: int, **headers: str) -> Fault:
    return lambda _: Response(status, b"", {name.replace("_", "-"): value for name, value in headers.items()})


def _cut_short(response: Response) -> Response:
    return replace(response, cut_after=40)


def _truncated_gzip(response: Response) -> Response:
    packed = response.compressed()
    return replace(packed, body=packed.body[:-20])


def _requests(hub: Hub) -> int:
    return sum(line.startswith("GET /imodels/…/changesets") for line in hub.log)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.001)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "faults",
    [
        [_says(500)] * 3,
        [_says(503)] * 4,
        [_says(502), _says(504)],
        [_says(503, Retry_After="0")],
        [_says(429, Retry_After="0")] * 4,
        [_says(429, Retry_After=format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True))],
        [_cut_short] * 2,
        [_truncated_gzip] * 2,
        [lambda response: replace(response, cut_after=0)],
    ],
    ids=["500", "503", "502 504", "503 asked", "429", "429 date", "reset mid-body", "truncated gzip", "empty response"],
)
def test_temporary_failure_is_retried(hub: Hub, client: IModelsClient, faults: list[Fault]) -> None:
    sound = fetch_changesets(client, hub.imodel_id)
    before = _requests(hub)
    hub.inject(*faults)
    assert fetch_changesets(client, hub.imodel_id).equals(sound)
    assert _requests(hub) - before == 3 + len(faults)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("fault", "is_limited"), [(_cut_short, False), (_says(503), False), (_says(429), True)])
def test_only_a_429_limits_the_rate(hub: Hub, client: IModelsClient, fault: Fault, is_limited: bool) -> None:
    hub.inject(*[lambda response: response] * 20, fault)
    for _ in range(22):
        fetch_named_versions(client, hub.imodel_id)
    delays = []
    for _ in range(1000):
        client.throttle.controller.record_start(now := time.monotonic())
        delays.append(client.throttle.controller.compute_delay(now, under_way=0))
    assert any(delays) is is_limited


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("status", "tries"), [(404, 1), (422, 1), (403, 1), (501, 1), (503, 5), (429, 5)])
def test_lasting_failure_is_raised(hub: Hub, client: IModelsClient, status: int, tries: int) -> None:
    before = _requests(hub)
    hub.inject(*[_says(status)] * 9)
    with pytest.raises(IModelsError) as caught:
        fetch_changesets(client, hub.imodel_id)
    assert caught.value.status_code == status
    assert _requests(hub) - before == tries


def test_html_page_is_not_retried(hub: Hub, client: IModelsClient) -> None:
    before = _requests(hub)
    hub.inject(lambda _: Response(200, b"<html>Sign in to the guest network</html>"))
    with pytest.raises(IModelsError, match="A proxy may have responded instead"):
        fetch_changesets(client, hub.imodel_id)
    assert _requests(hub) - before == 1


class Expiring:
    """A credential whose token the hub accepts only so many times; renewed on demand."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self.renewed, self._token = hub, 0, "expired"

    def expire(self, response: Response) -> Response:
        """Revoke the token while the response is under way."""
        self._hub.token = f"token-{self.renewed + 1}"
        return response

    def get_token(self, *_: str, force_refresh: bool = False) -> AccessToken:
        if force_refresh:
            self.renewed += 1
            self._token = self._hub.token
        return AccessToken(self._token)


def test_threads_refresh_an_expired_token_once() -> None:
    with Hub(generate_project(12_000)) as hub:
        credential = Expiring(hub)
        with IModelsClient(credential, base_url=hub.base_url) as client:
            hub.inject(*[lambda response: response, credential.expire])
            frame = fetch_changesets(client, hub.imodel_id)
    assert credential.renewed == 2  # once for the first page, once for the eight that followed
    assert len(frame) == 12_000


def test_token_without_refresh_ends_the_fetch(hub: Hub) -> None:
    before = len(hub.log)
    with IModelsClient(StaticTokenCredential("wrong"), base_url=hub.base_url) as client, pytest.raises(Unauthorized):
        fetch_changesets(client, hub.imodel_id)
    assert len(hub.log) - before == 1


@pytest.mark.slow
def test_limited_service_seldom_rejects() -> None:
    with (
        Hub(generate_project(12_000), rate_limit=4) as hub,
        IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client,
    ):
        started = time.monotonic()
        frame = fetch_changesets(client, hub.imodel_id)
        seconds = time.monotonic() - started
        refused = sum(line.endswith(" 429") for line in hub.log)
    assert len(frame) == 12_000
    assert refused <= 8 + 4 + 2 + 1
    assert refused > 0 or seconds > 12 / 4  # a busy machine sends fewer requests than the limit allows


@pytest.mark.parametrize("workers", [0, -1, 65, 1.5, True, "8"])
def test_invalid_number_of_workers_is_refused(workers: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 64"):
        IModelsClient(StaticTokenCredential("t"), max_workers=workers)


def test_all_requests_are_get(hub: Hub, client: IModelsClient) -> None:
    fetch_changesets(client, hub.imodel_id)
    assert {line.split()[0] for line in hub.log} == {"GET"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("700", "Wait 700 s before"),
        ("7300", "Wait 3 hours before"),
        ("864000", "Wait 10 days before"),
        ("999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
    ],
)
def test_wait_is_formatted_for_people(header: str, expected: str | None) -> None:
    failure = build_http_error(429, {"Retry-After": header}, b"", secret="", permission="")
    assert (expected or "used up for now.") in str(failure)
    assert ("Wait" in str(failure)) is (expected is not None)
