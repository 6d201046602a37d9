"""The client: authorized, throttled and retried GET requests."""

from http import HTTPStatus
from threading import Event, Lock
from typing import NoReturn, Protocol, Self, SupportsIndex

from imodels_nb._forks import register_for_fork
from imodels_nb._tracebacks import hide_secrets_in_traceback
from imodels_nb._urls import Url, parse_url
from imodels_nb._validation import validate_int, validate_positive
from imodels_nb.api.decode import Page, decode
from imodels_nb.api.http_errors import build_http_error, parse_int_header
from imodels_nb.api.schemas import ResponseSchema
from imodels_nb.api.throttle import Permit, RetryBudget, Stopped, Throttle
from imodels_nb.api.transport import BearerAuth, HttpTransport, Request, Token
from imodels_nb.errors import IModelsError, RateLimited, Unauthorized

_REMAINING_CALLS = "iTwinPlatform-RateLimit-RemainingCalls"
_MAX_WORKERS = 64
_TIMEOUT = 90.0  # seconds
_MAX_RESPONSE_BYTES = 64 * 2**20


class Credential(Protocol):
    """An object with ``get_token``, such as a credential of azure-identity.

    ``imodels_nb.auth`` has the same protocol. This package does not import it, and accepts any credential.
    """

    def get_token(self, *scopes: str, force_refresh: bool = False) -> Token:
        """Return a token that is valid now."""
        ...


