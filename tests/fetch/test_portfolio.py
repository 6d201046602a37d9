"""Fetching the changesets of many iModels."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imodels_hub import Hub, Project, generate_project
from imodels_nb.api import IModelsClient, throttle
from imodels_nb.auth import AccessToken, StaticTokenCredential
from imodels_nb.errors import AuthenticationError, Unauthorized
from imodels_nb.fetch import fetch_changesets, fetch_imodels, fetch_portfolio

UNKNOWN = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    """Serve 49 iModels of 0 to 48 changesets."""
    first, *others = [generate_project(count, seed=100 + count) for count in range(49)]
    with Hub(first, neighbors=[_beside(first, other) for other in others]) as hub:
        yield hub


def _beside(first: Project, other: Project) -> Project:
    return replace(other, itwins=(), imodel=other.imodel._replace(itwin_id=first.imodel.itwin_id))


@pytest.fixture
def ids(hub: Hub, client: IModelsClient) -> list[str]:
    return list(fetch_imodels(client, hub.itwin_id).index)


@pytest.mark.slow
def test_three_of_fifty_imodels_fail(hub: Hub, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.0)
    expected = [*ids[:20], UNKNOWN, *ids[20:]]
    hub.inject("server-error:status=403,after=5", "server-error:status=500,after=30,times=5")
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url, max_workers=1) as client:
        portfolio = fetch_portfolio(client, [*expected, ids[0]])
        hub.clear_faults()
        whole = fetch_portfolio(client, ids).changesets
    failures = portfolio.failures
    assert failures["error"].to_dict() == {ids[5]: "Forbidden", UNKNOWN: "NotFound", expected[30]: "ServerError"}
    assert failures["status_code"].tolist() == [403, 404, 500]
    assert failures["message"].str.contains("imodels_webview").tolist() == [True, False, False]
    rest = whole[~whole.index.get_level_values("imodel_id").isin(failures.index)]
    assert portfolio.changesets["id"].to_dict() == rest["id"].to_dict()
    assert len(whole) == sum(range(49))


def test_an_imodel_with_several_errors_is_reported_once() -> None:
    first, second = generate_project(6_000), generate_project(3_000, seed=8)
    ids = [first.imodel.id, second.imodel.id]
    with Hub(first, neighbors=[second]) as hub:
        hub.inject("server-error:status=404,after=2,times=4")
        with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client:
            portfolio = fetch_portfolio(client, ids)
    assert portfolio.failures.index.is_unique
    received = portfolio.changesets.groupby(level="imodel_id").size().to_dict()
    assert received.keys() | set(portfolio.failures.index) == set(ids)
    assert received.items() <= dict(zip(ids, (6_000, 3_000), strict=True)).items()
    assert len(received) < len(received) + len(portfolio.failures) == 2


def test_a_lost_sign_in_ends_the_whole_fetch(hub: Hub, ids: list[str]) -> None:
    class SignedOut:
        left = 9

        def get_token(self, *_: str, **__: object) -> AccessToken:
            self.left -= 1
            if self.left < 0:
                raise AuthenticationError("The session has ended.")
            return AccessToken(hub.token)

    with (
        IModelsClient(SignedOut(), base_url=hub.base_url) as client,
        pytest.raises(AuthenticationError, match="The session has ended"),
    ):
        fetch_portfolio(client, ids)


def test_a_rejected_token_ends_the_whole_fetch(hub: Hub, ids: list[str]) -> None:
    before = len(hub.log)
    with (
        IModelsClient(StaticTokenCredential("expired"), base_url=hub.base_url, max_workers=2) as client,
        pytest.raises(Unauthorized, match="Sign in again"),
    ):
        fetch_portfolio(client, ids)
    assert len(hub.log) - before <= 4


def test_rows_equal_those_of_single_fetches(client: IModelsClient, ids: list[str]) -> None:
    frame = fetch_portfolio(client, ids[:9]).changesets
    assert frame.index.names == ["imodel_id", "changeset_index"]
    for one in frame.index.unique("imodel_id"):
        alone, part = fetch_changesets(client, one), frame.loc[one]
        assert part["id"].to_dict() == alone["id"].to_dict()
        assert part["state"].tolist() == alone["state"].tolist()
        assert list(map(str, part.dtypes)) == list(map(str, alone.dtypes))


def test_an_empty_portfolio_has_the_same_columns(client: IModelsClient, ids: list[str]) -> None:
    empty, some = fetch_portfolio(client, []), fetch_portfolio(client, ids[1:2])
    assert list(map(str, empty.changesets.dtypes)) == list(map(str, some.changesets.dtypes))
    assert (len(empty.changesets), len(empty.failures)) == (0, 0)
    assert list(map(str, empty.failures.dtypes)) == ["str", "Int64", "str"]


def test_the_frame_of_fetch_imodels_brings_the_names(hub: Hub, client: IModelsClient) -> None:
    imodels = fetch_imodels(client, hub.itwin_id).head(4)
    portfolio = fetch_portfolio(client, imodels)
    changesets, failures = portfolio
    assert portfolio.imodels is not None
    assert portfolio.imodels["display_name"].to_dict() == imodels["display_name"].to_dict()
    alone = fetch_portfolio(client, imodels.index)
    pd.testing.assert_frame_equal(alone.changesets, changesets)
    assert alone.imodels is not None
    assert (list(alone.imodels.index), len(failures)) == (list(imodels.index), 0)
    copied = pickle.loads(pickle.dumps(portfolio))
    pd.testing.assert_frame_equal(copied.imodels, portfolio.imodels)


def test_a_display_has_a_row_for_each_imodel_and_each_failure(hub: Hub, client: IModelsClient) -> None:
    imodels = fetch_imodels(client, hub.itwin_id)
    empty = imodels.index.difference(fetch_portfolio(client, imodels).changesets.index.get_level_values(0).unique())
    assert len(empty) == 1  # an iModel without changesets is on the board, too
    renamed = pd.concat(
        [imodels.loc[empty], imodels.drop(empty).head(2), imodels.tail(1).set_axis([UNKNOWN])]
    ).rename_axis("id")
    renamed["display_name"] = ["Nothing yet", "Depot <b>", "Bridge\u202e", "Gone &"]
    portfolio = fetch_portfolio(client, renamed)
    shown = portfolio._repr_html_()
    assert all(
        text in shown for text in ("Nothing yet", "Depot &lt;b&gt;", "Bridge\ufffd", "Gone &amp;", "NotFound (404)")
    )
    assert shown.count("<tr") == 1 + 3
    assert "<script" not in shown
    assert repr(portfolio).startswith("3 iModels: ")
    assert "failed: Gone &: NotFound (404)" in repr(portfolio)


def test_another_frame_in_place_of_ids_is_an_error(client: IModelsClient, hub: Hub, ids: list[str]) -> None:
    frame = fetch_changesets(client, ids[5])
    before = len(hub.log)
    with pytest.raises(ValueError, match="given as imodels is a changesets frame; pass one from fetch_imodels"):
        fetch_portfolio(client, frame)
    assert len(hub.log) == before


@pytest.mark.parametrize("nonsense", [[UNKNOWN, "abc"], [None], [7], UNKNOWN, None, 7], ids=repr)
def test_an_invalid_id_is_an_error_before_any_request(hub: Hub, client: IModelsClient, nonsense: Any) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match=r"imodel_ids should be (?:a GUID|the frame of fetch_imodels)"):
        fetch_portfolio(client, nonsense)
    assert len(hub.log) == before


@pytest.mark.slow
def test_a_refresh_takes_one_request_an_imodel(hub: Hub, client: IModelsClient, ids: list[str], tmp_path: Path) -> None:
    first = fetch_portfolio(client, ids, cache=tmp_path).changesets
    before = len(hub.log)
    pd.testing.assert_frame_equal(fetch_portfolio(client, ids, cache=tmp_path).changesets, first)
    assert len(hub.log) - before == 49
