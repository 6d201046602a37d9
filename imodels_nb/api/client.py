"""One GET: authorized, paced, tried again when that helps, and with clear errors. Nothing else speaks to the API."""

import os
from http import HTTPStatus
from threading import Event, Lock
from typing import NoReturn, Protocol, Self, SupportsIndex
from weakref import WeakSet

from imodels_nb.api import addresses
from imodels_nb.api.arguments import number_above_zero, whole_number
from imodels_nb.api.gate import Gate, Stopped, Turn
from imodels_nb.api.refusals import count, refusal
from imodels_nb.api.request import Request
from imodels_nb.api.retries import Retries
from imodels_nb.api.transport import HttpResponse, HttpTransport, Token
from imodels_nb.errors import IModelsError

_REMAINING = "iTwinPlatform-RateLimit-RemainingCalls"
_MOST_WORKERS = 64
_TIMEOUT = 90.0
_MAX_RESPONSE_BYTES = 64 * 2**20


class Credential(Protocol):
    """Anything that hands out a token on request, as azure-identity's credentials do."""

    def get_token(self, *scopes: str, force_refresh: bool = False) -> Token:
        """Return a token that is valid now."""
        ...


class IModelsClient:
    """A connection to the iModels API; a context manager.

    All threads and all iModels that use it share one gate, which goes as fast as the service bears and no faster.

    Parameters
    ----------
    credential
        Asked for a token before each request. The client keeps none.
    base_url
        Where the API stands; ``/imodels`` is below it, and may be left on. Off this machine, https only.
    max_workers
        How many requests may be under way at once, 1 to 64.
    timeout
        Seconds that one request may take as a whole, from its connection to the last byte of its answer.
    max_response_bytes
        The largest answer that is taken in, compressed or not.

    Raises
    ------
    TypeError
        When `credential` has no ``get_token``, or `base_url` is not text.
    ValueError
        When `base_url` is not an http(s) address, is unencrypted, or is not where the credential may be used; or when
        `max_workers`, `timeout` or `max_response_bytes` is out of range.

    Notes
    -----
    In a process that was forked from this one, the client starts anew, with connections of its own. It cannot be
    pickled: where processes are spawned, make one in each.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        base_url: str = "https://api.bentley.com",
        max_workers: int = 8,
        timeout: float = _TIMEOUT,
        max_response_bytes: int = _MAX_RESPONSE_BYTES,
    ) -> None:
        _check_credential(credential)
        self.base_url = addresses.root(base_url)
        addresses.check(self.base_url, getattr(credential, "allowed_origins", None))
        self.max_workers = whole_number("max_workers", max_workers, 1, _MOST_WORKERS)
        self.timeout = number_above_zero("timeout", timeout)
        self.max_response_bytes = whole_number("max_response_bytes", max_response_bytes, 1)
        self._credential = credential
        self._inherited: list[HttpTransport] = []
        self._start()
        _CLIENTS.add(self)

    def _start(self) -> None:
        self.gate = Gate(self.max_workers)
        self._refreshing = Lock()
        self._retries = Retries()
        self._transport = HttpTransport(
            self.base_url, self.max_workers, timeout=self.timeout, max_response_bytes=self.max_response_bytes
        )

    def start_after_fork(self) -> None:
        """Start anew in a child process: what was inherited belongs to threads and answers of the parent process."""
        self._transport.release_after_fork()
        self._inherited.append(self._transport)  # kept: its locks may be held by threads that do not exist here
        self._start()

    def __repr__(self) -> str:
        return f"IModelsClient(base_url={self.base_url!r}, max_workers={self.max_workers})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "IModelsClient is neither pickled nor copied: it holds connections and a credential. Make one in each "
            "process, inside the function that the process runs: IModelsClient(credential, base_url=...)."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._transport.close()

    def sign_in(self) -> None:
        """Ask for a token in the calling thread, where waiting for a person is seen and can be interrupted."""
        self._credential.get_token()

    def get(self, request: Request, stop: Event | None = None) -> bytes:
        """GET one resource.

        Parameters
        ----------
        request
            What to get.
        stop
            Once set, no further try is made; a :class:`imodels_nb.api.transport.Cancellation` cuts off the one under
            way, too.

        Returns
        -------
        bytes
            The body of a 200, decompressed.

        Raises
        ------
        ConnectionFailed
            When no whole answer came: not in `timeout` seconds, or several times over.
        UnexpectedResponse
            When the answer is larger than `max_response_bytes`.
        HTTPStatusError
            One of its kinds for any other status. What may pass (429, 500, 502, 503, 504) is tried again first, and a
            401 once, with a fresh token, where there is one.
        """
        stop = stop or Event()
        attempt = 1
        while True:
            with self.gate.turn(stop) as turn:
                outcome = self._exchange(request, turn, stop)
                if isinstance(outcome, bytes):
                    return outcome
                if stop.is_set():
                    raise Stopped
                pause = self._retries.pause(outcome, attempt)
                if pause is None:
                    break
                turn.refused(pause)
            attempt += 1
        raise outcome

    def _exchange(self, request: Request, turn: Turn, stop: Event) -> bytes | IModelsError:
        """Send once, and again if the token was stale. A failure is returned: raised here, it would show the token."""
        token = self._credential.get_token()
        answer = self._transport.send(request, token, stop)
        if isinstance(answer, HttpResponse) and answer.status == HTTPStatus.UNAUTHORIZED:
            stale, token = token, self._fresh_token(token)
            if token.token != stale.token:
                answer = self._transport.send(request, token, stop)
        if isinstance(answer, IModelsError):
            return answer
        if answer.status != HTTPStatus.OK:
            return refusal(
                answer.status, answer.headers, answer.body, secret=token.token, permission=request.permission
            )
        self._retries.earn()
        turn.answered(count(answer.headers.get(_REMAINING)))
        return answer.body

    def _fresh_token(self, stale: Token) -> Token:
        """Have the token renewed, once for all threads that were refused with the same one."""
        with self._refreshing:
            token = self._credential.get_token()
            return self._credential.get_token(force_refresh=True) if token.token == stale.token else token


_CLIENTS: WeakSet[IModelsClient] = WeakSet()


def _start_clients_after_fork() -> None:
    for client in list(_CLIENTS):
        client.start_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_clients_after_fork)


def _check_credential(credential: object) -> None:
    if not hasattr(credential, "get_token"):
        raise TypeError(
            "credential should have get_token: pass the .credential of what login() returned, "
            "or StaticTokenCredential(token)."
        )


def check_client(client: object) -> None:
    """Check that the argument `client` is a client, before any request.

    Raises
    ------
    TypeError
        If it is something else, such as a credential.
    """
    if not isinstance(client, IModelsClient):
        raise TypeError(
            f"client should be an IModelsClient, not {type(client).__name__}. "
            "Build one with client = IModelsClient(credential)."
        )
