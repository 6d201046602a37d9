"""HTTP GET with a deadline, a limit on the body, and a way to abort it from another thread."""

import io
import os
import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.client import BadStatusLine, HTTPResponse
from threading import Event, Lock, local
from typing import Any, Protocol
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb._network import explain_connection_error
from imodels_nb._urls import is_loopback_url
from imodels_nb.api.request import Request
from imodels_nb.errors import ConnectionFailed, IModelsError, UnexpectedResponse

_CONNECT_TIMEOUT = 5  # seconds
_READ_TIMEOUT = 60  # seconds between two bytes
_PIECE = 1 << 20
_GZIP = zlib.MAX_WBITS + 16
_GZIP_MAGIC = b"\x1f\x8b"
_SWITCHING_PROTOCOLS = 101
_FIRST_FINAL_STATUS = 200


class Token(Protocol):
    """A token that does not show itself in a traceback, as a plain text would."""

    @property
    def token(self) -> str:
        """The text for the header."""
        ...


@dataclass(frozen=True)
class HttpResponse:
    """An answer of any status; its body is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Cancellation(Event):
    """Stops the requests of one fetch: none starts any more, and those under way are cut off."""

    def __init__(self) -> None:
        super().__init__()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = Lock()

    def set(self) -> None:
        """Stop: whoever waits for an answer gets an error at once."""
        super().set()
        with self._lock:
            sockets = list(self._sockets)
        for one in sockets:
            _shut_down(one)

    def add(self, one: socket.socket) -> None:
        """Register the socket of a request that starts."""
        with self._lock:
            self._sockets.add(one)
        if self.is_set():
            _shut_down(one)

    def remove(self, one: socket.socket) -> None:
        """Forget the socket of a request that is over: another fetch may use it next."""
        with self._lock:
            self._sockets.discard(one)


class HttpTransport:
    """The connections to one service.

    Parameters
    ----------
    base_url
        URL of the service.
    max_connections
        Number of connections that stay open between requests.
    timeout
        Seconds for one request as a whole.
    max_response_bytes
        Largest body that is taken in, compressed or not.
    """

    def __init__(self, base_url: str, max_connections: int, *, timeout: float, max_response_bytes: int) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._max_bytes = max_response_bytes
        self._adapter = AbortableHTTPAdapter(max_connections)
        self._session = RedirectFreeSession()
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._session.headers["Accept-Encoding"] = "gzip"
        self._session.trust_env = not is_loopback_url(base_url)  # a company's proxy does not know this machine

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def release_after_fork(self) -> None:
        """Close this process's copies of the connections; the parent process goes on using them."""
        self._adapter.release_after_fork()

    def send(self, request: Request, token: Token, stop: Event) -> HttpResponse | IModelsError:
        """Send once. A failure is returned: raised here, it would show the token."""
        failure: IModelsError
        deadline = time.monotonic() + self._timeout
        try:
            with (
                supervised(stop, deadline),
                self._session.get(
                    self._base_url + request.path,
                    params=request.params,
                    headers=request.headers(),
                    auth=_Bearer(token),
                    timeout=(_CONNECT_TIMEOUT, _READ_TIMEOUT),
                    allow_redirects=False,  # a redirect could carry the token to another host
                    stream=True,  # the raw bytes are read in half the time of requests' own way
                ) as answer,
            ):
                body = read_body(answer, self._max_bytes)
                return HttpResponse(answer.status_code, answer.headers, body)
        except _TooLarge:
            failure = UnexpectedResponse(
                f"The answer of {self._base_url} is larger than {self._max_bytes:,} bytes, the most that this client "
                "takes in. If it should be that large, allow more by IModelsClient(..., max_response_bytes=...)."
            )
        except (requests.RequestException, HTTPError, EOFError, OSError, ValueError) as error:
            failure = self._explain(error, is_late=time.monotonic() >= deadline)
        return failure

    def _explain(self, error: Exception, *, is_late: bool) -> ConnectionFailed:
        """Build the error for an exchange that failed, and say whether another try may help."""
        if is_late:
            return ConnectionFailed(
                f"The answer of {self._base_url} did not come whole within {self._timeout:g} s. Run it again later. "
                "If the network is that slow, allow more by IModelsClient(..., timeout=...).",
                is_retryable=False,
            )
        problem = explain_connection_error(error)
        if problem.is_about_certificates:
            advice = (
                "If your network inspects encrypted connections, set REQUESTS_CA_BUNDLE to the file with its CA "
                "certificates."
            )
        elif problem.is_retryable:
            advice = "Check the network and base_url, then run it again."
        else:
            advice = "Check base_url, the network and the settings of the proxy (HTTPS_PROXY)."
        return ConnectionFailed(
            f"No whole answer from {self._base_url}: {problem.cause}. {advice}", is_retryable=problem.is_retryable
        )


