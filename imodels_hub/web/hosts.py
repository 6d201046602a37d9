"""Allowed hosts: the names that Host and Origin headers may carry, against DNS rebinding and foreign pages."""

import re
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

from imodels_hub.api.refusals import Refusal

ANY_HOST = "*"
_NAME = re.compile(r"[a-z0-9_.-]+|\[?[0-9a-f:.]+\]?", re.IGNORECASE)
_WITH_PORT = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:[0-9]{1,5})?", re.IGNORECASE)


class AllowedHosts:
    """Checks the headers of requests.

    A page of another site can have its own name lead to this machine, and then send requests that a browser takes for
    its own (DNS rebinding). Such a request carries the name of that site in its Host header.

    Parameters
    ----------
    listening
        The address that the hub listens on.
    allowed
        Names besides those of this machine; ``"*"`` allows all.
    """

    def __init__(self, listening: str, allowed: Sequence[str]) -> None:
        self._any = ANY_HOST in allowed
        self._allowed = {_name_in(host) for host in allowed}
        self._own = {"localhost", _plain(listening)}
        self._is_open = _is_unspecified(listening)

    def refusal(self, request: HTTPServerRequest) -> Refusal | None:
        """Return why a request is refused, or None."""
        if self._any:
            return None
        host, origins = request.headers.get("Host", request.host), request.headers.get_list("Origin")
        if not self._is_allowed(_name_in(host)):
            return _forbidden("Host")
        return None if all(self._is_allowed_origin(origin, host) for origin in origins) else _forbidden("Origin")

    def _is_allowed(self, name: str) -> bool:
        with suppress(ValueError):
            address = ip_address(name)
            if address.is_loopback or self._is_open:  # no name leads to an address, so that is no rebinding
                return True
        return name in self._own or name in self._allowed

    def _is_allowed_origin(self, origin: str, host: str) -> bool:
        parts = urlsplit(origin) if origin.startswith(("http://", "https://")) else None
        return parts is not None and (parts.netloc.lower() == host.lower() or _name_in(parts.netloc) in self._allowed)


def is_host(text: object) -> bool:
    """Return whether a text is a name or an address that a Host header can carry, or `ANY_HOST`."""
    return isinstance(text, str) and (text == ANY_HOST or bool(_NAME.fullmatch(text) or _WITH_PORT.fullmatch(text)))


def _name_in(netloc: str) -> str:
    """Return the name of a Host header without its port, in lower case; empty if it is invalid."""
    match = _WITH_PORT.fullmatch(netloc)
    return _plain(match["name"] if match else netloc if _NAME.fullmatch(netloc) else "")


def _plain(name: str) -> str:
    return name.lower().strip("[]").rstrip(".")


def _is_unspecified(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_unspecified
    return False


def _forbidden(header: str) -> Refusal:
    message = (
        f"The {header} header names a host that this hub does not know. To allow it, start the hub with "
        "--allow-host NAME, or with allowed_hosts=[NAME] from Python."
    )
    return Refusal(403, f"Forbidden{header}", message)
