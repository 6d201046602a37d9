"""Allowed hosts: a check of Host and Origin headers, against DNS rebinding."""

import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

from imodels_hub.api.errors import ApiError

ANY_HOST = "*"
_NAME = re.compile(r"[a-z0-9_.-]+|\[?[0-9a-f:.]+\]?", re.IGNORECASE)
_WITH_PORT = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?", re.IGNORECASE)


class AllowedHosts:
    """The host names that requests may have in their Host and Origin headers.

    A page of another site can let its own name lead to this machine, and then send requests that a browser takes for
    requests to that site (DNS rebinding). Such a request has the name of that site in its Host header.

    Parameters
    ----------
    listening
        The address that the hub listens on.
    allowed
        Names besides those of this machine; ``"*"`` allows all.
    """

    def __init__(self, listening: str, allowed: Sequence[str]) -> None:
        self._allows_all = ANY_HOST in allowed
        self._allowed = {_parse_host(host) for host in allowed}
        self._own = {"localhost", _normalize_host(listening)}
        self._is_open = _is_unspecified(listening)

    def check(self, request: HTTPServerRequest) -> ApiError | None:
        """Check the headers of a request; return the error to send, or ``None``."""
        if self._allows_all:
            return None
        host = request.headers.get("Host", request.host)
        if not self._is_allowed(_parse_host(host)):
            return _build_forbidden_error("Host")
        origins = request.headers.get_list("Origin")
        return (
            None
            if all(self._is_allowed_origin(origin, host) for origin in origins)
            else _build_forbidden_error("Origin")
        )

    def _is_allowed(self, name: str) -> bool:
        with suppress(ValueError):
            address = ip_address(name)
            if address.is_loopback or self._is_open:  # an address needs no DNS, so this is not rebinding
                return True
        return name in self._own or name in self._allowed

    def _is_allowed_origin(self, origin: str, host: str) -> bool:
        if not origin.startswith(("http://", "https://")):
            return False
        try:
            netloc = urlsplit(origin).netloc
        except ValueError:  # such as http://[
            return False
        return netloc.lower() == host.lower() or _parse_host(netloc) in self._allowed


def is_host(text: object) -> bool:
    """Return whether a text is a host that `AllowedHosts` can allow."""
    return isinstance(text, str) and (text == ANY_HOST or bool(_NAME.fullmatch(text) or _WITH_PORT.fullmatch(text)))


def _parse_host(netloc: str) -> str:
    """Parse a host header: its name in lower case, or an empty text if it is invalid."""
    match = _WITH_PORT.fullmatch(netloc)
    if match:
        return _normalize_host(match["name"])
    return _normalize_host(netloc) if _NAME.fullmatch(netloc) else ""


def _normalize_host(name: str) -> str:
    return name.lower().strip("[]").rstrip(".")


def _is_unspecified(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_unspecified
    return False


def _build_forbidden_error(header: str) -> ApiError:
    message = (
        f"The {header} header names a host that this hub does not allow. To allow it, start the hub with "
        "--allow-host NAME, or with allowed_hosts=[NAME] from Python."
    )
    return ApiError(403, f"Forbidden{header}", message)
