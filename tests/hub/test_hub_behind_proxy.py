"""Pages of the sign-in behind a proxy that serves them below its own path.

jupyter-server-proxy is such a proxy on Binder. It takes its prefix off,
keeps the Host that the browser sent, and adds the headers that jupyter-server-proxy 4 adds.
"""

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from helpers.hub_requests import HttpResponse, ask, get, post

from imodels_hub import Hub

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Proxy(BaseHTTPRequestHandler):
    """Serves ``/user/someone/proxy/PORT/…`` from this machine's port."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on(None)

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def _pass_on(self, body: bytes | None) -> None:
        *prefix, port, path = self.path.split("/", 5)[1:]
        context = "/".join(["", *prefix, port])
        added = dict.fromkeys(("X-Forwarded-Context", "X-ProxyContextPath", "X-Forwarded-Prefix"), context)
        upstream = HTTPConnection("127.0.0.1", int(port), timeout=30)
        upstream.request(self.command, f"/{path}", body, {**self.headers, **added, "X-Forwarded-Proto": "https"})
        response = upstream.getresponse()
        content = response.read()
        upstream.close()
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def proxy_url() -> Iterator[Callable[[str], str]]:
    """Return the URL of an address of the hub behind the proxy."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def behind(url: str) -> str:
            parts = urlsplit(url)
            prefix = f"http://127.0.0.1:{server.server_port}/user/someone/proxy/{parts.port}"
            return prefix + parts._replace(scheme="", netloc="").geturl()

        yield behind
        server.shutdown()
        thread.join()


class Form(HTMLParser):
    """The form that a browser sends for a button of a page, and its URL."""

    def __init__(self, page: HttpResponse) -> None:
        super().__init__()
        self.action, self.fields, self.links = "", dict[str, str](), list[str]()
        self.feed(page.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.links += [given[name] for name in ("href", "src", "action") if name in given]
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self.fields[given["name"]] = given["value"]


def test_approval_behind_a_proxy(start: Callable[..., Hub], proxy_url: Callable[[str], str]) -> None:
    hub = start()
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    address = proxy_url(begun["verification_uri_complete"])
    page = ask(address)
    form = Form(page)
    assert (page.status, page.headers["cache-control"], page.headers["x-frame-options"]) == (200, "no-store", "DENY")
    assert all("/" not in link for link in form.links), "a link that begins at the root leaves the proxy's path"
    done = post(urljoin(address, form.action), **form.fields, decision="approve")
    assert (done.status, done.headers["cache-control"], done.headers["x-frame-options"]) == (200, "no-store", "DENY")
    assert b"Signed in" in done.body
    polled = {"client_id": hub.client_id, "grant_type": DEVICE, "device_code": begun["device_code"]}
    token = post(f"{hub.identity_url}/connect/token", **polled).json["access_token"]
    assert get(hub, "/changesets", Authorization=f"Bearer {token}").status == 200


def test_wrong_code_behind_a_proxy_can_be_corrected(hub: Hub, proxy_url: Callable[[str], str]) -> None:
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    address = proxy_url(begun["verification_uri"])
    wrong = post(urljoin(address, Form(ask(address)).action), user_code="BBBB-BBBB", decision="deny")
    assert (wrong.status, wrong.headers["cache-control"]) == (404, "no-store")
    again = post(urljoin(address, Form(wrong).action), user_code=begun["user_code"], decision="deny")
    assert again.status == 200
    polled = {"client_id": hub.client_id, "grant_type": DEVICE, "device_code": begun["device_code"]}
    assert post(f"{hub.identity_url}/connect/token", **polled).json == {"error": "access_denied"}


def test_redirect_behind_a_proxy(hub: Hub, proxy_url: Callable[[str], str]) -> None:
    query = {
        "client_id": hub.client_id,
        "response_type": "code",
        "redirect_uri": "http://localhost:3000/signin-callback",
        "state": "s",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    address = proxy_url(f"{hub.identity_url}/connect/authorize?{urlencode(query)}")
    form = Form(ask(address))
    sent = post(urljoin(address, form.action), **form.fields, decision="approve")
    back = urlsplit(sent.headers["location"])
    assert (sent.status, back.netloc, back.path) == (302, "localhost:3000", "/signin-callback")
    assert parse_qs(back.query).keys() == {"code", "state"}


BEHIND = {"Host": "notebooks.example.org", "Origin": "https://notebooks.example.org"}


def test_sign_in_through_a_proxy_with_an_allowed_host(
    start: Callable[..., Hub], proxy_url: Callable[[str], str]
) -> None:
    # The proxy passes on the host name of the browser, which does not resolve on this machine.
    hub = start(allowed_hosts=["notebooks.example.org"])
    begun = post(f"{hub.identity_url}/connect/device_authorization", client_id=hub.client_id).json
    address = proxy_url(begun["verification_uri_complete"])
    form = Form(ask(address, Host=BEHIND["Host"]))
    body = urlencode({**form.fields, "decision": "approve"})
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    assert b"Signed in" in ask(urljoin(address, form.action), "POST", body, **kind, **BEHIND).body
    foreign = {**BEHIND, "Origin": "https://evil.example"}
    assert ask(urljoin(address, form.action), "POST", body, **kind, **foreign).status == 403


def test_unknown_host_behind_a_proxy_is_forbidden(hub: Hub, proxy_url: Callable[[str], str]) -> None:
    refused = ask(proxy_url(f"{hub.identity_url}/device"), Host="notebooks.example.org")
    assert (refused.status, refused.error["code"]) == (403, "ForbiddenHost")
