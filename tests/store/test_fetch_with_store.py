"""Fetches with a store: one request, complete, never shown without permission."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.hub_faults import count_requests, without_rows
from helpers.stored_timelines import build_rows

from imodels_hub import Hub, Response, build_recorded_project, generate_project, iterate_changeset_pages
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import Forbidden, IModelsError, IncompleteTimeline, NotFound, Unauthorized
from imodels_nb.fetch import fetch_changesets
from imodels_nb.store import ChangesetStore, list_stored


@pytest.mark.slow
@pytest.mark.parametrize("new", [0, 1, 37, 999, 1000])
def test_a_refresh_takes_one_request_and_equals_a_new_fetch(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, new: int
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    own_hub.push(new)
    before = count_requests(own_hub)
    again = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    assert count_requests(own_hub) - before == 1
    assert len(again) == 1_200 + new
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, own_hub.imodel_id))


@pytest.mark.parametrize("lost", [range(1201, 1211), range(1200, 1211), range(1211, 1216)], ids=str)
def test_rows_missing_after_stored_ones_are_fetched_again(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, lost: range
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    own_hub.push(30)
    own_hub.inject(without_rows(*lost))
    again = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, own_hub.imodel_id))
    assert ChangesetStore(tmp_path, own_hub.base_url, own_hub.imodel_id).read().num_rows == 1_230


IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"


def test_rows_missing_after_stored_ones_for_good_are_an_error(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    own_hub.push(30)
    own_hub.inject(*[without_rows(*range(1201, 1211))] * 4)
    with pytest.raises(IncompleteTimeline, match="between changesets 1200 and 1211"):
        fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    assert ChangesetStore(tmp_path, own_hub.base_url, own_hub.imodel_id).read().num_rows == 1_200


@pytest.mark.slow
def test_stored_changesets_are_not_fetched_again(own_hub: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    own_hub.push(2_500)
    before = count_requests(own_hub)
    again = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    assert count_requests(own_hub) - before == 3
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, own_hub.imodel_id))


def test_a_range_is_selected_from_stored_changesets(own_hub: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"after_index": 100, "last_index": 230}
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    part = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path, **arguments)
    pd.testing.assert_frame_equal(part, fetch_changesets(reader, own_hub.imodel_id, **arguments))


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 400, 2_000])
def test_a_rolled_back_timeline_is_fetched_anew(tmp_path: Path, more: int) -> None:
    old, new = generate_project(1_200), generate_project(700 + more, seed=8)
    port = _keep(old, tmp_path)
    with Hub(_as(old, new), port=port, token="t") as hub, _client(hub) as client:
        again = fetch_changesets(client, hub.imodel_id, cache=tmp_path)
        pd.testing.assert_frame_equal(again, fetch_changesets(client, hub.imodel_id))
        pd.testing.assert_frame_equal(again, fetch_changesets(client, hub.imodel_id, cache=tmp_path))
    assert len(again) == 700 + more


def test_a_timeline_that_branches_before_the_stored_end_is_fetched_anew(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    own_hub.roll_back(1)
    own_hub.push(2, gap=3)
    again = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, own_hub.imodel_id))


def test_a_shortened_timeline_is_returned_shortened(tmp_path: Path) -> None:
    port = _keep(generate_project(1_200), tmp_path)
    rows = [row for page in iterate_changeset_pages(generate_project(1_200)) for row in json.loads(page)["changesets"]]
    with (
        Hub(build_recorded_project(rows[:900], imodel_id=generate_project(1).imodel.id), port=port, token="t") as hub,
        _client(hub) as cl,
    ):
        assert len(fetch_changesets(cl, hub.imodel_id, cache=tmp_path)) == 900


def _client(hub: Hub) -> IModelsClient:
    return IModelsClient(StaticTokenCredential("t"), base_url=hub.base_url)


def _keep(project: Any, root: Path) -> int:
    """Store a project's timeline; return the port of its hub."""
    with Hub(project, token="t") as hub, _client(hub) as client:
        fetch_changesets(client, hub.imodel_id, cache=root)
        return int(hub.base_url.rpartition(":")[2])


def _as(old: Any, new: Any) -> Any:
    """Return the new project with the ids of the old one."""
    rows = [row for page in iterate_changeset_pages(new) for row in json.loads(page)["changesets"]]
    return build_recorded_project(rows, imodel_id=old.imodel.id)


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)])
def test_stored_changesets_are_hidden_without_permission(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, status: int, kind: type[IModelsError]
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    own_hub.inject(lambda _: Response(status, b"{}"))
    with pytest.raises(kind):
        fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)


def test_changesets_that_wait_for_their_file_are_not_stored(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    own_hub.push(2, state="waitingForFile")
    own_hub.push(3)
    assert len(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)) == 1_205
    assert ChangesetStore(tmp_path, own_hub.base_url, own_hub.imodel_id).read().num_rows == 1_200
    before = count_requests(own_hub)
    assert fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)["state"].value_counts()["waitingForFile"] == 2
    assert count_requests(own_hub) - before == 1


def test_the_full_detail_cannot_be_stored(own_hub: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can still change"):
        fetch_changesets(reader, own_hub.imodel_id, detail="full", cache=tmp_path)
    assert count_requests(own_hub) == 0


def test_the_same_id_at_another_service_is_another_imodel(tmp_path: Path) -> None:
    first, second = (ChangesetStore(tmp_path, origin, IMODEL) for origin in ("https://a.example", "https://b.example"))
    first.append(build_rows(10), after=0)
    assert (first.read().num_rows, second.read().num_rows) == (10, 0)


def test_stored_timelines_are_listed(own_hub: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    assert list_stored(tmp_path) == []
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    (entry,) = list_stored(tmp_path)
    assert (entry.origin, entry.imodel_id) == (own_hub.base_url, own_hub.imodel_id)
    assert (entry.changesets, entry.last_index) == (1_200, 1_200)
    assert entry.size > 1_000


def test_an_imodel_without_changesets_is_fetched_with_a_cache(tmp_path: Path) -> None:
    with (
        Hub(generate_project(0)) as hub,
        IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client,
    ):
        assert fetch_changesets(client, hub.imodel_id, cache=tmp_path).empty
        assert list_stored(tmp_path) == []
        hub.push(3)
        assert len(fetch_changesets(client, hub.imodel_id, cache=tmp_path)) == 3
        assert list_stored(tmp_path)[0].changesets == 3
