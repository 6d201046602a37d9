"""HTTP connections of requests that keep a deadline and can be aborted."""

import io
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import BadStatusLine, HTTPResponse
from threading import Event, Lock, local
from typing import Any
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter

CONNECT_TIMEOUT = 5.0
"""Seconds to open a connection."""

READ_TIMEOUT = 60.0
"""Seconds between two pieces of a response."""

CA_BUNDLE_VARIABLE = "IMODELS_NB_CA_BUNDLE"
"""Environment variable that names a file of CA certificates."""

_SWITCHING_PROTOCOLS = 101
_MIN_FINAL_STATUS = 200


class Cancellation(Event):
    """An event that also aborts the requests under way when it is set."""

    def __init__(self) -> None:
        super().__init__()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = Lock()

    def set(self) -> None:
        """Set the event, and abort the requests under way: they fail at once."""
        super().set()
        with self._lock:
            sockets = list(self._sockets)
        for sock in sockets:
            _shut_down(sock)

    def add(self, sock: socket.socket) -> None:
        """Register the socket of a request that starts."""
        with self._lock:
            self._sockets.add(sock)
        if self.is_set():
            _shut_down(sock)

    def remove(self, sock: socket.socket) -> None:
        """Remove the socket of a request that has ended: another request may use it next."""
        with self._lock:
            self._sockets.discard(sock)


class NoRedirectSession(requests.Session):
    """A session that follows no redirect, and that reads ``IMODELS_NB_CA_BUNDLE``.

    Even with ``allow_redirects=False``, requests would read the whole body of a redirect, even a huge one.
    """

    def merge_environment_settings(self, *args: Any, **kwargs: Any) -> Any:
        """Merge the settings of the environment; ours come before those of requests."""
        settings = super().merge_environment_settings(*args, **kwargs)
        bundle = os.environ.get(CA_BUNDLE_VARIABLE, "").strip()
        return {**settings, "verify": bundle} if bundle and self.trust_env else settings

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the signature of requests
        """Return ``None``, as if no response were a redirect."""
        return None


class AbortableHTTPAdapter(HTTPAdapter):
    """An adapter whose connections :func:`limit_request` can limit.

    They are direct or lead through a proxy.

    Parameters
    ----------
    max_connections
        Number of connections that stay open between requests.
    """

    def __init__(self, max_connections: int) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        super().__init__(pool_connections=2, pool_maxsize=max_connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Open direct connections of our class."""
        super().init_poolmanager(*args, **kwargs)
        self._use_own_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Open connections of our class through a proxy."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            self._use_own_connections(manager)
        return manager

    def abort(self) -> None:
        """Cancel all requests under way: they fail at once."""
        for sock in list(self._sockets):
            _shut_down(sock)

    def release_after_fork(self) -> None:
        """Close the inherited descriptors in a child process.

        The connections of the parent process stay open.
        """
        for sock in list(self._sockets):
            with suppress(OSError):
                os.close(sock.detach())

    def _use_own_connections(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": self._build_connection_class(pool.ConnectionCls)})
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }

    def _build_connection_class(self, base: type) -> type:
        return type(base.__name__, (_LimitedConnection, base), {"sockets": self._sockets})


@contextmanager
def limit_request(stop: Event, deadline: float) -> Iterator[None]:
    """Cancel the request of this thread at a deadline, or when `stop` is set.

    This holds for the request that the thread sends in the block.

    Parameters
    ----------
    stop
        A :class:`Cancellation`. Any other event does not abort the request.
    deadline
        Time of the monotonic clock.
    """
    limits = _RequestLimits(stop, deadline)
    _CURRENT.limits = limits
    try:
        yield
    finally:
        _CURRENT.limits = None
        limits.release()


class _RequestLimits:
    """The limits of one request, and the socket that it uses."""

    def __init__(self, stop: Event, deadline: float) -> None:
        self.deadline = deadline
        self._stop = stop
        self._sock: socket.socket | None = None

    def use(self, sock: socket.socket) -> None:
        self.release()
        self._sock = sock
        if isinstance(self._stop, Cancellation):
            self._stop.add(sock)

    def release(self) -> None:
        if self._sock is not None and isinstance(self._stop, Cancellation):
            self._stop.remove(self._sock)


class _Current(local):
    """The limits of the request that this thread sends now."""

    limits: _RequestLimits | None = None


_CURRENT = _Current()


class _LimitedConnection:
    """A mixin for the connection classes of urllib3."""

    sockets: WeakSet[socket.socket]
    sock: socket.socket | None

    @property
    def response_class(self) -> Any:
        limits = _CURRENT.limits
        return partial(_LimitedResponse, deadline=limits.deadline if limits else float("inf"))

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # the class that this is mixed into
        self._register()

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._register()
        super().request(*args, **kwargs)  # type: ignore[misc]  # the class that this is mixed into

    def _register(self) -> None:
        # The socket, not the connection: http.client drops its own at "Connection: close", and reads on.
        if self.sock is not None:
            self.sockets.add(self.sock)
            if _CURRENT.limits:
                _CURRENT.limits.use(self.sock)


class _LimitedResponse(HTTPResponse):
    """A response that has to arrive before a deadline.

    Interim responses (1xx) are skipped.
    """

    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(sock, self.fp.detach(), deadline))

    def begin(self) -> None:
        super().begin()
        while self.status < _MIN_FINAL_STATUS:  # http.client skips 100 only, and takes 103 for the response
            if self.status == _SWITCHING_PROTOCOLS:
                raise BadStatusLine("101 without a request for it")
            self.headers = None  # type: ignore[assignment]  # begin() reads on only without headers
            self.msg = None  # type: ignore[assignment]  # another name of the headers
            super().begin()


class _DeadlineReader(io.RawIOBase):
    """A reader of a socket that stops at a deadline.

    The timeout of a socket starts again with each byte that arrives; this one does not.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        with suppress(OSError):  # the socket is closed, and the read below raises
            self._sock.settimeout(min(seconds, READ_TIMEOUT))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
