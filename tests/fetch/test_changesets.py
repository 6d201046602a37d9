"""Fetching changesets from the sample hub."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from helpers.hub_faults import count_requests, edit_body, without_rows
from helpers.spec_sample import PAGE
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_hub import Hub, Response, build_recorded_project, generate_project, iterate_changeset_pages
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import IncompleteTimeline, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets, fetch_named_versions


@pytest.fixture(scope="module")
def whole() -> list[dict[str, Any]]:
    """Return the rows of 2,345 changesets as the API sends them."""
    return [row for page in iterate_changeset_pages(generate_project(2_345)) for row in json.loads(page)["changesets"]]


def test_the_published_example_becomes_the_expected_frame() -> None:
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


def test_a_long_timeline_is_fetched_in_pages_of_1000(hub: Hub, client: IModelsClient) -> None:
    before = count_requests(hub)
    frame = fetch_changesets(client, hub.imodel_id)
    assert frame.index.tolist() == list(range(1, 2_346))
    assert count_requests(hub) - before == 3


@pytest.mark.slow
def test_any_range_equals_that_part_of_the_timeline(hub: Hub, client: IModelsClient) -> None:
    whole = fetch_changesets(client, hub.imodel_id)

    @settings(max_examples=40, deadline=None)
    @given(after=st.integers(0, 2_400), length=st.integers(0, 2_400))
    def holds(after: int, length: int) -> None:
        part = fetch_changesets(client, hub.imodel_id, after_index=after, last_index=after + length)
        assert part["id"].tolist() == whole.loc[after + 1 : after + length, "id"].tolist()

    holds()


def test_gaps_in_the_index_are_not_a_break() -> None:
    with Hub(generate_project(1_500, gaps=True)) as hub, _client(hub) as client:
        frame = fetch_changesets(client, hub.imodel_id)
    assert len(frame) == 1_500
    assert frame.index.is_monotonic_increasing
    assert frame.index[-1] > 1_500


def test_pushes_during_a_fetch_do_not_change_it(hub: Hub, client: IModelsClient) -> None:
    def push(response: Response) -> Response:
        hub.push(3)
        return response

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


def test_an_empty_page_with_a_next_link_is_an_error(hub: Hub, client: IModelsClient) -> None:
    hub.inject(edit_body(lambda page: page.update(changesets=[])))
    with pytest.raises(UnexpectedResponse, match="has no rows, but a link to more"):
        fetch_changesets(client, hub.imodel_id)


def test_no_request_goes_to_the_host_of_a_next_link(hub: Hub, client: IModelsClient) -> None:
    foreign = {"href": "http://203.0.113.9/steal?$skip=1"}
    hub.inject(*[edit_body(lambda page: page["_links"].update(next=foreign))] * 2)
    assert len(fetch_changesets(client, hub.imodel_id)) > 2_000
    hub.inject(edit_body(lambda page: page["_links"].update(next=foreign | {"href": foreign["href"] + "000"})))
    assert len(fetch_named_versions(client, hub.imodel_id)) > 0


def test_a_list_with_circular_pages_is_an_error(hub: Hub, client: IModelsClient) -> None:
    circle = {"href": f"{hub.base_url}/?$top=5&$skip=5"}
    hub.inject(*[edit_body(lambda page: page["_links"].update(next=circle))] * 2)
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
def test_a_lasting_break_is_named(whole: list[dict[str, Any]], change: Callable[[Any], object], place: str) -> None:
    rows = copy.deepcopy(whole)
    change(rows)
    with Hub(build_recorded_project(rows)) as hub, _client(hub) as client:
        with pytest.raises(IncompleteTimeline, match=place):
            fetch_changesets(client, hub.imodel_id)
        assert count_requests(hub) == 3 + 1


@BREAKS
def test_a_break_in_one_response_is_fetched_again(
    hub: Hub, client: IModelsClient, change: Callable[[Any], object], place: str
) -> None:
    def spoil(response: Response) -> Response:
        document = json.loads(response.body)
        if document["changesets"][0]["index"] == 1:
            change(document["changesets"])
        return replace(response, body=json.dumps(document).encode())

    sound = fetch_changesets(client, hub.imodel_id)
    before = count_requests(hub)
    hub.inject(*[spoil] * 3)
    pd.testing.assert_frame_equal(fetch_changesets(client, hub.imodel_id), sound)
    assert count_requests(hub) - before == 3 + 1, place


def test_a_repeated_changeset_is_returned_once(hub: Hub, client: IModelsClient) -> None:
    hub.inject(edit_body(lambda page: page["changesets"].insert(7, page["changesets"][6])))
    assert fetch_changesets(client, hub.imodel_id).index.is_unique


def test_a_null_parent_is_not_a_break(hub: Hub, client: IModelsClient) -> None:
    hub.inject(edit_body(lambda page: page["changesets"][5].update(parentId=None)))
    assert fetch_changesets(client, hub.imodel_id)["parent_id"].isna().sum() == 1


def test_named_versions_are_sorted_and_include_hidden_ones(hub: Hub, client: IModelsClient) -> None:
    versions = fetch_named_versions(client, hub.imodel_id)
    assert versions.index.is_monotonic_increasing
    assert set(versions["state"].unique()) <= {"visible", "hidden"}
    whole = fetch_changesets(client, hub.imodel_id)
    assert versions["changeset_id"].tolist() == whole.loc[versions.index, "id"].tolist()


def _client(hub: Hub) -> IModelsClient:
    return IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url)


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


@pytest.mark.slow
@EDGES
def test_rows_missing_at_an_edge_are_fetched_again(
    hub: Hub, client: IModelsClient, lost: range, arguments: dict[str, int]
) -> None:
    sound = fetch_changesets(client, hub.imodel_id)
    first, last = arguments.get("after_index", 0) + 1, arguments.get("last_index", sound.index[-1])
    hub.inject(without_rows(*lost))
    part = fetch_changesets(client, hub.imodel_id, **arguments)
    hub.clear_faults()
    pd.testing.assert_frame_equal(part, fetch_changesets(client, hub.imodel_id, **arguments))
    assert part["id"].tolist() == sound.loc[first:last, "id"].tolist()


@EDGES
def test_rows_missing_at_an_edge_for_good_are_an_error(
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
def test_any_range_is_complete_although_a_response_lacks_rows() -> None:
    with Hub(generate_project(300, gaps=True)) as hub, _client(hub) as client:
        whole = fetch_changesets(client, hub.imodel_id)
        newest = int(whole.index[-1])

        @settings(max_examples=60, deadline=None)
        @given(
            after=st.integers(1, newest),
            length=st.integers(0, newest),
            start=st.integers(0, 300),
            many=st.integers(0, 9),
        )
        def holds(after: int, length: int, start: int, many: int) -> None:
            last = after + length
            hub.inject(without_rows(*[index for index in whole.index[start : start + many] if index < newest]))
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
def test_proving_the_edges_takes_no_further_request(arguments: dict[str, int], requests: int) -> None:
    with Hub(generate_project(2_345)) as hub, _client(hub) as client:
        frame = fetch_changesets(client, hub.imodel_id, **arguments)
        assert count_requests(hub) == requests
    first, last = arguments.get("after_index", 0) + 1, min(arguments.get("last_index", 2_345), 2_345)
    assert frame.index.tolist() == list(range(first, last + 1))


def test_changesets_pushed_during_the_last_request_are_included(hub: Hub, client: IModelsClient) -> None:
    def push(response: Response) -> Response:
        hub.push(3)
        return response

    newest = fetch_changesets(client, hub.imodel_id).index[-1]
    hub.inject(push)
    frame = fetch_changesets(client, hub.imodel_id, after_index=newest - 5, last_index=newest + 100)
    assert frame.index.tolist() == list(range(newest - 4, newest + 4))
