"""Validation of the base URL of the API."""

from imodels_nb._urls import Url, is_loopback_url, parse_url

is_loopback = is_loopback_url


def root(base_url: str) -> str:
    """Return the URL without what people add to it: the vendor's own clients want ``/imodels`` there."""
    if not isinstance(base_url, str):
        raise TypeError(f"base_url should be text such as https://api.bentley.com, not {type(base_url).__name__}.")
    return base_url.strip().rstrip("/").removesuffix("/imodels").rstrip("/")


def check(base_url: str, allowed_origins: tuple[str, ...] | None) -> None:
    """Refuse a URL to which a token should not go.

    Raises
    ------
    ValueError
        If it is not an http(s) URL, is unencrypted, holds a user name or a password, or is not one that the credential
        belongs to. The message does not repeat a URL that may hold a password.
    """
    url = _parse(base_url)
    if url.scheme == "http" and not url.is_loopback:
        raise ValueError(f"base_url {base_url!r} is not encrypted: a token would be readable on the way. Use https.")
    if allowed_origins is not None and url.origin not in map(_origin, allowed_origins):
        raise ValueError(
            f"This credential belongs to {', '.join(allowed_origins)} and is not sent to {url.origin}. "
            "Use a credential made for that service."
        )


def _parse(base_url: str) -> Url:
    try:
        url = parse_url(base_url)
    except ValueError as error:
        raise ValueError(f"base_url should look like https://api.bentley.com. {error}") from None
    if url.has_query:
        raise ValueError("base_url should look like https://api.bentley.com, without a query or a fragment.")
    return url


def _origin(allowed: str) -> str:
    try:
        return parse_url(allowed).origin
    except ValueError:
        return allowed
