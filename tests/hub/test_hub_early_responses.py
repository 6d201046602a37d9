"""Requests that a hub refuses early: of foreign pages, or with an invalid body."""

import json
import socket
from collections.abc import Callable
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from helpers.hub_requests import ask, get

from imodels_hub import Hub, generate_project

MEGABYTE = 1 << 20


def paths(hub: Hub) -> list[str]:
    changeset = get(hub, "/changesets/1").json["changeset"]
    return [
        f"{hub.base_url}/imodels/{hub.imodel_id}/changesets",
        f"{hub.base_url}/itwins",
        f"{hub.identity_url}/.well-known/openid-configuration",
        f"{hub.identity_url}/device",
        changeset["_links"]["download"]["href"],
        f"{hub.base_url}/nowhere",
    ]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "203.0.113.9", "[::2]", ""]
)
def test_foreign_host_is_refused_everywhere(hub: Hub, host: str) -> None:
    # DNS rebinding sends such a Host header: a foreign name with the address of this machine.
    for url in paths(hub):
        token = {} if "/blobs/" in url else {"Authorization": f"Bearer {hub.token}"}
        response = ask(url, Host=host, **token)
        assert (response.status, response.error["code"]) == (403, "ForbiddenHost")
        assert "--allow-host" in response.error["message"]
    assert ask(f"{hub.identity_url}/connect/token", "POST", "grant_type=x", Host=host).status == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:1", "localhost", "LOCALHOST:8888", "localhost.", "[::1]:80", "127.1.2.3"]
)
def test_loopback_names_are_allowed(hub: Hub, host: str) -> None:
    assert get(hub, "/changesets?$top=1", Host=host).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://evil.example:1", "null", "nonsense", "http://127.0.0.1:1", "file://"]
)
def test_foreign_origin_is_refused_everywhere(hub: Hub, origin: str) -> None:
    for url in paths(hub):
        token = {} if "/blobs/" in url else {"Authorization": f"Bearer {hub.token}"}
        response = ask(url, Origin=origin, **token)
        assert (response.status, response.error["code"]) == (403, "ForbiddenOrigin")
    form = "user_code=BCDF-GHJK&decision=approve"
    assert ask(f"{hub.identity_url}/device", "POST", form, Origin=origin).status == 403


def test_malformed_host_is_400(hub: Hub) -> None:
    assert get(hub, "/changesets", Host="x@127.0.0.1").status == 400


def test_own_origin_is_allowed(hub: Hub) -> None:
    assert get(hub, "/changesets?$top=1", Origin=hub.base_url).status == 200
    behind = {"Host": "localhost:8888", "Origin": "http://localhost:8888"}
    assert get(hub, "/changesets?$top=1", **behind).status == 200


def test_hosts_can_be_allowed(start: Callable[..., Hub]) -> None:
    hub = start(allowed_hosts=["lab.example.org", "Other.Example:8888", "203.0.113.9"])
    for host in ("lab.example.org", "LAB.example.org:443", "other.example", "203.0.113.9:80", "localhost"):
        assert get(hub, "", Host=host).status == 200
        assert get(hub, "", Host=host, Origin=f"https://{host}").status == 200
    assert get(hub, "", Origin="https://lab.example.org").status == 200
    assert get(hub, "", Host="evil.example").status == 403
    assert get(hub, "", Host="lab.example.org", Origin="https://evil.example").status == 403


def test_all_hosts_can_be_allowed(start: Callable[..., Hub]) -> None:
    hub = start(allowed_hosts=["*"])
    assert get(hub, "", Host="any.example", Origin="https://other.example").status == 200


@pytest.mark.parametrize("name", ["", " ", "http://lab.example.org", "lab example", "*.example.org", 7])
def test_invalid_allowed_host_is_an_error(start: Callable[..., Hub], name: str) -> None:
    with pytest.raises(ValueError, match="allowed_hosts"):
        start(allowed_hosts=[name])


def test_one_text_is_no_list_of_hosts(start: Callable[..., Hub]) -> None:
    with pytest.raises(ValueError, match=r"allowed_hosts should be a list of names, such as \['lab.example.org'\]"):
        start(allowed_hosts="lab.example.org")


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Basic eDp5"])
@pytest.mark.parametrize("kind", ["Content-Length: 50000000", "Transfer-Encoding: chunked"])
def test_large_body_without_token_is_refused_before_it_is_read(hub: Hub, token: str | None, kind: str) -> None:
    head = [f"POST /imodels/{hub.imodel_id}/namedversions HTTP/1.1", f"Host: {urlsplit(hub.base_url).netloc}", kind]
    head += [f"Authorization: {token}"] if token else []
    with closing(send_head(hub, head)) as connection:
        response = connection.recv(1 << 16)
    assert response.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert json.loads(response.partition(b"\r\n\r\n")[2])["error"]["code"] == (
        "Unauthorized" if token else "HeaderNotFound"
    )


def test_large_unsigned_file_is_refused_before_it_is_read(hub: Hub) -> None:
    path = f"/blobs/{hub.imodel_id}/{'a' * 40}.cs"
    head = [f"PUT {path} HTTP/1.1", f"Host: {urlsplit(hub.base_url).netloc}", "Content-Length: 50000000"]
    with closing(send_head(hub, head)) as connection:
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 403 Forbidden\r\n")
    with closing(send_head(hub, [*head, "Expect: 100-continue"])) as connection:
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_client_that_sends_a_large_body_reads_the_error(hub: Hub) -> None:
    body = b"x" * (8 * MEGABYTE)
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/namedversions"
    assert ask(url, "POST", body).error["code"] == "HeaderNotFound"
    assert ask(f"{hub.base_url}/blobs/{hub.imodel_id}/{'a' * 40}.cs", "PUT", body).status == 403
    foreign = ask(url, "POST", body, Host="evil.example", Authorization=f"Bearer {hub.token}")
    assert foreign.error["code"] == "ForbiddenHost"


def test_oversized_body_is_413(hub: Hub) -> None:
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/namedversions"
    response = ask(url, "POST", b"x" * (2 * MEGABYTE), Authorization=f"Bearer {hub.token}")
    assert (response.status, response.error["code"]) == (413, "RequestTooLarge")
    assert hub.log[-1] == "POST /imodels/…/namedversions 413"


def test_large_file_is_uploaded(start: Callable[..., Hub]) -> None:
    hub = start(generate_project(3))
    head = get(hub, "/changesets/3").json["changeset"]
    owner = get(hub, f"/briefcases/{head['briefcaseId']}").json["briefcase"]["ownerId"]
    token, size = f"Bearer {hub.issue_token(owner)}", 9 * MEGABYTE
    body = {"id": "a" * 40, "parentId": head["id"], "briefcaseId": head["briefcaseId"], "fileSize": size}
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/changesets"
    links = ask(url, "POST", json.dumps(body), Authorization=token).json["changeset"]["_links"]
    assert ask(links["upload"]["href"], "PUT", b"x" * size, x_ms_blob_type="BlockBlob").status == 201
    done = json.dumps({"state": "fileUploaded", "briefcaseId": head["briefcaseId"]})
    assert ask(links["complete"]["href"], "PATCH", done, Authorization=token).status == 200


def send_head(hub: Hub, head: list[str]) -> socket.socket:
    """Send the head of a request, and nothing of its body."""
    parts = urlsplit(hub.base_url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=10)
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    return connection
