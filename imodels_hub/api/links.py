"""Absolute links, signed where they lead to a file."""

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from imodels_hub.api.responses import Json

MAX_LIFETIME_S = 3600
"""Seconds after which every signed link has expired."""

READ_FILE = "r"
WRITE_FILE = "w"
STORAGE_TYPE = "azure"

_STORAGE_VERSION = "2024-11-04"  # version of the vendor's storage service
_SIGNED = ("sv", "st", "se", "sr", "sp")
_CLOCK_SKEW_S = 300  # seconds by which a client's clock may be slow
_BYTES_PER_SECOND = 12_500  # a link lasts as long as a download at 100 kbit/s
_MIN_LIFETIME_S = 300


class Signer:
    """Signs paths, and checks its signatures.

    A signed link reads or writes one file until it expires, without a token.

    Parameters
    ----------
    clock
        Returns seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def sign(self, path: str, size: int, right: str = READ_FILE) -> str:
        """Sign a path, for the time that a file of `size` bytes needs at the slowest.

        Returns
        -------
        str
            The query of the link.
        """
        lifetime = min(_MIN_LIFETIME_S + size // _BYTES_PER_SECOND, MAX_LIFETIME_S)
        now = self._clock()
        signed = {
            "sv": _STORAGE_VERSION,
            "st": datetime.fromtimestamp(now - _CLOCK_SKEW_S, UTC).isoformat(timespec="microseconds"),
            "se": datetime.fromtimestamp(int(now + lifetime), UTC).isoformat(),
            "sr": "b",
            "sp": right,
        }
        return urlencode({**signed, "sig": self._compute_signature(path, signed)})

    def is_valid(self, path: str, query: str, right: str = READ_FILE) -> bool:
        """Check the query of a link: its signature, its right and its expiry."""
        given = dict(parse_qsl(query))
        signature = given.pop("sig", "")
        if not hmac.compare_digest(self._compute_signature(path, given).encode(), signature.encode()):
            return False
        return given["sp"] == right and self._clock() < datetime.fromisoformat(given["se"]).timestamp()

    def _compute_signature(self, path: str, signed: Mapping[str, str]) -> str:
        text = "\n".join([path, *(f"{name}={signed.get(name, '')}" for name in _SIGNED)])
        return hmac.digest(self._key, text.encode(), "sha256").hex()


@dataclass(frozen=True)
class Links:
    """Links to the resources of one iModel.

    Parameters
    ----------
    base_url
        Scheme and host.
    imodel_id
        GUID of the iModel.
    signer
        Signs the links to files. `None` gives null links, as for users without ``imodels_read``.
    """

    base_url: str
    imodel_id: str
    signer: Signer | None = None

    def build_url(self, *path: str) -> str:
        """Build the URL of a path below the iModel."""
        return "/".join((self.base_url, "imodels", self.imodel_id, *path))

    def link(self, *path: str) -> Json:
        """Build the link to a path below the iModel."""
        return {"href": self.build_url(*path)}

    def build_file_link(self, name: str, size: int, right: str = READ_FILE) -> Json | None:
        """Build the signed link to a file; ``None`` without a signer."""
        if self.signer is None:
            return None
        path = build_file_path(self.imodel_id, name)
        return {"href": f"{self.base_url}{path}?{self.signer.sign(path, size, right)}", "storageType": STORAGE_TYPE}


def build_file_path(imodel_id: str, name: str) -> str:
    """Return the path of a file of an iModel."""
    return f"/blobs/{imodel_id}/{name}"


def format_changeset_file(changeset_id: str) -> str:
    """Return the name of a changeset's file."""
    return f"{changeset_id}.cs"


BASELINE_FILE = "baseline.bim"
"""Name of an uploaded baseline file."""


def format_checkpoint_file(index: int) -> str:
    """Return the name of a checkpoint's file."""
    return f"checkpoint-{index}.bim"