class AbortableHTTPAdapter(HTTPAdapter):
    """Connections that keep to a deadline and that another thread can abort, behind a proxy too.

    Parameters
    ----------
    max_connections
        Number of connections that stay open between requests.
    """

    def __init__(self, max_connections: int) -> None:
        self._open: WeakSet[socket.socket] = WeakSet()
        super().__init__(pool_connections=2, pool_maxsize=max_connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have every connection registered as it opens."""
        super().init_poolmanager(*args, **kwargs)
        self._supervise(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Have every connection through a proxy registered as it opens."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            self._supervise(manager)
        return manager

    def abort(self) -> None:
        """End every connection now; whoever reads from one gets an error at once."""
        for one in list(self._open):
            _shut_down(one)

    def release_after_fork(self) -> None:
        """Close the descriptors that a child process has inherited, without a word to the service."""
        for one in list(self._open):
            with suppress(OSError):
                os.close(one.detach())

    def _supervise(self, manager: Any) -> None:
        classes = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: self._supervised(pool) for scheme, pool in classes.items()}

    def _supervised(self, pool_class: Any) -> type:
        connection_class = type("Connection", (_SupervisedConnection, pool_class.ConnectionCls), {"opened": self._open})
        return type(pool_class.__name__, (pool_class,), {"ConnectionCls": connection_class})


@dataclass
class _Exchange:
    """The request that this thread sends now."""

    stop: Event
    deadline: float
    sock: socket.socket | None = None

    def use(self, sock: socket.socket) -> None:
        self.release()
        self.sock = sock
        if isinstance(self.stop, Cancellation):
            self.stop.add(sock)

    def release(self) -> None:
        if self.sock is not None and isinstance(self.stop, Cancellation):
            self.stop.remove(self.sock)


class _Active(local):
    exchange: _Exchange | None = None


_ACTIVE = _Active()


@contextmanager
def supervised(stop: Event, deadline: float) -> Iterator[None]:
    """Have the request that this thread sends in the block end at a deadline, or when `stop` is set.

    Parameters
    ----------
    stop
        A :class:`Cancellation`; any other event ends nothing.
    deadline
        Time by the monotonic clock.
    """
    _ACTIVE.exchange = exchange = _Exchange(stop, deadline)
    try:
        yield
    finally:
        _ACTIVE.exchange = None
        exchange.release()


class _SupervisedConnection:
    """A mixin for the connections of urllib3."""

    opened: WeakSet[socket.socket]
    sock: socket.socket | None

    @property
    def response_class(self) -> Any:
        exchange = _ACTIVE.exchange
        return partial(_SupervisedResponse, deadline=exchange.deadline if exchange else float("inf"))

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # the class that this is mixed into
        self._register()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._register()
        super().request(*args, **kwargs)  # type: ignore[misc]  # the class that this is mixed into

    def _register(self) -> None:
        if self.sock is not None:
            self.opened.add(self.sock)
            if _ACTIVE.exchange:
                _ACTIVE.exchange.use(self.sock)


class _SupervisedResponse(HTTPResponse):
    """An answer that has to come before a deadline. Interim answers (status 1xx) are passed over."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach(), deadline))

    def begin(self) -> None:
        super().begin()
        while self.status < _FIRST_FINAL_STATUS:  # http.client passes over 100 only
            if self.status == _SWITCHING_PROTOCOLS:
                raise BadStatusLine("101, which was not asked for")
            self.headers = self.msg = None  # type: ignore[assignment]  # so that it reads on
            super().begin()


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a deadline, however small the pieces are that come."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        self._sock, self._raw, self._deadline = sock, raw, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the request has passed")
        with suppress(OSError):  # it is closed: reading says so
            self._sock.settimeout(min(left, _READ_TIMEOUT))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class RedirectFreeSession(requests.Session):
    """A session that follows no redirect and reads none: requests would read its body without a limit."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the signature of requests
        """Return ``None``, as if no response were a redirect."""
        return None


class _Bearer(AuthBase):
    """Sets the header per request; unlike a default header, it is not replaced by an entry of ``~/.netrc``."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.token}"
        return request


class _TooLarge(Exception):  # noqa: N818 - never leaves this module
    """A body is larger than the limit."""


def read_body(answer: requests.Response, limit: int) -> bytes:
    """Read a body in pieces and decompress it.

    Raises
    ------
    EOFError
        If the gzip stream is cut short or damaged. urllib3 would take a short one for the whole.
    """
    pieces: list[bytes] = []
    left = limit
    while piece := answer.raw.read(_PIECE, decode_content=False):
        left -= len(piece)
        if left < 0:
            raise _TooLarge
        pieces.append(piece)
    body = b"".join(pieces)
    is_gzip = "gzip" in answer.headers.get("Content-Encoding", "").lower()
    return decompress(body, limit) if is_gzip else body


def decompress(body: bytes, limit: int) -> bytes:
    """Decompress gzip, whose members may be several (RFC 1952, 2.2).

    Raises
    ------
    EOFError
        If it is cut short or damaged.
    """
    members: list[bytes] = []
    left = limit
    while True:
        stream = zlib.decompressobj(_GZIP)
        try:
            member = stream.decompress(body, left + 1)
        except zlib.error:
            raise EOFError("the gzip stream is damaged") from None
        left -= len(member)
        if left < 0:
            raise _TooLarge
        if not stream.eof:
            raise EOFError("the gzip stream is cut short")
        members.append(member)
        body = stream.unused_data
        if not body.startswith(_GZIP_MAGIC):
            break
    if body.strip(b"\0"):
        raise EOFError("something follows the gzip stream")
    return members[0] if len(members) == 1 else b"".join(members)


def _shut_down(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
