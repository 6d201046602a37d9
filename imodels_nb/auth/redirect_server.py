"""Listener on this machine for the last redirect of a sign-in.

MSAL has `AuthCodeReceiver` for this, which opens a browser and sends no Content-Security-Policy.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit, urlunsplit

_LOOPBACK_HOSTS = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1"}
_FIELDS = frozenset({"code", "state", "error"})
_MAX_ADDRESS = 16_384  # characters
_PAGE = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>imodels_nb</title>"
    "<body style='font:16px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:30rem'><p>{}</p></body></html>"
)
_SUCCESS_PAGE = "Thank you. You can close this page and go back to your notebook."
_ERROR_PAGE = "This is not the redirect of the sign-in that is waiting. Go back to your notebook and start it again."
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

ResponseHandler = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """The address that the provider sends the browser to.

    Parameters
    ----------
    uri
        Address for the provider.
    is_listening
        Whether the redirect of a browser on this machine arrives here.
    """

    uri: str
    is_listening: bool


def parse_redirect(address: str) -> dict[str, str]:
    """Parse the response of a provider in the address that a browser was sent to.

    Parameters
    ----------
    address
        Whole address, or its query alone; any other text has no fields.

    Returns
    -------
    dict
        The fields ``code``, ``state`` and ``error``, without those that are missing or repeated.

    Examples
    --------
    >>> from imodels_nb.auth.redirect_server import parse_redirect
    >>> parse_redirect(" http://localhost:3000/signin-callback?code=abc&state=xyz#_ ")
    {'code': 'abc', 'state': 'xyz'}
    """
    text = address.strip()
    if len(text) > _MAX_ADDRESS:
        return {}
    query = text.partition("?")[2] or text
    try:
        fields = parse_qs(query.partition("#")[0], max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items() if name in _FIELDS and len(values) == 1}


@contextmanager
def listen_for_redirect(redirect_uri: str, accept: ResponseHandler) -> Iterator[RedirectTarget]:
    """Start a listener for redirects to this machine, and stop it after the block.

    Parameters
    ----------
    redirect_uri
        Registered address. If it is on another machine, or if its port is taken, there is no listener, and the person
        has to paste the address.
    accept
        Function that gets the fields of each redirect and returns whether they belong to the sign-in.
    """
    server = _create_server(redirect_uri, accept)
    if server is None:
        yield RedirectTarget(redirect_uri, is_listening=False)
        return
    thread = Thread(target=server.serve_forever, args=(0.05,), name="imodels-nb-redirect", daemon=True)
    thread.start()
    try:
        yield RedirectTarget(_replace_port(redirect_uri, server.server_port), is_listening=True)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # browsers open connections that they do not use; closing does not wait for those
    allow_reuse_address = os.name == "posix"  # elsewhere it would let another program listen on the same port

    def handle_error(self, *_arguments: object) -> None:
        """Write nothing: a browser may close its connection at any time."""


def _create_server(redirect_uri: str, accept: ResponseHandler) -> ThreadingHTTPServer | None:
    parts = urlsplit(redirect_uri)
    host = _LOOPBACK_HOSTS.get(parts.hostname or "")
    if parts.scheme != "http" or host is None or parts.port is None:
        return None
    try:
        return _Server((host, parts.port), _build_handler(parts.path, accept))
    except OSError:
        return None


def _build_handler(path: str, accept: ResponseHandler) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds for one request

        def do_GET(self) -> None:
            is_accepted = self.path.partition("?")[0] == path and accept(parse_redirect(self.path))
            page = _PAGE.format(_SUCCESS_PAGE if is_accepted else _ERROR_PAGE).encode()
            self.send_response(200 if is_accepted else 400)
            for name, value in {**_HEADERS, "Content-Length": str(len(page))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_arguments: object) -> None:
            """Write nothing: the address contains the code."""

    return Handler


def _replace_port(uri: str, port: int) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}"))