class IModelsClient:
    """A client of the iModels API; a context manager.

    All threads and all iModels share one throttle. It sends requests as fast as the service allows.

    Parameters
    ----------
    credential
        Source of the token of each request. The client stores no token.
    base_url
        URL of the API, with or without ``/imodels`` at its end. It has to be https, except on this machine.
    max_workers
        Largest number of requests at once, 1 to 64.
    timeout
        Seconds for one request as a whole, from opening the connection to the last byte of the response.
    max_response_bytes
        Largest response in bytes, both compressed and decompressed.

    Attributes
    ----------
    base_url : str
        URL of the API, without ``/imodels``.
    credential, max_workers, timeout, max_response_bytes
        The arguments of these names.
    throttle : Throttle
        The limit on requests that all threads share.

    Raises
    ------
    TypeError
        If `credential` has no ``get_token``, or `base_url` is not a text.
    ValueError
        If `base_url` is not an http(s) URL, is not encrypted, or is not a service of the credential; or if a number is
        out of range.

    Notes
    -----
    In a forked process, the client starts again with its own connections. It cannot be pickled: with processes that are
    spawned, create a client in each of them.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub:
    ...     with IModelsClient(hub.credential, base_url=hub.base_url, max_workers=4) as client:
    ...         len(fetch_changesets(client, hub.imodel_id))
    40
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
        _validate_credential(credential)
        self.base_url = _normalize_base_url(base_url)
        _validate_base_url(self.base_url, getattr(credential, "allowed_origins", None))
        self.max_workers = validate_int("max_workers", max_workers, 1, _MAX_WORKERS)
        self.timeout = validate_positive("timeout", timeout)
        self.max_response_bytes = validate_int("max_response_bytes", max_response_bytes, 1)
        self.credential = credential
        self._inherited: list[HttpTransport] = []
        self._start()
        register_for_fork(self)

    def _start(self) -> None:
        self.throttle = Throttle(self.max_workers)
        self._retries = RetryBudget()
        self._refresh_lock = Lock()
        self._transport = HttpTransport(
            self.base_url, self.max_workers, timeout=self.timeout, max_response_bytes=self.max_response_bytes
        )

    def reset_after_fork(self) -> None:
        """Start again in a child process, with new connections and locks."""
        self._transport.release_after_fork()
        # This keeps it alive: closing it here could wait for a lock that a thread of the parent process holds.
        self._inherited.append(self._transport)
        self._start()

    def __repr__(self) -> str:
        return f"IModelsClient(base_url={self.base_url!r}, max_workers={self.max_workers})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "IModelsClient cannot be pickled or copied: it has connections and a credential. Create one in each "
            "process, inside the function that the process runs: IModelsClient(credential, base_url=...)."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def ensure_token(self) -> None:
        """Wait for a token in this thread, where a user can see that and interrupt it."""
        self.credential.get_token()

    def get(self, request: Request, stop: Event | None = None) -> bytes:
        """Send a request, retry it if that may help, and return the response's body.

        Parameters
        ----------
        request
            The request.
        stop
            Event that ends the attempts. A :class:`~imodels_nb._abortable_http.Cancellation` also aborts the request
            that is under way.

        Returns
        -------
        bytes
            Decompressed body of a response with status 200.

        Raises
        ------
        ConnectionFailed
            If no complete response came: not in `timeout` seconds, or several times.
        UnexpectedResponse
            If the response is larger than `max_response_bytes`.
        HTTPStatusError
            A subclass for any other status. The statuses 429, 500, 502, 503 and 504 are retried first, and a 401 once
            if the credential has a new token.
        """
        stop = stop or Event()
        refreshed: BearerAuth | None = None
        can_refresh = True
        attempt = 1
        while True:
            with self.throttle.acquire_permit(stop) as permit:
                auth = refreshed or BearerAuth(self.credential.get_token())
                try:
                    return self._send(request, auth, stop, permit)
                except IModelsError as error:
                    failure = error
                if stop.is_set():
                    raise Stopped
                if isinstance(failure, Unauthorized) and can_refresh:
                    can_refresh = False
                    refreshed = self._refresh_token(auth)
                    if refreshed:
                        continue
                delay = self._retries.next_delay(failure, attempt)
                if delay is None:
                    raise failure
                if isinstance(failure, RateLimited):
                    permit.record_rejection(delay)
                else:
                    permit.record_failure(delay)
            attempt += 1

    @hide_secrets_in_traceback
    def _send(self, request: Request, auth: BearerAuth, stop: Event, permit: Permit) -> bytes:
        """Send a request once; return the body of a response with status 200."""
        response = self._transport.send(request, auth, stop)
        if response.status != HTTPStatus.OK:
            raise build_http_error(
                response.status, response.headers, response.body, secret=auth.token, permission=request.permission
            )
        self._retries.deposit()
        permit.record_success(parse_int_header(response.headers.get(_REMAINING_CALLS)))
        return response.body

    def get_page(self, request: Request, schema: ResponseSchema, stop: Event | None = None) -> Page:
        """Fetch one page, and decode it.

        Parameters
        ----------
        request, stop
            As in :meth:`get`.
        schema
            Schema of the page.

        Raises
        ------
        UnexpectedResponse
            If the page does not have the schema; or another error of :meth:`get`.
        """
        return decode(self.get(request, stop), schema)

    @hide_secrets_in_traceback
    def _refresh_token(self, stale: BearerAuth) -> BearerAuth | None:
        """Refresh the token, once for all threads that used the same one.

        Returns
        -------
        BearerAuth or None
            The new token; ``None`` if it is the same.
        """
        with self._refresh_lock:
            token = self.credential.get_token()
            if token.token == stale.token:
                token = self.credential.get_token(force_refresh=True)
        return BearerAuth(token) if token.token != stale.token else None


def validate_client(client: object) -> None:
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


def _validate_credential(credential: object) -> None:
    if not hasattr(credential, "get_token"):
        raise TypeError(
            "credential should have get_token. Pass the .credential of what login() returned, "
            "or StaticTokenCredential(token)."
        )


def _normalize_base_url(base_url: str) -> str:
    """Return the URL without ``/imodels``, which the vendor's clients have at its end."""
    if not isinstance(base_url, str):
        raise TypeError(f"base_url should be text such as https://api.bentley.com, not {type(base_url).__name__}.")
    return base_url.strip().rstrip("/").removesuffix("/imodels").rstrip("/")


def _validate_base_url(base_url: str, allowed_origins: tuple[str, ...] | None) -> None:
    """Check that a token may be sent to a URL.

    No message repeats a URL that may contain a password.
    """
    url = _parse_base_url(base_url)
    if url.scheme == "http" and not url.is_loopback:
        raise ValueError(f"base_url {base_url!r} is not encrypted: others could read the token. Use https.")
    if allowed_origins is not None and url.origin not in map(_normalize_origin, allowed_origins):
        raise ValueError(
            f"This credential belongs to {', '.join(allowed_origins)} and is not sent to {url.origin}. "
            "Use a credential of that service, such as StaticTokenCredential(token); a command takes its token with "
            "--token-file FILE."
        )


def _parse_base_url(base_url: str) -> Url:
    try:
        url = parse_url(base_url)
    except ValueError as error:
        raise ValueError(f"base_url should look like https://api.bentley.com. {error}") from None
    if url.has_query:
        raise ValueError("base_url should look like https://api.bentley.com, without a query or a fragment.")
    return url


def _normalize_origin(origin: str) -> str:
    try:
        return parse_url(origin).origin
    except ValueError:
        return origin
