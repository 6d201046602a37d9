"""One GET: authorized, paced, tried again when that helps, and with clear errors. Nothing else speaks to the API."""

from http import HTTPStatus
from threading import Event, Lock
from typing import Protocol, Self

from imodels_nb.api import addresses
from imodels_nb.api.arguments import whole_number
from imodels_nb.api.gate import Gate, Turn
from imodels_nb.api.refusals import count, refusal
from imodels_nb.api.request import Request
from imodels_nb.api.retries import Retries
from imodels_nb.api.wire import Answer, Token, Wire
from imodels_nb.errors import ConnectionFailed, IModelsError

_REMAINING = "iTwinPlatform-RateLimit-RemainingCalls"
_MOST_WORKERS = 64


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

    Raises
    ------
    TypeError
        When `credential` has no ``get_token``, or `base_url` is not text.
    ValueError
        When `base_url` is not an http(s) address, is unencrypted, or is not where the credential may be used; or when
        `max_workers` is out of range.
    """

    def __init__(
        self, credential: Credential, *, base_url: str = "https://api.bentley.com", max_workers: int = 8
    ) -> None:
        _check_credential(credential)
        self.base_url = addresses.root(base_url)
        addresses.check(self.base_url, getattr(credential, "allowed_origins", None))
        self.max_workers = whole_number("max_workers", max_workers, 1, _MOST_WORKERS)
        self.gate = Gate(self.max_workers)
        self._credential = credential
        self._refreshing = Lock()
        self._retries = Retries()
        self._wire = Wire(self.base_url, self.max_workers)

    def __repr__(self) -> str:
        return f"IModelsClient(base_url={self.base_url!r}, max_workers={self.max_workers})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._wire.close()

    def hang_up(self) -> None:
        """Cut the connections, so that nobody goes on waiting for an answer."""
        self._wire.cut()

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
            Once set, no further try is made.

        Returns
        -------
        bytes
            The body of a 200, decompressed.

        Raises
        ------
        ConnectionFailed
            When no whole answer came, several times over.
        HTTPStatusError
            One of its kinds for any other status. What may pass (429, 500, 502, 503, 504) is tried again first, and a
            401 once, with a fresh token, where there is one.
        """
        stop = stop or Event()
        attempt = 1
        while True:
            with self.gate.turn(stop) as turn:
                outcome = self._exchange(request, turn)
                if isinstance(outcome, bytes):
                    return outcome
                pause = self._retries.pause(outcome, attempt)
                if pause is None:
                    break
                turn.refused(pause)
            attempt += 1
        raise outcome

    def _exchange(self, request: Request, turn: Turn) -> bytes | IModelsError:
        """Send once, and again if the token was stale. A failure is returned: raised here, it would show the token."""
        token = self._credential.get_token()
        answer = self._wire.send(request, token)
        if isinstance(answer, Answer) and answer.status == HTTPStatus.UNAUTHORIZED:
            stale, token = token, self._fresh_token(token)
            if token.token != stale.token:
                answer = self._wire.send(request, token)
        if isinstance(answer, ConnectionFailed):
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


def _check_credential(credential: object) -> None:
    if not hasattr(credential, "get_token"):
        raise TypeError(
            "credential should have get_token: pass the .credential of what login() returned, "
            "or StaticTokenCredential(token)."
        )
