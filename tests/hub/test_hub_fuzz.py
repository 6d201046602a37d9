"""Whatever is asked, in whatever way, the hub answers, and never with a 500."""

import json
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from helpers.hub_requests import ask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from imodels_hub import Hub, generate_project
from imodels_hub.api import query
from imodels_hub.api.query import ListParameters
from imodels_hub.http.routes import ROUTES

KNOWN = [each for each in vars(query).values() if isinstance(each, ListParameters)]
PARAMETERS = sorted(
    {"$top", "$skip", "$continuationToken", "$orderBy", *(name for one in KNOWN for name in one.filters)}
)
PROPERTIES = [
    *("id", "description", "parentId", "briefcaseId", "containingChanges", "fileSize", "groupId", "changesetId"),
    *("synchronizationInfo", "state", "name", "data", "deviceName", "lockedObjects", "iTwinId", "extent"),
    *("containersEnabled", "creationMode", "template", "baselineFile", "geographicCoordinateSystem", "size"),
]
AWKWARD = ["0", "1", "-1", "9" * 39, "9" * 40, "f" * 40, "%ff", "%00", "..", "me", "٣", "\U0001f600", "' OR 1=1--"]
ALLOWED = {200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 422}

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
BODIES = (
    LOCKS.map(json.dumps)
    | NEW.map(json.dumps)
    | LIKELY.map(json.dumps)
    | st.none()
    | JSON.map(json.dumps)
    | st.text(max_size=20)
)
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "Prefer", "Accept_Encoding", "Range", "Content_Type", "x_ms_blob_type"]),
    st.sampled_from(["", "*/*", "gzip", "return=representation", "bytes=0-", "bytes=9-3", "BlockBlob", 'a;b=,="c']),
)
CHECKS = settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Hub]:
    with Hub(generate_project(60)) as running:
        yield running


def encoded(part: object) -> str:
    """Leave broken escapes as they are, and escape what no URL can hold."""
    return quote(str(part).encode("utf-8", "replace"), safe="%")


@st.composite
def paths(draw: st.DrawFn, real: list[str]) -> str:
    """Fill the variable parts of a route, often with what is there."""
    route = draw(st.sampled_from(ROUTES)).path
    while "…" in route:
        route = route.replace("…", encoded(draw(st.sampled_from(real) | PARTS)) or "-", 1)
    return route


@pytest.mark.slow
@CHECKS
@given(data=st.data())
def test_no_route_parameter_header_or_body_breaks_the_service(fuzzed: Hub, data: st.DataObject) -> None:
    project = fuzzed._settings.project
    real = [fuzzed.imodel_id] * 3 + [project.users[0].id, project.named_versions[0].id, "2", "3", "60"]
    path = data.draw(paths(real))
    query = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=4))
    url = f"{fuzzed.base_url}{path}?{urlencode({k: v.encode('utf-8', 'replace') for k, v in query.items()})}"
    method = data.draw(st.sampled_from(["GET"] * 4 + ["POST", "PATCH", "PUT", "DELETE"]))
    body = data.draw(BODIES) if method != "GET" else None
    body = body and body.replace("ITWIN", fuzzed.itwin_id)
    assume(method != "DELETE" or urlsplit(url).path.rstrip("/") != f"/imodels/{fuzzed.imodel_id}")
    headers = {"Authorization": f"Bearer {fuzzed.token}", **data.draw(HEADERS)}
    reply = ask(url, method, None if body is None else body.encode("utf-8", "replace"), **headers)
    assert reply.status in ALLOWED
    if reply.headers.get("content-encoding") != "gzip" and reply.status != 204:
        assert reply.json


@pytest.mark.slow
@CHECKS
@given(data=st.data())
def test_no_form_breaks_the_sign_in(fuzzed: Hub, data: st.DataObject) -> None:
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
    known = st.sampled_from([fuzzed.client_id, fuzzed.service_client_id, "code", "S256", "approve", *grants])
    form = data.draw(st.dictionaries(st.sampled_from(fields + more), known | VALUES, max_size=7))
    text = urlencode({name: value.encode("utf-8", "replace") for name, value in form.items()})
    headers = {"Content_Type": "application/x-www-form-urlencoded"}
    if data.draw(st.booleans()):
        headers["Authorization"] = data.draw(st.sampled_from(["Basic !", "Basic YQ==", "Basic /w==", "Basic", "x y"]))
    url = f"{fuzzed.identity_url}/connect/{path}"
    asked = (f"{url}?{text}", "GET", None) if data.draw(st.booleans()) else (url, "POST", text)
    reply = ask(*asked, **headers)
    assert reply.status in ALLOWED | {302}


@pytest.mark.slow
@CHECKS
@given(imodel=PARTS, name=PARTS, query=st.dictionaries(st.sampled_from(["se", "sp", "sig"]), VALUES), method=VALUES)
def test_no_link_breaks_the_storage(fuzzed: Hub, imodel: str, name: str, query: dict[str, str], method: str) -> None:
    text = urlencode({key: value.encode("utf-8", "replace") for key, value in query.items()})
    url = f"{fuzzed.base_url}/blobs/{encoded(imodel) or '-'}/{encoded(name) or '-'}?{text}"
    assert ask(url, "PUT" if method > "m" else "GET").status in ALLOWED


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_body_that_is_nested_too_deep_is_no_json_object(fuzzed: Hub, opening: str) -> None:
    for path in ("changesets", "namedversions", "changesetgroups", "changesets/3/extendeddata"):
        url = f"{fuzzed.base_url}/imodels/{fuzzed.imodel_id}/{path}"
        reply = ask(url, "POST", opening * 100_000, Authorization=f"Bearer {fuzzed.token}")
        assert (reply.status, reply.error["details"][0]["code"]) == (422, "InvalidRequestBody")


def test_without_a_token_every_route_is_closed(fuzzed: Hub) -> None:
    for route in ROUTES:
        for method in route.operations:
            path = route.path.replace("…", fuzzed.imodel_id)
            assert ask(fuzzed.base_url + path, method).status == 401


def test_token_without_permissions_is_forbidden(fuzzed: Hub) -> None:
    token = fuzzed.issue_token(permissions=[])
    for route in ROUTES:
        if route.version == "v2":
            path = route.path.replace("…", fuzzed.imodel_id) + f"?iTwinId={fuzzed.itwin_id}"
            replies = [
                ask(fuzzed.base_url + path, method, Authorization=f"Bearer {token}") for method in route.operations
            ]
            assert {reply.status for reply in replies} == {403}
