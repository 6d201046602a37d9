"""One exchange: a request goes out, and a whole answer comes in, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb.api import addresses
from imodels_nb.api.bodies import inflated
from imodels_nb.api.connections import Connections
from imodels_nb.api.request import Request
from imodels_nb.errors import ConnectionFailed

_TIMEOUT = (5, 60)


class Token(Protocol):
    """A token that does not show itself in a traceback, as a plain text would."""

    @property
    def token(self) -> str:
        """What goes into the header."""
        ...


@dataclass(frozen=True)
class Answer:
    """What came, whatever its status; the body is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """The connections to one service.

    Parameters
    ----------
    base_url
        Where it stands.
    most
        How many connections stay open between requests.
    """

    def __init__(self, base_url: str, most: int) -> None:
        self._base_url = base_url
        self._connections = Connections(most)
        self._session = requests.Session()
        self._session.mount("http://", self._connections)
        self._session.mount("https://", self._connections)
        self._session.headers["Accept-Encoding"] = "gzip"
        self._session.trust_env = not addresses.is_loopback(base_url)  # a company's proxy does not know this machine

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def cut(self) -> None:
        """Cut the connections, so that nobody goes on waiting for an answer."""
        self._connections.cut()

    def send(self, request: Request, token: Token) -> Answer | ConnectionFailed:
        """Send once. A failure is returned: raised here, it would show the token."""
        failure = ""
        try:
            with self._session.get(
                self._base_url + request.path,
                params=request.params,
                headers=request.headers(),
                auth=_Bearer(token),
                timeout=_TIMEOUT,
                allow_redirects=False,  # a redirect could carry the token to another host
                stream=True,  # the raw bytes are read in half the time of requests' own way
            ) as answer:
                return Answer(answer.status_code, answer.headers, _body(answer))
        except (requests.RequestException, HTTPError, EOFError, OSError, ValueError) as error:
            failure = type(error).__name__  # ValueError: a chunk of negative length, a redirect to no address
        return ConnectionFailed(
            f"No whole answer from {self._base_url} ({failure}). Check the network and base_url, then run it again."
        )


class _Bearer(AuthBase):
    """Sets the header per request; unlike a default header, it is not replaced by an entry of ``~/.netrc``."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.token}"
        return request


def _body(answer: requests.Response) -> bytes:
    if answer.is_redirect:  # its body has been read and thrown away by requests
        return b""
    return inflated(answer.raw.read(decode_content=False), answer.headers.get("Content-Encoding", ""))
