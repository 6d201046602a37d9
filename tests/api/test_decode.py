"""Page bytes to Arrow rows, and what is said of anything else."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from helpers.spec_sample import PAGE
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL
from imodels_nb.errors import UnexpectedResponse


def _page_with(**changed: Any) -> bytes:
    document = json.loads(PAGE)
    document["changesets"][1].update(changed)
    return json.dumps(document).encode()


def _page_without(field: str) -> bytes:
    document = json.loads(PAGE)
    del document["changesets"][1][field]
    return json.dumps(document).encode()


def test_the_published_page_decodes_to_its_four_rows() -> None:
    page = decode(PAGE, CHANGESETS)
    published = json.loads(PAGE)["changesets"]
    for field in ("id", "displayName", "description", "index", "parentId", "creatorId", "state", "groupId"):
        assert page.rows.column(field).to_pylist() == [row[field] for row in published]
    for field in ("containingChanges", "fileSize", "briefcaseId"):
        assert page.rows.column(field).to_pylist() == [row[field] for row in published]
    assert page.next_href == json.loads(PAGE)["_links"]["next"]["href"]


@pytest.mark.parametrize("links", [{}, {"next": None}, None, {"next": {"href": None}}])
def test_a_null_link_and_a_missing_one_both_end_the_list(links: Any) -> None:
    body = json.dumps({"changesets": [], "_links": links}).encode()
    assert decode(body, CHANGESETS).next_href is None


def test_a_byte_order_mark_and_unknown_fields_do_no_harm() -> None:
    assert decode(b"\xef\xbb\xbf" + _page_with(somethingNew={"a": [1]}), CHANGESETS).rows.num_rows == 4


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON (it is empty)"),
        (b"<html><body>Login</body></html>", "not JSON"),
        (PAGE[:-10], "not JSON"),
        (PAGE + b"{}", "not JSON"),
        (PAGE + PAGE, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"null", "$ should be an object, but is null"),
        (b"[]", "$ should be an object, but is an array"),
        (b"{}", "$ has no 'changesets'"),
        (b'{"error": {"code": "x"}}', "$ has no 'changesets'"),
        (b'{"changesets": null, "_links": {}}', "$ has no 'changesets'"),
        (b'{"changesets": {}, "_links": {}}', "$.changesets should be an array, but is an object"),
        (b'{"changesets": [null], "_links": {}}', "$.changesets[0] should be an object, but is null"),
        (b'{"changesets": [], "_links": {"next": "x"}}', "$._links.next should be an object"),
        (_page_with(fileSize="139"), '$.changesets[1].fileSize should be a whole number, but is "139"'),
        (_page_with(fileSize=1.5), "$.changesets[1].fileSize should be a whole number, but is 1.5"),
        (_page_with(fileSize=2**63), "$.changesets[1].fileSize should be a whole number"),
        (_page_with(index=True), "$.changesets[1].index should be a whole number, but is true"),
        (_page_with(index=None), "$.changesets[1] has no 'index'"),
        (_page_without("id"), "$.changesets[1] has no 'id'"),
        (_page_with(pushDateTime="yesterday"), '$.changesets[1].pushDateTime should be an ISO 8601 time, but is "yest'),
        (_page_with(creatorId=7), "$.changesets[1].creatorId should be a string, but is 7"),
        (PAGE.replace(b'"index": 1,', b'"index": 1, "index": 1,'), "not one well-formed JSON object"),
    ],
)
def test_anything_else_is_named_with_its_path(body: bytes, said: str) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        decode(body, CHANGESETS)
    assert said in str(caught.value)


def test_the_full_form_keeps_what_was_synchronised_and_forgives_its_absence() -> None:
    info = {"taskId": "t-1", "changedFiles": ["a.dgn", "b.dgn"]}
    rows = decode(_page_with(synchronizationInfo=info, application={"id": "a", "name": None}), CHANGESETS_FULL).rows
    assert rows.column("synchronizationInfo").to_pylist() == [None, info, None, None]
    assert rows.column("application").to_pylist()[1] == {"id": "a", "name": None}


@given(
    when=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - Hypothesis wants naive bounds
    digits=st.integers(0, 9),
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_times_of_any_fraction_and_offset_are_read_exactly(when: datetime, digits: int, offset: int) -> None:
    fraction = f"{when.microsecond:06d}000"[:digits]
    sign = "+" if offset >= 0 else "-"
    zone = f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    text = f"{when:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{fraction}{zone}"
    read = decode(_page_with(pushDateTime=text), CHANGESETS).rows.column("pushDateTime")[1]
    kept = when.replace(microsecond=int(f"{fraction:0<6}"[:6])).replace(tzinfo=UTC)
    assert read.as_py().to_pydatetime().timestamp() == kept.timestamp() - offset * 60


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_no_bytes_whatever_crash_the_parser(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        decode(body, CHANGESETS)
