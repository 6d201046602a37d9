"""Signed links: who holds one may fetch, or put, one file until it expires; no token goes with it."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

READ, WRITE = "r", "w"

_VERSION = "2024-11-04"  # of the vendor's storage service
_SIGNED = ("sv", "st", "se", "sr", "sp")
_CLOCK_SKEW_S = 300  # what a client's clock may be behind
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
        now = self._clock()
        signed = {
            "sv": _VERSION,
            "st": datetime.fromtimestamp(now - _CLOCK_SKEW_S, UTC).isoformat(timespec="microseconds"),
            "se": datetime.fromtimestamp(int(now + lifetime), UTC).isoformat(),
            "sr": "b",
            "sp": right,
        }
        return urlencode({**signed, "sig": self._sign(path, signed)})

    def accepts(self, path: str, query: str, right: str = READ) -> bool:
        """Tell whether a query opens a path, and has not expired."""
        given = dict(parse_qsl(query))
        signature = given.pop("sig", "")
        genuine = hmac.compare_digest(self._sign(path, given).encode(), signature.encode())
        return genuine and given["sp"] == right and self._clock() < datetime.fromisoformat(given["se"]).timestamp()

    def _sign(self, path: str, signed: Mapping[str, str]) -> str:
        text = "\n".join([path, *(f"{name}={signed.get(name, '')}" for name in _SIGNED)])
        return hmac.digest(self._key, text.encode(), "sha256").hex()
