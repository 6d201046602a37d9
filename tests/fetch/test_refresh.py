"""Frames that grow by the pushes of the sample hub, one request each time."""

from collections.abc import Iterator

import pandas as pd
import pytest

from imodels_hub import Hub, generate_project
from imodels_nb import IModelsClient, StaticTokenCredential, with_creator_names
from imodels_nb.fetch import fetch_changesets, refresh_changesets
from imodels_nb.frames import pseudonymize


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(generate_project(60)) as running:
        yield running


@pytest.fixture
def client(hub: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as opened:
        yield opened


@pytest.mark.parametrize("detail", ["minimal", "full"])
def test_a_refreshed_frame_is_the_one_that_a_new_fetch_returns(hub: Hub, client: IModelsClient, detail: str) -> None:
    frame = fetch_changesets(client, hub.imodel_id, detail=detail)  # type: ignore[call-overload,arg-type]
    before = len(hub.log)
    assert refresh_changesets(client, hub.imodel_id, frame) is frame
    hub.push(3)
    newer = refresh_changesets(client, hub.imodel_id, frame.sample(frac=1, random_state=1))
    assert len(hub.log) - before == 2
    whole = fetch_changesets(client, hub.imodel_id, detail=detail)  # type: ignore[call-overload,arg-type]
    pd.testing.assert_frame_equal(newer, whole, check_categorical=False)
    assert newer.dtypes.astype("str").tolist() == whole.dtypes.astype("str").tolist()


def test_a_part_and_an_empty_frame_grow_too(hub: Hub, client: IModelsClient) -> None:
    frame = fetch_changesets(client, hub.imodel_id)
    hub.push(1, gap=5)
    assert refresh_changesets(client, hub.imodel_id, frame.loc[40:]).index.tolist() == [*range(40, 61), 66]
    assert len(refresh_changesets(client, hub.imodel_id, frame.iloc[:0])) == 61


def test_a_changeset_that_waits_for_its_file_is_fetched_again(hub: Hub, client: IModelsClient) -> None:
    hub.push(1, state="waitingForFile")
    frame = fetch_changesets(client, hub.imodel_id)
    assert refresh_changesets(client, hub.imodel_id, frame) is frame
    uploaded = frame.assign(state=frame["state"].where(frame.index < 30, "waitingForFile"))
    newer = refresh_changesets(client, hub.imodel_id, uploaded)
    pd.testing.assert_frame_equal(newer, frame, check_categorical=False)


def test_another_timeline_replaces_the_frame(hub: Hub, client: IModelsClient) -> None:
    frame = fetch_changesets(client, hub.imodel_id)
    hub.push(2)
    other = frame.assign(id=frame["id"].str[::-1])
    pd.testing.assert_frame_equal(
        refresh_changesets(client, hub.imodel_id, other),
        fetch_changesets(client, hub.imodel_id),
        check_categorical=False,
    )


def test_columns_of_the_user_stay(hub: Hub, client: IModelsClient) -> None:
    frame = fetch_changesets(client, hub.imodel_id)
    users = pd.DataFrame(
        {"label": frame["creator_id"].cat.categories.map(lambda creator_id: f"name of {creator_id[:4]}")}
    )
    users.index = frame["creator_id"].cat.categories
    named = with_creator_names(frame, users).assign(mine=1.5)
    hub.push(2)
    newer = refresh_changesets(client, hub.imodel_id, named)
    creator = str(newer["creator_id"].iloc[-1])
    known = creator in set(frame["creator_id"])
    assert newer["creator_name"].iloc[-1] == (f"name of {creator[:4]}" if known else pseudonymize(creator))
    assert newer["creator_name"].dtype == "category"
    assert newer["mine"].isna().tolist() == [False] * 60 + [True] * 2
