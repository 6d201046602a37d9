"""Where the last redirect of a sign-in ends: a listener on this machine, or an address that a person pastes."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit, urlunsplit

_LOOPBACK = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}
_FIELDS = frozenset({"code", "state", "error"})
_LONGEST_ADDRESS = 16_384  # characters
_PAGE = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>imodels_nb</title>"
    "<body style='font:16px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:30rem'><p>{}</p></body></html>"
)
_THANKS = "Thank you. You can close this page and go back to your notebook."
_STRANGER = "This is not the answer to the sign-in that is waiting. Go back to your notebook and begin it again."
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Take = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Redirects:
    """Where the provider is to send the browser.

    Parameters
    ----------
    uri
        To name to the provider.
    heard
        Whether a browser on this machine is heard there.
    """

    uri: str
    heard: bool


def read_redirect(address: str) -> dict[str, str]:
    """Read the answer of a provider out of the address that it sent a browser to.

    Parameters
    ----------
    address
        A whole address, or its query alone; anything else has no fields.

    Returns
    -------
    dict
        ``code``, ``state`` and ``error``, as far as they are there once.

    Examples
    --------
    >>> from imodels_nb.auth.redirect import read_redirect
    >>> read_redirect(" http://localhost:3000/signin-callback?code=abc&state=xyz#_ ")
    {'code': 'abc', 'state': 'xyz'}
    """
    text = address.strip()
    if len(text) > _LONGEST_ADDRESS:
        return {}
    query = text.partition("?")[2] or text
    try:
        fields = parse_qs(query.partition("#")[0], max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items() if name in _FIELDS and len(values) == 1}


@contextmanager
def listening(redirect_uri: str, take: Take) -> Iterator[Redirects]:
    """Hear redirects to an http address on this machine, for as long as the context lasts.

    Parameters
    ----------
    redirect_uri
        As registered. One elsewhere, or whose port is taken, is not heard; then only pasting is left.
    take
        Given the fields of each redirect; says whether they are the answer that was waited for.
    """
    server = _server(redirect_uri, take)
    if server is None:
        yield Redirects(redirect_uri, heard=False)
        return
    thread = Thread(target=server.serve_forever, args=(0.05,), name="imodels-nb-redirect", daemon=True)
    thread.start()
    try:
        yield Redirects(_with_port(redirect_uri, server.server_port), heard=True)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # browsers open connections that say nothing; closing does not wait for those
    allow_reuse_address = os.name == "posix"  # elsewhere it would let another program listen on the same port

    def handle_error(self, *_arguments: object) -> None:
        """Write nothing: a browser that has gone away is no news."""


def _server(redirect_uri: str, take: Take) -> ThreadingHTTPServer | None:
    parts = urlsplit(redirect_uri)
    host = _LOOPBACK.get(parts.hostname or "")
    if parts.scheme != "http" or host is None or parts.port is None:
        return None
    try:
        return _Server((host, parts.port), _handler(parts.path, take))
    except OSError:
        return None


def _handler(path: str, take: Take) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds; one that says nothing holds nobody up

        def do_GET(self) -> None:
            taken = self.path.partition("?")[0] == path and take(read_redirect(self.path))
            page = _PAGE.format(_THANKS if taken else _STRANGER).encode()
            self.send_response(200 if taken else 400)
            for name, value in {**_HEADERS, "Content-Length": str(len(page))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_arguments: object) -> None:
            """Write nothing: the address holds the code."""

    return Handler


def _with_port(uri: str, port: int) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}"))
