"""Clients in another process, which a fork or a spawned process starts anew."""

import copy
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from imodels_hub import Hub, Response, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.api.changesets import ChangesetsFetch
from imodels_nb.api.executor import run_all
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.download import download_changesets
from imodels_nb.fetch import fetch_changesets, fetch_imodels, fetch_users

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]
ROUNDS = 8


def _in_children(*works: Callable[[], object]) -> list[object]:
    """Run each function in its own forked process, all at once; return their results."""
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()

    def run(number: int, work: Callable[[], object]) -> None:
        try:
            results.put((number, work()))
        except BaseException as error:  # noqa: BLE001 - the test sees it
            results.put((number, repr(error)))

    children = [fork.Process(target=run, args=work, daemon=True) for work in enumerate(works)]
    for child in children:
        child.start()
    outcome = dict(results.get() for _ in children)
    for child in children:
        child.join(30)
    return [outcome[number] for number in range(len(works))]


@pytest.mark.slow
def test_forked_processes_get_their_own_rows(tmp_path: Path) -> None:
    from imodels_nb import sample  # noqa: PLC0415

    with (
        sample.start(changesets=3, imodels=2, latency_ms=20) as hub,
        IModelsClient(hub.credential, base_url=hub.base_url) as client,
    ):
        imodels = list(fetch_imodels(client, hub.itwin_id).index)
        rows = {imodel: fetch_changesets(client, imodel)["id"].tolist() for imodel in imodels}
        users = {imodel: fetch_users(client, imodel).index.tolist() for imodel in imodels}
        barrier = multiprocessing.get_context("fork").Barrier(2)

        def work(imodel: str) -> list[bool]:
            right = []
            for _ in range(ROUNDS):
                barrier.wait(30)
                right.append(fetch_changesets(client, imodel)["id"].tolist() == rows[imodel])
                barrier.wait(30)
                right.append(fetch_users(client, imodel).index.tolist() == users[imodel])
                barrier.wait(30)
                files = download_changesets(client, imodel, [1], tmp_path / str(os.getpid()))
                right.append(Path(files["path"].iloc[0]).stem == rows[imodel][0])
            return right

        outcome = _in_children(*(lambda imodel=imodel: work(imodel) for imodel in imodels))
        assert outcome == [[True] * 3 * ROUNDS] * 2
        assert fetch_changesets(client, imodels[0])["id"].tolist() == rows[imodels[0]]  # the parent's own are untouched


def test_fork_during_a_fetch_of_another_thread() -> None:
    under_way, go_on = threading.Event(), threading.Event()

    def hold(response: Response) -> Response:
        under_way.set()
        go_on.wait(30)
        return response

    with (
        Hub(generate_project(50)) as hub,
        IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url, max_workers=1) as client,
    ):
        lengths: list[int] = []
        hub.inject(hold)
        fetch = threading.Thread(target=lambda: lengths.append(len(fetch_changesets(client, hub.imodel_id))))
        fetch.start()
        assert under_way.wait(30)
        with client.throttle.changed, client._refresh_lock:  # locks that no thread releases in the child
            pipe = multiprocessing.Pipe()
            child = multiprocessing.get_context("fork").Process(
                target=lambda: pipe[1].send(len(fetch_changesets(client, hub.imodel_id))), daemon=True
            )
            child.start()
        go_on.set()
        assert pipe[0].poll(30)
        assert pipe[0].recv() == 50
        fetch.join(30)
        child.join(30)
        assert lengths == [50]


def test_close_in_a_child_leaves_the_parent_alone(hub: Hub, client: IModelsClient) -> None:
    whole = len(fetch_changesets(client, hub.imodel_id))
    before = len(hub.log)
    assert _in_children(client.close) == [None]
    assert len(fetch_changesets(client, hub.imodel_id)) == whole
    assert len(hub.log) - before == 3


def test_fetch_of_the_parent_cannot_go_on_in_a_child(hub: Hub) -> None:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url, max_workers=1) as client:
        fetches = run_all(client, [ChangesetsFetch(hub.imodel_id, max_workers=1) for _ in range(2)])
        next(fetches)
        (outcome,) = _in_children(lambda: next(fetches))
        assert "Start it again here" in str(outcome)
        assert next(fetches).is_finished


@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_client_cannot_be_pickled(client: IModelsClient, how: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="Create one in each process"):
        how(client)
