"""URLs, parsed as urllib3 parses them when it sends a request."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url as parse_url_of_urllib3

_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of a URL that decide where a request goes.

    Parameters
    ----------
    scheme
        ``http`` or ``https``.
    host
        In lower case; an IPv6 address stands in brackets.
    port
        As written, or the default port of the scheme.
    path
        As urllib3 sends it; empty, or begins with ``/``.
    has_query
        Whether a query or a fragment follows.
    """

    scheme: str
    host: str
    port: int
    path: str
    has_query: bool

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a default port.

        Examples
        --------
        >>> parse_url("https://API.bentley.com:443/imodels").origin
        'https://api.bentley.com'
        """
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        try:
            return ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_url(url: object) -> Url:
    r"""Parse an http or https URL.

    A URL that two parsers could read in two ways is invalid.

    Raises
    ------
    ValueError
        If `url` is not text, is not an http or https URL with a host, or has a user name, a password, a backslash, a
        blank or a control character in it. The message does not repeat `url`: it may contain a password.

    Examples
    --------
    >>> parse_url("https://api.bentley.com/imodels")
    Url(scheme='https', host='api.bentley.com', port=443, path='/imodels', has_query=False)
    >>> parse_url("https://evil.invalid\\.127.0.0.1")
    Traceback (most recent call last):
    ...
    ValueError: A URL should not contain a backslash, a blank or a control character.
    """
    if not isinstance(url, str):
        raise ValueError(f"A URL should be text, not {type(url).__name__}.")  # noqa: TRY004 - callers handle one kind
    if "\\" in url or not all(character.isprintable() and character != " " for character in url):
        raise ValueError("A URL should not contain a backslash, a blank or a control character.")
    authority = re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        raise ValueError("A URL should not contain a user name or a password.")
    try:
        parts = parse_url_of_urllib3(url)
    except (LocationParseError, ValueError):
        raise ValueError("This is not a URL.") from None
    if parts.scheme not in _DEFAULT_PORTS or "://" not in url or not parts.host:
        raise ValueError("A URL should begin with https:// and a host name.")
    if parts.auth is not None or "%" in parts.host:
        raise ValueError("A URL should not contain a user name, a password or an encoded host name.")
    port = _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    if not 0 < port <= _MAX_PORT:
        raise ValueError("The port of a URL should be from 1 to 65535.")
    has_query = parts.query is not None or parts.fragment is not None
    return Url(parts.scheme, parts.host, port, parts.path or "", has_query)


def is_loopback_url(url: object) -> bool:
    """Return whether a URL leads to this machine; ``False`` if it is no URL.

    Examples
    --------
    >>> is_loopback_url("http://127.0.0.1:8123/x"), is_loopback_url("http://user@127.0.0.1/")
    (True, False)
    """
    try:
        return parse_url(url).is_loopback
    except ValueError:
        return False
