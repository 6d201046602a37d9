"""Every fault of the sample hub, in files, lists, single rows, users, portfolios."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest

from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient, throttle
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.download import download_changesets
from imodels_nb.errors import IModelsError
from imodels_nb.fetch import (
    fetch_changeset,
    fetch_extended_data,
    fetch_locks,
    fetch_named_versions,
    fetch_permissions,
    fetch_portfolio,
    fetch_users,
)
from imodels_nb.sample import FAULTS

LIMIT = 60  # seconds of one call; a call that hangs never ends
OF_TIMELINE = {"pushes", "gaps", "waiting-for-file", "rolled-back", "expired-token"}  # they change the hub itself
OF_TEXTS = {"lone-surrogate", "control-characters", "impossible-date"}  # their values differ, with a warning
UNSEEN = {
    ("missing-rows", call) for call in ("list", "users", "locks", "extended data")
}  # nothing in these lists says how long they are
EFFECTS = [fault for fault in FAULTS if fault not in OF_TIMELINE]

Call = Callable[[Hub, IModelsClient, Path], Any]


def _download(hub: Hub, client: IModelsClient, folder: Path) -> dict[str, bytes]:
    download_changesets(client, hub.imodel_id, range(1, 4), folder)
    return {file.name: file.read_bytes() for file in sorted(folder.glob("*.cs"))}


CALLS: dict[str, tuple[str, Call]] = {
    "files": ("/blobs", _download),
    "records": ("/changesets/", _download),
    "list": ("/namedversions", lambda hub, client, _: fetch_named_versions(client, hub.imodel_id)),
    "row": ("/changesets/", lambda hub, client, _: fetch_changeset(client, hub.imodel_id, 7)),
    "users": ("/users", lambda hub, client, _: fetch_users(client, hub.imodel_id, personal=True)),
    "locks": ("/locks", lambda hub, client, _: fetch_locks(client, hub.imodel_id)),
    "permissions": ("/permissions", lambda hub, client, _: fetch_permissions(client, hub.imodel_id)),
    "extended data": ("/extendeddata", lambda hub, client, _: fetch_extended_data(client, hub.imodel_id)),
    "portfolio": ("/changesets", lambda hub, client, _: fetch_portfolio(client, [hub.imodel_id])),
}


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    with Hub(generate_project(120)) as hub:
        yield hub


@pytest.fixture(scope="module")
def expected_texts(running_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    with _client(running_hub) as client:
        return {
            name: _format(call(running_hub, client, tmp_path_factory.mktemp(name))) for name, (_, call) in CALLS.items()
        }


def _client(hub: Hub) -> IModelsClient:
    return IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url, timeout=3)


def _format(result: Any) -> str:
    if isinstance(result, tuple):
        return "".join(map(_format, result))
    return result.to_csv() if isinstance(result, pd.DataFrame | pd.Series) else str(result)


def _run(function: Callable[[], Any]) -> Any:
    """Run a function in a thread; return its result or its error; fail if it hangs."""
    outcomes: list[Any] = []

    def run() -> None:
        try:
            outcomes.append(function())
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            outcomes.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(LIMIT)
    assert outcomes, "the call hangs"
    return outcomes[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::imodels_nb.errors.DamagedValueWarning")
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("fault", EFFECTS)
def test_a_lasting_fault_gives_an_error_or_the_right_result(  # noqa: PLR0917
    hub: Hub, expected_texts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, name: str
) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.01)
    path, call = CALLS[name]
    hub.inject(f"{fault}:{_ARGUMENTS.get(fault, '')}times=0,path={path}")
    with _client(hub) as client:
        outcome = _run(lambda: call(hub, client, tmp_path))
        hub.clear_faults()
        after = _run(lambda: call(hub, client, tmp_path))
    if isinstance(outcome, BaseException):
        assert isinstance(outcome, IModelsError), repr(outcome)
    elif name == "portfolio" and len(outcome.failures):
        assert outcome.changesets.empty
    elif fault not in OF_TEXTS and (fault, name) not in UNSEEN:
        assert _format(outcome) == expected_texts[name]
    assert _format(after) == expected_texts[name]


_ARGUMENTS = {"latency": "ms=10,", "too-many-requests": "retry_after=0,", "gzip-bomb": "megabytes=30,"}
