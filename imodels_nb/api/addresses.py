"""Where the API may stand: an address that a token can be sent to."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def root(base_url: str) -> str:
    """Give the address without what people add to it: the vendor's own clients want ``/imodels`` there."""
    if not isinstance(base_url, str):
        raise TypeError(f"base_url should be text such as https://api.bentley.com, not {type(base_url).__name__}.")
    return base_url.strip().rstrip("/").removesuffix("/imodels").rstrip("/")


def check(base_url: str, allowed_origins: tuple[str, ...] | None) -> None:
    """Refuse an address to which a token should not go.

    Raises
    ------
    ValueError
        When it is no http(s) address, is unencrypted, or none of those that the credential belongs to.
    """
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
