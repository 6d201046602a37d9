"""Fetches under each fault of the hub: complete results, or errors with the cause."""

from collections.abc import Iterator

import pandas as pd
import pytest

from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient, throttle
from imodels_nb.auth import AccessToken
from imodels_nb.errors import (
    Forbidden,
    HTTPStatusError,
    IModelsError,
    IncompleteTimeline,
    InvalidRequest,
    NotFound,
    ServerError,
    Unauthorized,
    UnexpectedResponse,
)
from imodels_nb.fetch import fetch_changesets
from imodels_nb.sample import FAULTS

OF_SIGN_IN = {"oauth-error"}
OF_LIMITS = {"endless-body", "endless-continue", "endless-list"}  # tried where the limits are
OF_VALUES = {"lone-surrogate", "control-characters", "impossible-date", "huge-number"}  # tried where values are read
OF_TRANSPORT = {"early-hints", "gzip-members"}  # tried where bodies are read
PASSING = [
    "latency:ms=30",
    "too-many-requests:retry_after=0",
    "too-many-requests:retry_after=0,as_date=1",
    "too-many-requests:retry_after=0,remaining=1",
    "server-error:status=500",
    "server-error:status=503,times=3",
    "html:status=502",
    "expired-token",
    "flat-error:status=401",
    "empty-error:status=502",
    "reset:at=0",
    "reset:at=100",
    "truncated-gzip",
    "slow-bytes:ms=0",
    "gzip-bomb:megabytes=3",
    "foreign-next",
    "foreign-next:times=0",
    "looping-next:times=0",
    "missing-rows",
    "missing-rows:at=300,count=20",
]
LASTING: list[tuple[str, type[IModelsError], str]] = [
    ("server-error:status=500,times=0", ServerError, "Try again later"),
    ("server-error:status=403", Forbidden, "imodels_webview"),
    ("server-error:status=404", NotFound, "member of the iTwin"),
    ("html", UnexpectedResponse, "A proxy may have responded instead"),
    ("html:status=302", HTTPStatusError, "redirects are not followed"),
    ("expired-token:times=0", Unauthorized, "Sign in again"),
    ("flat-error:status=401,times=0", Unauthorized, "missing subscription key"),
    ("flat-error:status=422", InvalidRequest, "Check the arguments"),
    ("unknown-client:times=0", Unauthorized, "not known to the platform"),
    ("hostile-error", InvalidRequest, "Check the arguments"),
    ("short-body", UnexpectedResponse, "JSON"),
    ("empty-error:status=404", NotFound, "Check the id"),
    ("missing-field", UnexpectedResponse, r"\$.changesets\[0\] has no 'id'"),
    ("missing-field:field=pushDateTime", UnexpectedResponse, "has no 'pushDateTime'"),
    (
        "wrong-type",
        UnexpectedResponse,
        r"\$.changesets\[0\].index should be a whole number, but is a string of 4 characters",
    ),
    ("wrong-type:field=id", UnexpectedResponse, r"\$.changesets\[0\].id should be a string, but is 7"),
    ("missing-rows:times=0", IncompleteTimeline, "breaks between changesets"),
]
MOVING = ["pushes:count=30,times=0", "gaps:times=0", "waiting-for-file:times=0", "rolled-back", "rolled-back:count=800"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.001)


@pytest.fixture
def client(hub: Hub) -> Iterator[IModelsClient]:
    """Return a client whose token can be renewed."""
    with IModelsClient(Renewing(hub), base_url=hub.base_url) as client:
        yield client
    hub.clear_faults()


class Renewing:
    def __init__(self, hub: Hub) -> None:
        self._hub, self._token = hub, hub.issue_token()

    def get_token(self, *_: str, force_refresh: bool = False) -> AccessToken:
        self._token = self._hub.issue_token() if force_refresh else self._token
        return AccessToken(self._token)


@pytest.fixture(scope="module")
def sound(running_hub: Hub) -> pd.DataFrame:
    with IModelsClient(Renewing(running_hub), base_url=running_hub.base_url) as client:
        return fetch_changesets(client, running_hub.imodel_id)


def test_all_faults_are_tested() -> None:
    tried = {fault.partition(":")[0] for fault in (*PASSING, *(fault for fault, *_ in LASTING), *MOVING)}
    assert tried == set(FAULTS) - OF_SIGN_IN - OF_LIMITS - OF_VALUES - OF_TRANSPORT


@pytest.mark.slow
@pytest.mark.parametrize("after", range(3), ids="page {}".format)
@pytest.mark.parametrize("fault", PASSING)
def test_temporary_fault_changes_nothing(
    hub: Hub, client: IModelsClient, sound: pd.DataFrame, fault: str, after: int
) -> None:
    hub.inject(f"{fault}{',' if ':' in fault else ':'}after={after}")
    pd.testing.assert_frame_equal(fetch_changesets(client, hub.imodel_id), sound)


@pytest.mark.slow
@pytest.mark.parametrize("after", range(3), ids="page {}".format)
@pytest.mark.parametrize(("fault", "kind", "said"), LASTING, ids=[fault for fault, *_ in LASTING])
def test_lasting_fault_is_raised(fault: str, kind: type[IModelsError], said: str, *, after: int) -> None:
    with (
        Hub(generate_project(2_345)) as hub,
        IModelsClient(Renewing(hub), base_url=hub.base_url) as client,
    ):
        hub.inject(f"{fault}{',' if ':' in fault else ':'}after={after}")
        with pytest.raises(kind, match=said) as caught:
            fetch_changesets(client, hub.imodel_id)
        assert type(caught.value) is kind


@pytest.mark.slow
@pytest.mark.parametrize("cached", [False, True], ids=["fresh", "kept"])
@pytest.mark.parametrize("fault", MOVING)
def test_moving_timeline_is_consistent(fault: str, cached: bool, tmp_path: object) -> None:
    with Hub(generate_project(2_345)) as hub, IModelsClient(Renewing(hub), base_url=hub.base_url) as client:
        before = fetch_changesets(client, hub.imodel_id, cache=tmp_path if cached else False)
        hub.inject(fault)
        moved = fetch_changesets(client, hub.imodel_id, cache=tmp_path if cached else False)
        hub.clear_faults()
        after = fetch_changesets(client, hub.imodel_id)
        again = fetch_changesets(client, hub.imodel_id, cache=tmp_path if cached else False)
    assert moved["id"].tolist()[:2_345] == before["id"].tolist()
    assert moved["parent_id"].tolist()[1:] == moved["id"].tolist()[:-1]
    pd.testing.assert_frame_equal(again, after)


def test_first_row_of_an_older_page_is_fetched_again(hub: Hub, client: IModelsClient, sound: pd.DataFrame) -> None:
    hub.inject("missing-rows:at=0,after=1,times=2")
    pd.testing.assert_frame_equal(fetch_changesets(client, hub.imodel_id), sound)


def test_rollback_during_a_fetch_is_an_error() -> None:
    with Hub(generate_project(2_345)) as hub, IModelsClient(Renewing(hub), base_url=hub.base_url) as client:
        hub.inject("rolled-back:count=1500")
        with pytest.raises(IncompleteTimeline, match="breaks between changesets 855 and 1347"):
            fetch_changesets(client, hub.imodel_id)
        assert sum("/changesets" in line for line in hub.log) == 3 + 1
