"""One GET: authorized, paced, tried again when that helps, and with clear errors. Nothing else speaks to the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Event, Lock
from typing import Protocol, Self
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb.api.bodies import inflated
from imodels_nb.api.connections import Connections
from imodels_nb.api.gate import Gate, Turn
from imodels_nb.api.refusals import refusal
from imodels_nb.api.retries import Retries
from imodels_nb.errors import ConnectionFailed, IModelsError

_ACCEPT = "application/vnd.bentley.itwin-platform.{version}+json"
MINIMAL, FULL = "return=minimal", "return=representation"
"""The two forms of the lists that have both."""

_REMAINING = "iTwinPlatform-RateLimit-RemainingCalls"
_TIMEOUT = (5, 60)
_MOST_WORKERS = 64


class _Token(Protocol):
    @property
    def token(self) -> str: ...


class Credential(Protocol):
    """Anything that hands out a token on request, as azure-identity's credentials do."""

    def get_token(self, *scopes: str, force_refresh: bool = False) -> _Token:
        """Return a token that is valid now."""
        ...


@dataclass(frozen=True)
class Request:
    """What to GET.

    Parameters
    ----------
    path
        Below the client's `base_url`; begins with ``/``. Put together by this package, never taken from an answer.
    params
        The query.
    prefer
        :data:`MINIMAL` or :data:`FULL`, where the operation has both forms.
    version
        The version of the API: iTwins are at ``v1``.
    permission
        What the account needs for it; named when it is refused.
    extra
        Headers that only this operation knows.
    """

    path: str
    params: Mapping[str, str | int]
    prefer: str | None = None
    version: str = "v2"
    permission: str = "imodels_webview"
    extra: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Give the headers beside the authorization."""
        prefer = {"Prefer": self.prefer} if self.prefer else {}
        return {"Accept": _ACCEPT.format(version=self.version), **prefer, **self.extra}


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
        self.base_url = _root(base_url)
        _check_base_url(self.base_url, getattr(credential, "allowed_origins", None))
        _check_max_workers(max_workers)
        self.max_workers = max_workers
        self.gate = Gate(max_workers)
        self._credential = credential
        self._refreshing = Lock()
        self._retries = Retries()
        self._connections = Connections(max_workers)
        self._session = requests.Session()
        self._session.mount("http://", self._connections)
        self._session.mount("https://", self._connections)
        self._session.headers["Accept-Encoding"] = "gzip"
        self._session.trust_env = not is_loopback(self.base_url)  # a company's proxy does not know this machine

    def __repr__(self) -> str:
        return f"IModelsClient(base_url={self.base_url!r}, max_workers={self.max_workers})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def hang_up(self) -> None:
        """Cut the connections, so that nobody goes on waiting for an answer."""
        self._connections.cut()

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
        answer = self._send(request, token)
        if isinstance(answer, _Answer) and answer.status == requests.codes.unauthorized:
            stale, token = token, self._fresh_token(token)
            if token.token != stale.token:
                answer = self._send(request, token)
        if isinstance(answer, ConnectionFailed):
            return answer
        if answer.status != requests.codes.ok:
            return refusal(
                answer.status, answer.headers, answer.body, secret=token.token, permission=request.permission
            )
        self._retries.earn()
        turn.answered(_count(answer.headers.get(_REMAINING)))
        return answer.body

    def _fresh_token(self, stale: _Token) -> _Token:
        """Have the token renewed, once for all threads that were refused with the same one."""
        with self._refreshing:
            token = self._credential.get_token()
            return self._credential.get_token(force_refresh=True) if token.token == stale.token else token

    def _send(self, request: Request, token: _Token) -> "_Answer | ConnectionFailed":
        failure = ""
        try:
            with self._session.get(
                self.base_url + request.path,
                params=request.params,
                headers=request.headers(),
                auth=_Bearer(token),
                timeout=_TIMEOUT,
                allow_redirects=False,  # a redirect could carry the token to another host
                stream=True,  # the raw bytes are read in half the time of requests' own way
            ) as answer:
                return _Answer(answer.status_code, answer.headers, _body(answer))
        except (requests.RequestException, HTTPError, EOFError, OSError) as error:
            failure = type(error).__name__
        return ConnectionFailed(
            f"No whole answer from {self.base_url} ({failure}). Check the network and base_url, then run it again."
        )


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Bearer(AuthBase):
    """Sets the header per request; unlike a default header, it is not replaced by an entry of ``~/.netrc``."""

    def __init__(self, token: _Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.token}"
        return request


def _body(answer: requests.Response) -> bytes:
    if answer.is_redirect:  # its body has been read and thrown away by requests
        return b""
    return inflated(answer.raw.read(decode_content=False), answer.headers.get("Content-Encoding", ""))


def _count(header: str | None) -> int | None:
    return int(header) if header is not None and header.strip().isdecimal() else None


def _check_max_workers(max_workers: int) -> None:
    if isinstance(max_workers, bool) or not isinstance(max_workers, int) or not 1 <= max_workers <= _MOST_WORKERS:
        raise ValueError(f"max_workers should be a whole number from 1 to {_MOST_WORKERS}, not {max_workers!r}.")


def _check_credential(credential: object) -> None:
    if not hasattr(credential, "get_token"):
        raise TypeError(
            "credential should have get_token: pass the .credential of what login() returned, "
            "or StaticTokenCredential(token)."
        )


def _root(base_url: str) -> str:
    """Give the address without what people add to it: the vendor's own clients want ``/imodels`` there."""
    if not isinstance(base_url, str):
        raise TypeError(f"base_url should be text such as https://api.bentley.com, not {type(base_url).__name__}.")
    return base_url.strip().rstrip("/").removesuffix("/imodels").rstrip("/")


def _check_base_url(base_url: str, allowed_origins: tuple[str, ...] | None) -> None:
    if not _is_address(base_url):
        raise ValueError("base_url should look like https://api.bentley.com.")
    parts = urlsplit(base_url)
    if parts.scheme == "http" and not is_loopback(base_url):
        raise ValueError(f"base_url {base_url!r} is not encrypted: a token would be readable on the way. Use https.")
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if allowed_origins is not None and origin not in allowed_origins:
        raise ValueError(
            f"This credential belongs to {', '.join(allowed_origins)} and is not sent to {origin}. "
            "Use a credential made for that service."
        )


def _is_address(base_url: str) -> bool:
    try:
        parts = urlsplit(base_url)
        whole = parts.hostname and parts.port != 0  # reading the port raises when it is none
    except ValueError:
        return False
    return bool(whole) and parts.scheme in {"http", "https"} and not (parts.query or parts.username)


def is_loopback(url: str) -> bool:
    """Tell whether a URL stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
