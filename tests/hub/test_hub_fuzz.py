"""Random requests: the hub responds to each, and never with 500."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote, urlencode, urlsplit

import pytest
from helpers.hub_requests import ask
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from imodels_hub import Hub, generate_project
from imodels_hub.api import query
from imodels_hub.api.query import ListParameters
from imodels_hub.http.routes import ROUTES

KNOWN = [value for value in vars(query).values() if isinstance(value, ListParameters)]
PARAMETERS = sorted(
    {"$top", "$skip", "$continuationToken", "$orderBy", *(name for one in KNOWN for name in one.filters)}
)
PROPERTIES = [
    *("id", "description", "parentId", "briefcaseId", "containingChanges", "fileSize", "groupId", "changesetId"),
    *("synchronizationInfo", "state", "name", "data", "deviceName", "lockedObjects", "iTwinId", "extent"),
    *("containersEnabled", "creationMode", "template", "baselineFile", "geographicCoordinateSystem", "size"),
    *("changesetIndex", "preserveHistory", "iModelId"),
]
AWKWARD = ["0", "1", "-1", "9" * 39, "9" * 40, "f" * 40, "%ff", "%00", "..", "me", "٣", "\U0001f600", "' OR 1=1--"]
ALLOWED = {200, 201, 202, 204, 400, 401, 403, 404, 405, 409, 413, 422}

PARTS = st.sampled_from(AWKWARD) | st.text(max_size=8) | st.uuids().map(str)
VALUES = st.sampled_from([*AWKWARD, "", "index desc", "surname,givenName desc", "MC4", "true"]) | st.text(max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(AWKWARD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PROPERTIES), inner, max_size=6),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(PROPERTIES, JSON | st.sampled_from(["a" * 40, 2, 3, "fileUploaded", "completed", "YQ=="])),
)
LOCKED = st.fixed_dictionaries(
    {
        "lockLevel": st.sampled_from(["none", "shared", "exclusive", "x"]),
        "objectIds": st.lists(st.sampled_from(["0x1", "0xff", "x", 7]), max_size=3),
    }
)
LOCKS = st.fixed_dictionaries({"briefcaseId": st.sampled_from([2, 3, 60, "2"]), "lockedObjects": st.lists(LOCKED)})
NEW = st.fixed_dictionaries(
    {"name": st.text(min_size=1, max_size=9), "iTwinId": st.just("ITWIN")},
    optional={"baselineFile": st.just({"size": 4}) | JSON, "extent": JSON, "containersEnabled": JSON},
)
COPY = st.fixed_dictionaries(
    {"iTwinId": st.just("ITWIN")},
    optional={
        "name": st.text(max_size=9),
        "changesetIndex": st.integers(-1, 62) | JSON,
        "changesetId": st.sampled_from(["", "a" * 40]) | JSON,
        "preserveHistory": st.booleans() | JSON,
        "template": st.fixed_dictionaries({"iModelId": st.just("IMODEL")}, optional={"changesetId": JSON}),
    },
)
BODIES = (
    COPY.map(json.dumps)
    | LOCKS.map(json.dumps)
    | NEW.map(json.dumps)
    | LIKELY.map(json.dumps)
    | st.none()
    | JSON.map(json.dumps)
    | st.text(max_size=20)
)
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "Prefer", "Accept_Encoding", "Range", "Content_Type", "x_ms_blob_type"]),
    st.sampled_from(["", "*/*", "gzip", "return=representation", "bytes=0-", "bytes=9-3", "BlockBlob", 'a;b=,="c'])
    | st.sampled_from(["image/png", "image/jpeg;q", "application/json", "W/*", '"0x1"']),
)
CHECKS = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(CHECKS, max_examples=5_000)
METHODS = ["GET"] * 4 + ["POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "X"]


@pytest.fixture(scope="module")
def small_hub() -> Iterator[Hub]:
    with Hub(generate_project(60), neighbors=[generate_project(3, seed=8)]) as running:
        yield running


def encode(part: object) -> str:
    """Encode characters that no URL can contain; leave broken escapes as they are."""
    return quote(str(part).encode("utf-8", "replace"), safe="%")


@st.composite
def paths(draw: st.DrawFn, real: list[str]) -> str:
    """Draw a route whose variable parts are often those of existing things."""
    route = draw(st.sampled_from(ROUTES)).path
    while "…" in route:
        route = route.replace("…", encode(draw(st.sampled_from(real) | PARTS)) or "-", 1)
    return route


@pytest.mark.slow
@CHECKS
@given(data=st.data())
def test_no_route_parameter_header_or_body_breaks_the_service(small_hub: Hub, data: st.DataObject) -> None:
    request_anything(small_hub, data)


@pytest.mark.long
@pytest.mark.timeout(1800)
@MANY
@given(data=st.data())
def test_no_request_of_thousands_breaks_the_service(small_hub: Hub, data: st.DataObject) -> None:
    request_anything(small_hub, data)


def request_anything(small_hub: Hub, data: st.DataObject) -> None:
    """Send a request that is drawn; the service responds, and never with 500."""
    project, neighbor = small_hub._settings.project, small_hub._settings.neighbors[0]
    real = [small_hub.imodel_id] * 3 + [project.users[0].id, project.named_versions[0].id, "2", "3", "60"]
    real.append(neighbor.imodel.id)
    path = data.draw(paths(real))
    query = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=4))
    url = f"{small_hub.base_url}{path}?{urlencode({k: v.encode('utf-8', 'replace') for k, v in query.items()})}"
    method = data.draw(st.sampled_from(METHODS))
    body = data.draw(BODIES) if method != "GET" else None
    body = body and body.replace("ITWIN", small_hub.itwin_id).replace("IMODEL", small_hub.imodel_id)
    assume(method != "DELETE" or urlsplit(url).path.rstrip("/") != f"/imodels/{small_hub.imodel_id}")
    headers = {"Authorization": f"Bearer {small_hub.token}", **data.draw(HEADERS)}
    response = ask(url, method, None if body is None else body.encode("utf-8", "replace"), **headers)
    assert response.status in ALLOWED
    is_json = response.headers.get("content-type") == "application/json"
    if is_json and response.headers.get("content-encoding") != "gzip" and method != "HEAD":
        assert response.json
    assert is_json or response.status in {200, 201, 202, 204}


@pytest.mark.slow
@CHECKS
@given(data=st.data())
def test_no_form_breaks_the_sign_in(small_hub: Hub, data: st.DataObject) -> None:
    path = data.draw(
        st.sampled_from(["device_authorization", "token", "revocation", "authorize", "../device", "../.well-known/x"])
    )
    fields = [
        "client_id",
        "grant_type",
        "scope",
        "device_code",
        "user_code",
        "decision",
        "refresh_token",
        "code",
        "token",
    ]
    more = ["redirect_uri", "response_type", "code_challenge", "code_challenge_method", "request", "client_secret"]
    grants = [
        "authorization_code",
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ]
    known = st.sampled_from([small_hub.client_id, small_hub.service_client_id, "code", "S256", "approve", *grants])
    form = data.draw(st.dictionaries(st.sampled_from(fields + more), known | VALUES, max_size=7))
    text = urlencode({name: value.encode("utf-8", "replace") for name, value in form.items()})
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    if data.draw(st.booleans()):
        headers["Authorization"] = data.draw(st.sampled_from(["Basic !", "Basic YQ==", "Basic /w==", "Basic", "x y"]))
    url = f"{small_hub.identity_url}/connect/{path}"
    asked = (f"{url}?{text}", "GET", None) if data.draw(st.booleans()) else (url, "POST", text)
    response = ask(*asked, **headers)
    assert response.status in ALLOWED | {302}


@pytest.mark.slow
@CHECKS
@given(imodel=PARTS, name=PARTS, query=st.dictionaries(st.sampled_from(["se", "sp", "sig"]), VALUES), method=VALUES)
def test_no_link_breaks_the_storage(small_hub: Hub, imodel: str, name: str, query: dict[str, str], method: str) -> None:
    text = urlencode({key: value.encode("utf-8", "replace") for key, value in query.items()})
    url = f"{small_hub.base_url}/blobs/{encode(imodel) or '-'}/{encode(name) or '-'}?{text}"
    assert ask(url, "PUT" if method > "m" else "GET").status in ALLOWED


@CHECKS
@given(data=st.data())
def test_no_request_with_a_valid_link_breaks_the_storage(small_hub: Hub, data: st.DataObject) -> None:
    path = (
        f"/blobs/{small_hub.imodel_id}/{data.draw(st.sampled_from(['any', 'checkpoint-0.bim', 'baseline.bim', 'é']))}"
    )
    right = data.draw(st.sampled_from("rw"))
    signed = small_hub._signer.sign(quote(path), 10, right)
    more = data.draw(st.dictionaries(st.sampled_from(["comp", "blockid", "timeout"]), VALUES | st.just("block")))
    text = urlencode({name: value.encode("utf-8", "replace") for name, value in more.items()})
    names = st.sampled_from(["Range", "If_Range", "If_Match", "If_None_Match", "x_ms_blob_type", "Content_Type"])
    values = st.sampled_from(
        ["", "*", "bytes=-1", "bytes=5-", "bytes=9-3", "bytes=0-0,2-", "BlockBlob", '"0x1", W/"é"']
    )
    headers = {
        name: value.encode().decode("latin-1") for name, value in data.draw(st.dictionaries(names, values)).items()
    }
    body = data.draw(st.binary(max_size=30) | st.just(b"<BlockList><Latest>\xff</Latest></BlockList>"))
    method = data.draw(st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]))
    response = ask(f"{small_hub.base_url}{quote(path)}?{signed}&{text}", method, body, **headers)
    assert response.status in ALLOWED | {206, 304, 412, 416}


HEADS = st.sampled_from(
    [
        *(
            "Content-Length: x",
            "Content-Length: -1",
            "Content-Length: 5, 6",
            f"Content-Length: {10**30}",
            "Content-Length: 3",
        ),
        *("Transfer-Encoding: chunked", "Transfer-Encoding: x", "Expect: 100-continue", "Connection: close"),
        *(
            "Host:",
            "Host: 127.0.0.1:x",
            "Host: [::1",
            "Origin: http://[",
            "Authorization: Bearer",
            " folded",
            "no colon",
        ),
        *("Accept: \xff", "Content-Type: image/png", ": empty", "Upgrade: h2c", "X-HTTP-Method-Override: DELETE"),
    ]
)
LINES = st.sampled_from(["GET / HTTP/1.1", "POST /imodels HTTP/1.1", "GET * HTTP/1.1", "PUT http://x/imodels HTTP/1.0"])


@CHECKS
@given(
    line=LINES | st.text(max_size=30).map(lambda text: text.replace("\n", " ")),
    heads=st.lists(HEADS, max_size=5),
    body=st.binary(max_size=20) | st.just(b"3\r\nabc\r\n0\r\n\r\n"),
)
@example(line="POST /imodels HTTP/1.1", heads=["Host: [::1", "Content-Length: x"], body=b"")
@example(line="POST /imodels HTTP/1.1", heads=["Host: [::1", f"Content-Length: {'9' * 5000}"], body=b"")
def test_no_bytes_make_the_server_hang_or_fail(small_hub: Hub, line: str, heads: list[str], body: bytes) -> None:
    head = "".join(f"{text}\r\n" for text in (line, *heads, f"Authorization: Bearer {small_hub.token}", ""))
    port = urlsplit(small_hub.base_url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode("utf-8", "replace") + body)
        connection.shutdown(socket.SHUT_WR)
        response = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                response += part
    statuses = {int(text) for text in re.findall(rb"^HTTP/1\.1 (\d+)", response, re.MULTILINE)}
    assert statuses <= ALLOWED | {100}
    assert (
        ask(f"{small_hub.base_url}/imodels/{small_hub.imodel_id}", Authorization=f"Bearer {small_hub.token}").status
        == 200
    )


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_body_that_is_nested_too_deep_is_no_json_object(small_hub: Hub, opening: str) -> None:
    for path in ("changesets", "namedversions", "changesetgroups", "changesets/3/extendeddata"):
        url = f"{small_hub.base_url}/imodels/{small_hub.imodel_id}/{path}"
        response = ask(url, "POST", opening * 100_000, Authorization=f"Bearer {small_hub.token}")
        assert (response.status, response.error["details"][0]["code"]) == (422, "InvalidRequestBody")


def test_without_a_token_every_route_is_closed(small_hub: Hub) -> None:
    for route in ROUTES:
        for method in route.operations:
            path = route.path.replace("…", small_hub.imodel_id)
            assert ask(small_hub.base_url + path, method).status == 401


def test_token_without_permissions_is_forbidden(small_hub: Hub) -> None:
    token = small_hub.issue_token(permissions=[])
    for route in ROUTES:
        if route.version == "v2":
            path = route.path.replace("…", small_hub.imodel_id) + f"?iTwinId={small_hub.itwin_id}"
            responses = [
                ask(small_hub.base_url + path, method, Authorization=f"Bearer {token}") for method in route.operations
            ]
            assert {response.status for response in responses} == {403}
