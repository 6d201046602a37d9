"""One GET, with authorization, time-outs and clear errors. Nothing else in the project speaks to the API."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Protocol, Self
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from imodels_nb.api.refusals import refusal
from imodels_nb.errors import ConnectionFailed

_ACCEPT = "application/vnd.bentley.itwin-platform.v2+json"
_TIMEOUT = (5, 60)


class _Token(Protocol):
    @property
    def token(self) -> str: ...


class Credential(Protocol):
    """Anything that hands out a token on request, as azure-identity's credentials do."""

    def get_token(self, *scopes: str, force_refresh: bool = False) -> _Token:
        """Return a token that is valid now."""
        ...


class IModelsClient:
    """A connection to the iModels API; a context manager.

    Parameters
    ----------
    credential
        Asked for a token before each request. The client keeps none.
    base_url
        Where the API stands; ``/imodels`` is below it. Anything but https is refused off this machine.

    Raises
    ------
    ValueError
        When `base_url` is not an http(s) address, is unencrypted, or is not where the credential may be used.
    """

    def __init__(self, credential: Credential, *, base_url: str = "https://api.bentley.com") -> None:
        self.base_url = base_url.rstrip("/")
        _check_base_url(self.base_url, getattr(credential, "allowed_origins", None))
        self._credential = credential
        self._session = requests.Session()
        self._session.headers.update({"Accept": _ACCEPT})
        self._session.trust_env = not _is_loopback(self.base_url)  # a company's proxy does not know this machine

    def __repr__(self) -> str:
        return f"IModelsClient(base_url={self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, str | int], *, prefer: str = "return=minimal") -> bytes:
        """GET one resource below `base_url`.

        Parameters
        ----------
        path
            Begins with ``/``; put together by this package, never taken from an answer.
        params
            The query.
        prefer
            ``return=minimal`` or ``return=representation``.

        Returns
        -------
        bytes
            The body of a 200.

        Raises
        ------
        ConnectionFailed
            When no whole answer came.
        HTTPStatusError
            One of its kinds for any other status. A 401 is answered once with a fresh token, where there is one.
        """
        token = self._credential.get_token()
        answer = self._send(path, params, prefer, token)
        if answer.status_code == requests.codes.unauthorized:
            stale, token = token, self._credential.get_token(force_refresh=True)
            if token.token != stale.token:
                answer = self._send(path, params, prefer, token)
        if answer.status_code != requests.codes.ok:
            raise refusal(answer.status_code, answer.headers, answer.content, secret=token.token)
        return answer.content

    def _send(self, path: str, params: Mapping[str, str | int], prefer: str, token: _Token) -> requests.Response:
        failure = ""
        try:
            answer = self._session.get(
                self.base_url + path,
                params=params,
                headers={"Prefer": prefer},
                auth=_Bearer(token),
                timeout=_TIMEOUT,
                allow_redirects=False,  # a redirect could carry the token to another host
            )
        except requests.RequestException as error:
            failure = type(error).__name__
        if failure:  # raised out here, so that no request with its header hangs on the traceback
            raise ConnectionFailed(
                f"No whole answer from {self.base_url} ({failure}). Check the network and base_url, then run it again."
            )
        return answer


class _Bearer(AuthBase):
    """Sets the header per request; unlike a default header, it is not replaced by an entry of ``~/.netrc``."""

    def __init__(self, token: _Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.token}"
        return request


def _check_base_url(base_url: str, allowed_origins: tuple[str, ...] | None) -> None:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise ValueError("base_url should look like https://api.bentley.com.")
    if parts.scheme == "http" and not _is_loopback(base_url):
        raise ValueError(f"base_url {base_url!r} is not encrypted: a token would be readable on the way. Use https.")
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if allowed_origins is not None and origin not in allowed_origins:
        raise ValueError(
            f"This credential belongs to {', '.join(allowed_origins)} and is not sent to {origin}. "
            "Use a credential made for that service."
        )


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
