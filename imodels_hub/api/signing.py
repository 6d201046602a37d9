"""Signed links: who holds one may fetch, or put, one file until it expires; no token goes with it."""

import hmac
import secrets
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

READ, WRITE = "r", "w"

_BYTES_A_SECOND = 12_500  # a link lasts as long as a download at 100 kbit/s
_LEAST_S, _MOST_S = 300, 3600


class Signer:
    """Signs paths, and recognises its own signatures.

    Parameters
    ----------
    clock
        Seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def signature(self, path: str, size: int, right: str = READ) -> str:
        """Give the query that opens a path, for as long as a file of `size` bytes needs at the slowest."""
        lifetime = min(_LEAST_S + size // _BYTES_A_SECOND, _MOST_S)
        expiry = str(int(self._clock() + lifetime))
        return urlencode({"se": expiry, "sp": right, "sig": self._sign(path, expiry, right)})

    def accepts(self, path: str, query: str, right: str = READ) -> bool:
        """Tell whether a query opens a path, and has not expired."""
        given = dict(parse_qsl(query))
        expiry = given.get("se", "")
        expected = self._sign(path, expiry, given.get("sp", ""))
        genuine = hmac.compare_digest(expected.encode(), given.get("sig", "").encode())
        return genuine and given["sp"] == right and self._clock() < int(expiry)

    def _sign(self, path: str, expiry: str, right: str) -> str:
        return hmac.digest(self._key, f"{right}\n{expiry}\n{path}".encode(), "sha256").hex()
