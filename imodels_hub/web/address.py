"""The address of a hub: as it is announced, and who else can reach it."""

import socket
from ipaddress import ip_address

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names what others bind to


def url_of(listening: socket.socket) -> str:
    """Give the URL below which a socket is reached from this machine, in numbers: names are others' to resolve."""
    host, port, *_ = listening.getsockname()
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def is_open(listening: socket.socket) -> bool:
    """Tell whether other machines may reach a socket."""
    return not ip_address(listening.getsockname()[0]).is_loopback
