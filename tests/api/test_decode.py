"""Page bytes to Arrow rows, and what is said of anything else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from helpers.spec_sample import PAGE
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import (
    CHANGESET_FULL,
    CHANGESET_GROUPS,
    CHANGESETS,
    CHANGESETS_FULL,
    CHECKPOINT,
    IMODELS,
    NAMED_VERSIONS,
    USERS,
    ResponseSchema,
)
from imodels_nb.errors import DamagedValueWarning, UnexpectedResponse


def _page_with(**changed: Any) -> bytes:
    document = json.loads(PAGE)
    document["changesets"][1].update(changed)
    return json.dumps(document).encode()


def _page_without(field: str) -> bytes:
    document = json.loads(PAGE)
    del document["changesets"][1][field]
    return json.dumps(document).encode()


def test_published_page_is_decoded() -> None:
    page = decode(PAGE, CHANGESETS)
    published = json.loads(PAGE)["changesets"]
    for field in ("id", "displayName", "description", "index", "parentId", "creatorId", "state", "groupId"):
        assert page.rows.column(field).to_pylist() == [row[field] for row in published]
    for field in ("containingChanges", "fileSize", "briefcaseId"):
        assert page.rows.column(field).to_pylist() == [row[field] for row in published]
    assert page.next_href == json.loads(PAGE)["_links"]["next"]["href"]


@pytest.mark.parametrize("links", [{}, {"next": None}, None, {"next": {"href": None}}])
def test_null_link_and_missing_link_end_the_list(links: Any) -> None:
    body = json.dumps({"changesets": [], "_links": links}).encode()
    assert decode(body, CHANGESETS).next_href is None


def test_byte_order_mark_and_unknown_fields_are_ignored() -> None:
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
        (_page_with(pushDateTime="2024-13-45"), 'should be an ISO 8601 time, but is the string "2024-13-45"'),
        (
            _page_with(index=int("9" * 4300)),
            "$.changesets[1].index should be a whole number, but is a number that is too large",
        ),
        (b'{"changesets": [' + b"9" * 5000 + b"]}", "$.changesets[0] should be an object, but is a number"),
        (b"null", "$ should be an object, but is null"),
        (b"[]", "$ should be an object, but is an array"),
        (b"{}", "$ has no 'changesets'"),
        (b'{"error": {"code": "x"}}', "$ has no 'changesets'"),
        (b'{"changesets": null, "_links": {}}', "$ has no 'changesets'"),
        (b'{"changesets": {}, "_links": {}}', "$.changesets should be an array, but is an object"),
        (b'{"changesets": [null], "_links": {}}', "$.changesets[0] should be an object, but is null"),
        (b'{"changesets": [], "_links": {"next": "x"}}', "$._links.next should be an object"),
        (_page_with(fileSize="139"), '$.changesets[1].fileSize should be a whole number, but is the string "139"'),
        (_page_with(fileSize=1.5), "$.changesets[1].fileSize should be a whole number, but is 1.5"),
        (_page_with(fileSize=2**63), "$.changesets[1].fileSize should be a whole number"),
        (_page_with(index=True), "$.changesets[1].index should be a whole number, but is true"),
        (_page_with(index=None), "$.changesets[1] has no 'index'"),
        (_page_without("id"), "$.changesets[1] has no 'id'"),
        (
            _page_with(pushDateTime="yesterday"),
            "$.changesets[1].pushDateTime should be an ISO 8601 time, but is a string of 9 ch",
        ),
        (_page_with(creatorId=7), "$.changesets[1].creatorId should be a string, but is 7"),
        (PAGE.replace(b'"index": 1,', b'"index": 1, "index": 1,'), "not one well-formed JSON object"),
    ],
)
def test_violation_has_its_json_path(body: bytes, said: str) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        decode(body, CHANGESETS)
    assert said in str(caught.value)


def test_full_form_with_and_without_synchronization_info() -> None:
    info = {"taskId": "t-1", "changedFiles": ["a.dgn", "b.dgn"]}
    rows = decode(_page_with(synchronizationInfo=info, application={"id": "a", "name": None}), CHANGESETS_FULL).rows
    assert rows.column("synchronizationInfo").to_pylist() == [None, info, None, None]
    assert rows.column("application").to_pylist()[1] == {"id": "a", "name": None}


@given(
    when=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - Hypothesis wants naive bounds
    digits=st.integers(0, 9),
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_times_are_exact(when: datetime, digits: int, offset: int) -> None:
    fraction = f"{when.microsecond:06d}000"[:digits]
    sign = "+" if offset >= 0 else "-"
    zone = f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    text = f"{when:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{fraction}{zone}"
    read = decode(_page_with(pushDateTime=text), CHANGESETS).rows.column("pushDateTime")[1]
    stored = when.replace(microsecond=int(f"{fraction:0<6}"[:6])).replace(tzinfo=UTC)
    assert read.as_py().to_pydatetime() == stored - timedelta(minutes=offset)  # exact, as seconds in a float are not


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        decode(body, CHANGESETS)


SECRETS = ["Bearer eyJhbGciOi", "https://x.blob.core.windows.net/c?sig=abc%3D", "CANARY-token-123", "s3cret", "12 34"]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("schema", [CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS, USERS, CHECKPOINT])
def test_an_error_shows_no_text_of_the_page(secret: str, schema: ResponseSchema) -> None:
    rows: list[Any] = [secret, [secret], {"id": 7, "index": secret, "changesetIndex": [secret], "statistics": secret}]
    for value in (*rows, rows):
        with pytest.raises(UnexpectedResponse) as caught:
            decode(json.dumps({schema.name: value, "_links": {"next": secret}}).encode(), schema)
        assert secret not in str(caught.value)
        assert secret not in repr(caught.value.__dict__)


HALVES = {
    b'"cut \\ud83d"': "cut \ufffd",
    b'"\\ude00 low"': "\ufffd low",
    b'"two \\ud83d\\ud83d\\ude00"': "two \ufffd\U0001f600",
    b'"raw \xed\xa0\xbd"': "raw \ufffd",
    b'"bytes \xf0\x9f"': "bytes \ufffd\ufffd",
}
LISTS: dict[str, tuple[ResponseSchema, str, str]] = {
    "changesets": (CHANGESETS, "description", "pushDateTime"),
    "full changesets": (CHANGESETS_FULL, "application.name", "pushDateTime"),
    "one changeset": (CHANGESET_FULL, "description", "pushDateTime"),
    "named versions": (NAMED_VERSIONS, "name", "createdDateTime"),
    "users": (USERS, "displayName", "statistics.lastChangesetPushDate"),
    "groups": (CHANGESET_GROUPS, "description", "createdDateTime"),
    "iModels": (IMODELS, "displayName", "lastChangesetPushDateTime"),
}
ROW = {
    "id": "a",
    "index": 8,
    "creatorId": "c",
    "pushDateTime": "2024-01-01T00:00:00Z",
    "state": "fileUploaded",
    "containingChanges": 0,
    "fileSize": 1,
    "briefcaseId": 2,
    "name": "n",
    "changesetIndex": 8,
    "createdDateTime": "2024-01-01T00:00:00Z",
}


def _body(schema: ResponseSchema, **fields: Any) -> bytes:
    row: dict[str, Any] = dict(ROW)
    for path, value in fields.items():
        *parents, name = path.split(".")
        row |= {parents[0]: {name: value}} if parents else {name: value}
    rows = [ROW, row] if schema.is_list else row
    return json.dumps({schema.name: rows, "unknown": "x"}).encode()


def _value(rows: pa.RecordBatch, path: str) -> Any:
    value = rows.slice(rows.num_rows - 1).to_pylist()[0]
    for name in path.split("."):
        value = value[name]
    return value


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", LISTS)
def test_half_a_character_is_replaced_with_a_warning(half: bytes, name: str) -> None:
    schema, text, _ = LISTS[name]
    body = _body(schema, **{text: "@"}).replace(b'"@"', half)
    row = rf"\$\.{schema.name}" + (r"\[1\]" if schema.is_list else "")
    with pytest.warns(DamagedValueWarning, match=rf"{row}\.{text}.* half a character") as caught:
        rows = decode(body, schema).rows
    assert len(caught) == 1
    assert _value(rows, text) == HALVES[half]


@pytest.mark.parametrize(
    "date",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.9999999Z",
        "2016-12-31T23:59:60Z",
        "1500-01-01",
    ],
)
@pytest.mark.parametrize("name", LISTS)
def test_a_date_out_of_range_is_missing_with_a_warning(date: str, name: str) -> None:
    schema, _, time = LISTS[name]
    row = rf"\$\.{schema.name}" + (r"\[1\]" if schema.is_list else "")
    with pytest.warns(DamagedValueWarning, match=rf"{row}\.{time}.* date .* missing") as caught:
        rows = decode(_body(schema, **{time: date}), schema).rows
    assert len(caught) == 1
    assert _value(rows, time) is None


def test_one_warning_counts_all_damaged_values() -> None:
    rows = [ROW | {"index": index, "pushDateTime": "0001-01-01T00:00:00Z"} for index in range(8, 1008)]
    with pytest.warns(DamagedValueWarning) as caught:
        page = decode(json.dumps({"changesets": rows}).encode(), CHANGESETS)
    assert page.rows.num_rows == 1000
    (message,) = [str(warning.message) for warning in caught]
    assert message == (
        "$.changesets[0].pushDateTime (changeset 8) has a date that pandas cannot store, so it is missing here;"
        " 999 more values of this page are damaged. The other values are complete."
    )


def test_half_a_character_in_an_unknown_field_is_ignored() -> None:
    body = _body(USERS).replace(b'"x"', b'"\\ud83d"')
    assert decode(body, USERS).rows.num_rows == 2


@pytest.mark.parametrize("problem", [{"pushDateTime": None}, {"index": "8"}, {"pushDateTime": "soon"}])
def test_a_damaged_page_is_still_checked(problem: dict[str, Any]) -> None:
    rows = [ROW | {"pushDateTime": "0001-01-01T00:00:00Z", "description": "\ud83d"}, ROW | problem]
    with pytest.raises(UnexpectedResponse, match=r"\$\.changesets\[1\]"):
        decode(json.dumps({"changesets": rows}).encode(), CHANGESETS)
