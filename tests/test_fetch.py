"""From an iModel id to a frame, over real HTTP."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.spec_sample import PAGE
from hypothesis import given, settings
from hypothesis import strategies as st

import imodels_nb
from imodels_hub import Hub, Response, build_recorded_project, generate_project, iterate_changeset_pages
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import IncompleteTimeline, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets, fetch_named_versions


def _edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Response], Response]:
    def fault(answer: Response) -> Response:
        document = json.loads(answer.body)
        change(document)
        return replace(answer, body=json.dumps(document).encode())

    return fault


@pytest.fixture(scope="module")
def whole() -> list[dict[str, Any]]:
    """Give a timeline of 2,345 changesets as the API writes it."""
    return [row for page in iterate_changeset_pages(generate_project(2_345)) for row in json.loads(page)["changesets"]]


def _requests(hub: Hub) -> int:
    return sum("GET" in line for line in hub.log)


def test_the_published_changesets_come_through_the_wire_as_the_golden_frame() -> None:
    published = json.loads(PAGE)["changesets"]
    with Hub(build_recorded_project(published)) as hub, _client(hub) as client:
        frame = fetch_changesets(client, hub.imodel_id)
    assert frame["id"].tolist() == [row["id"] for row in published]
    assert frame["file_size"].tolist() == [109, 139, 109, 109]
    assert frame["containing_changes"].tolist() == [0, 0, 2, 18]
    assert frame["push_date_time"].dt.strftime("%H:%M:%S.%f").tolist() == [
        "06:34:45.007000",
        "06:34:48.123000",
        "06:34:51.130000",
        "06:34:54.130000",
    ]


def test_a_long_timeline_comes_whole_in_pages_of_a_thousand(hub: Hub, client: IModelsClient) -> None:
    before = _requests(hub)
    frame = fetch_changesets(client, hub.imodel_id)
    assert frame.index.tolist() == list(range(1, 2_346))
    assert _requests(hub) - before == 3


def test_any_range_is_that_part_of_the_whole(hub: Hub, client: IModelsClient) -> None:
    whole = fetch_changesets(client, hub.imodel_id)

    @settings(max_examples=40, deadline=None)
    @given(after=st.integers(0, 2_400), length=st.integers(0, 2_400))
    def holds(after: int, length: int) -> None:
        part = fetch_changesets(client, hub.imodel_id, after_index=after, last_index=after + length)
        assert part["id"].tolist() == whole.loc[after + 1 : after + length, "id"].tolist()

    holds()


def test_gaps_in_the_index_are_no_break() -> None:
    with Hub(generate_project(1_500, gaps=True)) as hub, _client(hub) as client:
        frame = fetch_changesets(client, hub.imodel_id)
    assert len(frame) == 1_500
    assert frame.index.is_monotonic_increasing
    assert frame.index[-1] > 1_500


def test_pushes_during_the_walk_neither_tear_nor_double_it(hub: Hub, client: IModelsClient) -> None:
    def push(answer: Response) -> Response:
        hub.push(3)
        return answer

    last = fetch_changesets(client, hub.imodel_id).index[-1]
    hub.inject(*[push, push])
    frame = fetch_changesets(client, hub.imodel_id)
    assert frame.index.tolist() == list(range(1, last + 1))
    assert fetch_changesets(client, hub.imodel_id).index[-1] == last + 6


def test_the_full_detail_adds_its_columns_to_the_same_rows(hub: Hub, client: IModelsClient) -> None:
    minimal = fetch_changesets(client, hub.imodel_id)
    full = fetch_changesets(client, hub.imodel_id, detail="full")
    pd.testing.assert_frame_equal(full[minimal.columns], minimal)
    assert full["application_name"].notna().all()
    assert full.loc[full["changed_files"].notna(), "changed_files"].map(len).min() > 0
    versions = fetch_named_versions(client, hub.imodel_id)
    named = full["named_version_id"].dropna()
    assert named.to_dict() == versions["id"].to_dict()


def test_a_second_page_that_brings_nothing_new_is_an_error_not_a_loop(hub: Hub, client: IModelsClient) -> None:
    hub.inject(_edited(lambda page: page.update(changesets=[])))
    with pytest.raises(UnexpectedResponse, match="promises more"):
        fetch_changesets(client, hub.imodel_id)


def test_the_host_of_a_next_link_is_never_asked(hub: Hub, client: IModelsClient) -> None:
    foreign = {"href": "http://203.0.113.9/steal?$skip=1"}
    hub.inject(*[_edited(lambda page: page["_links"].update(next=foreign))] * 2)
    assert len(fetch_changesets(client, hub.imodel_id)) > 2_000
    hub.inject(_edited(lambda page: page["_links"].update(next=foreign | {"href": foreign["href"] + "000"})))
    assert len(fetch_named_versions(client, hub.imodel_id)) > 0


def test_a_list_whose_pages_lead_in_a_circle_is_an_error(hub: Hub, client: IModelsClient) -> None:
    circle = {"href": f"{hub.base_url}/?$top=5&$skip=5"}
    hub.inject(*[_edited(lambda page: page["_links"].update(next=circle))] * 2)
    with pytest.raises(UnexpectedResponse, match="has no end"):
        fetch_named_versions(client, hub.imodel_id)


BREAKS = pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda rows: rows.pop(500), "breaks between changesets 500 and 502"),
        (lambda rows: rows[500].update(parentId="0" * 40), "breaks between changesets 500 and 501"),
        (lambda rows: rows.pop(0), "no beginning: changeset 2 comes first"),
    ],
    ids=["one is missing", "one has another parent", "the first is missing"],
)


@BREAKS
def test_a_break_that_stays_is_named(whole: list[dict[str, Any]], change: Callable[[Any], object], place: str) -> None:
    rows = copy.deepcopy(whole)
    change(rows)
    with Hub(build_recorded_project(rows)) as hub, _client(hub) as client:
        with pytest.raises(IncompleteTimeline, match=place):
            fetch_changesets(client, hub.imodel_id)
        assert _requests(hub) == 3 + 1


@BREAKS
def test_a_break_that_was_only_in_one_answer_is_read_again(
    hub: Hub, client: IModelsClient, change: Callable[[Any], object], place: str
) -> None:
    def spoil(answer: Response) -> Response:
        document = json.loads(answer.body)
        if document["changesets"][0]["index"] == 1:
            change(document["changesets"])
        return replace(answer, body=json.dumps(document).encode())

    sound = fetch_changesets(client, hub.imodel_id)
    before = _requests(hub)
    hub.inject(*[spoil] * 3)
    pd.testing.assert_frame_equal(fetch_changesets(client, hub.imodel_id), sound)
    assert _requests(hub) - before == 3 + 1, place


def test_a_changeset_that_comes_twice_is_handed_out_once(hub: Hub, client: IModelsClient) -> None:
    hub.inject(_edited(lambda page: page["changesets"].insert(7, page["changesets"][6])))
    assert fetch_changesets(client, hub.imodel_id).index.is_unique


def test_a_null_parent_is_unknown_not_broken(hub: Hub, client: IModelsClient) -> None:
    hub.inject(_edited(lambda page: page["changesets"][5].update(parentId=None)))
    assert fetch_changesets(client, hub.imodel_id)["parent_id"].isna().sum() == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        *(({"imodel_id": given}, "imodel_id should be a GUID") for given in ("abc", "", None, 7, True, b"abc")),
        *(
            ({"after_index": given}, "after_index should be a whole number of at least 0")
            for given in (-1, 1.5, 1.0, True, "5", "", np.True_, np.float64(3), np.array([1]), 2**63)
        ),
        ({"after_index": 5, "last_index": 4}, "last_index should be a whole number of at least 5"),
        ({"last_index": "9"}, "last_index should be a whole number"),
        *(({"detail": given}, "'minimal' or 'full'") for given in ("x", "", None, [], True)),
        *(({"cache": given}, "cache should be True, False, or the folder") for given in (7, None, "", 1.5, b"x")),
        ({"cache": "a\0b"}, "it contains a null character"),
        ({"cache": "~nobody-of-this-name/x"}, "there is no such home directory"),
        *(({"progress": given}, "progress should be True, False or None") for given in ("no", 1, [])),
    ],
    ids=repr,
)
def test_a_bad_argument_raises_before_any_request(
    hub: Hub, client: IModelsClient, arguments: dict[str, Any], said: str
) -> None:
    before = _requests(hub)
    with pytest.raises(ValueError, match=said):
        fetch_changesets(client, **{"imodel_id": hub.imodel_id} | arguments)
    assert _requests(hub) == before


def test_numbers_of_numpy_are_numbers(hub: Hub, client: IModelsClient) -> None:
    part = fetch_changesets(client, hub.imodel_id, after_index=np.uint8(5), last_index=np.int64(9))
    assert part.index.tolist() == [6, 7, 8, 9]
    with IModelsClient(StaticTokenCredential("t"), max_workers=np.int32(3)) as other:
        assert other.max_workers == 3


def test_named_versions_come_by_index_with_the_hidden_ones(hub: Hub, client: IModelsClient) -> None:
    versions = fetch_named_versions(client, hub.imodel_id)
    assert versions.index.is_monotonic_increasing
    assert set(versions["state"].unique()) <= {"visible", "hidden"}
    whole = fetch_changesets(client, hub.imodel_id)
    assert versions["changeset_id"].tolist() == whole.loc[versions.index, "id"].tolist()


def _client(hub: Hub) -> IModelsClient:
    return IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url)


def _without(*indices: int) -> Callable[[Response], Response]:
    """Leave rows out of an answer, by index."""
    return _edited(
        lambda page: page.update(changesets=[row for row in page["changesets"] if row["index"] not in indices])
    )


EDGES = pytest.mark.parametrize(
    ("lost", "arguments"),
    [
        (range(1501, 1511), {"after_index": 1500}),
        (range(1501, 1511), {"after_index": 1505}),
        (range(1500, 1511), {"after_index": 1500}),
        (range(201, 1002), {"after_index": 200}),
        (range(291, 301), {"last_index": 300}),
        (range(1491, 1502), {"last_index": 1500}),
        (range(96, 101), {"after_index": 50, "last_index": 100}),
        (range(51, 56), {"after_index": 50, "last_index": 100}),
        (range(50, 102), {"after_index": 50, "last_index": 100}),
        (range(50, 102), {"after_index": 60, "last_index": 70}),
    ],
    ids=str,
)


@EDGES
def test_rows_lost_at_an_edge_of_one_answer_are_fetched_again(
    hub: Hub, client: IModelsClient, lost: range, arguments: dict[str, int]
) -> None:
    sound = fetch_changesets(client, hub.imodel_id)
    first, last = arguments.get("after_index", 0) + 1, arguments.get("last_index", sound.index[-1])
    hub.inject(_without(*lost))
    part = fetch_changesets(client, hub.imodel_id, **arguments)
    hub.clear_faults()
    pd.testing.assert_frame_equal(part, fetch_changesets(client, hub.imodel_id, **arguments))
    assert part["id"].tolist() == sound.loc[first:last, "id"].tolist()


@EDGES
def test_rows_lost_at_an_edge_for_good_are_named(
    whole: list[dict[str, Any]], lost: range, arguments: dict[str, int]
) -> None:
    rows = [row for row in whole if row["index"] not in lost]
    with (
        Hub(build_recorded_project(rows)) as hub,
        _client(hub) as client,
        pytest.raises(IncompleteTimeline, match=rf"\b{lost[-1] + 1}\b"),
    ):
        fetch_changesets(client, hub.imodel_id, **arguments)


@pytest.mark.slow
def test_any_range_of_a_timeline_with_gaps_is_that_part_of_the_whole_though_an_answer_loses_rows() -> None:
    with Hub(generate_project(300, gaps=True)) as hub, _client(hub) as client:
        whole = fetch_changesets(client, hub.imodel_id)
        newest = int(whole.index[-1])

        @settings(max_examples=60, deadline=None)
        @given(
            after=st.integers(1, newest),
            length=st.integers(0, newest),
            place=st.integers(0, 300),
            many=st.integers(0, 9),
        )
        def holds(after: int, length: int, place: int, many: int) -> None:
            last = after + length
            hub.inject(_without(*[index for index in whole.index[place : place + many] if index < newest]))
            part = fetch_changesets(client, hub.imodel_id, after_index=after, last_index=last)
            assert part["id"].tolist() == whole.loc[after + 1 : last, "id"].tolist()

        holds()


@pytest.mark.parametrize(
    ("arguments", "requests"),
    [
        ({}, 3),
        ({"after_index": 1345}, 1),  # exactly a page
        ({"after_index": 1346}, 1),
        ({"after_index": 1400, "last_index": 2300}, 1),
        ({"after_index": 1000, "last_index": 2000}, 1),
        ({"last_index": 1000}, 1),
        ({"last_index": 998}, 1),
        ({"after_index": 2345}, 1),
        ({"after_index": 7, "last_index": 7}, 1),
        ({"after_index": 2300, "last_index": 9999}, 2),  # the second asks for what follows the newest
    ],
    ids=str,
)
def test_the_proof_of_the_edges_takes_no_further_request(arguments: dict[str, int], requests: int) -> None:
    with Hub(generate_project(2_345)) as hub, _client(hub) as client:
        frame = fetch_changesets(client, hub.imodel_id, **arguments)
        assert _requests(hub) == requests
    first, last = arguments.get("after_index", 0) + 1, min(arguments.get("last_index", 2_345), 2_345)
    assert frame.index.tolist() == list(range(first, last + 1))


def test_changesets_pushed_while_the_end_is_read_belong_to_the_range(hub: Hub, client: IModelsClient) -> None:
    def push(answer: Response) -> Response:
        hub.push(3)
        return answer

    newest = fetch_changesets(client, hub.imodel_id).index[-1]
    hub.inject(push)
    frame = fetch_changesets(client, hub.imodel_id, after_index=newest - 5, last_index=newest + 100)
    assert frame.index.tolist() == list(range(newest - 4, newest + 4))


FETCHES: dict[str, Callable[[Any, str], object]] = {
    "changesets": imodels_nb.fetch_changesets,
    "changeset": lambda client, imodel_id: imodels_nb.fetch_changeset(client, imodel_id, 1),
    "groups": imodels_nb.fetch_changeset_groups,
    "checkpoints": imodels_nb.fetch_checkpoints,
    "versions": imodels_nb.fetch_named_versions,
    "users": imodels_nb.fetch_users,
    "imodels": imodels_nb.fetch_imodels,
    "itwins": lambda client, _: imodels_nb.fetch_itwins(client),
    "portfolio": imodels_nb.fetch_portfolio,
    "files": lambda client, imodel_id: imodels_nb.download_changesets(client, imodel_id, [1], "."),
}


@pytest.mark.parametrize("fetch", FETCHES)
@pytest.mark.parametrize("client", ["5e19bee0-3aea-4355-a9f0-c6df9989ee7d", None, StaticTokenCredential("t")], ids=repr)
def test_what_is_no_client_is_named(fetch: str, client: Any) -> None:
    with pytest.raises(TypeError, match=r"client should be an IModelsClient, not \w+\. Build one"):
        FETCHES[fetch](client, "5e19bee0-3aea-4355-a9f0-c6df9989ee7d")


@pytest.mark.parametrize("personal", ["no", 1, None, "False"])
def test_names_of_people_come_only_for_true(hub: Hub, client: IModelsClient, personal: Any) -> None:
    before = _requests(hub)
    with pytest.raises(ValueError, match="personal should be True or False"):
        imodels_nb.fetch_users(client, hub.imodel_id, personal=personal)
    assert _requests(hub) == before


@pytest.mark.parametrize("place", [True, "~/x"])
def test_a_user_without_home_directory_is_told_before_any_request(
    hub: Hub, client: IModelsClient, monkeypatch: pytest.MonkeyPatch, place: Any
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as in a container whose user is not in /etc/passwd
    before = _requests(hub)
    with pytest.raises(ValueError, match=r"no (such )?home directory"):
        fetch_changesets(client, hub.imodel_id, cache=place)
    with pytest.raises(ValueError, match=r"no (such )?home directory"):
        imodels_nb.fetch_portfolio(client, [hub.imodel_id], cache=place)
    assert _requests(hub) == before


HUGE = 10**5_000


@pytest.mark.parametrize("name", ["imodel_id", "after_index", "last_index", "detail", "cache", "progress"])
def test_a_number_of_thousands_of_digits_is_told(hub: Hub, client: IModelsClient, name: str) -> None:
    arguments: Any = {"imodel_id": hub.imodel_id} | {name: HUGE}
    with pytest.raises(ValueError, match=rf"{name} should be .*a number of more than 4,300 digits"):
        fetch_changesets(client, **arguments)


@pytest.mark.parametrize(
    "call",
    [
        lambda client, imodel_id: imodels_nb.fetch_changeset(client, imodel_id, HUGE),
        lambda client, imodel_id: imodels_nb.fetch_users(client, imodel_id, personal=HUGE),
        lambda client, _: imodels_nb.fetch_portfolio(client, HUGE),
        lambda client, _: imodels_nb.fetch_portfolio(client, [HUGE]),
        lambda client, imodel_id: imodels_nb.download_changesets(client, imodel_id, [HUGE], "."),
        lambda client, imodel_id: imodels_nb.download_changesets(client, imodel_id, [1], HUGE),
    ],
    ids=["changeset", "personal", "ids", "id", "index", "folder"],
)
def test_a_number_of_thousands_of_digits_is_told_everywhere(
    hub: Hub, client: IModelsClient, call: Callable[[Any, str], object]
) -> None:
    with pytest.raises(ValueError, match="a number of more than 4,300 digits"):
        call(client, hub.imodel_id)
