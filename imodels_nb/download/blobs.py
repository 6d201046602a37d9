"""The blob host: it gets no token, and what it sends is written where it belongs in the file."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import BinaryIO, Self
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb.api import IModelsClient
from imodels_nb.api.addresses import is_loopback
from imodels_nb.api.connections import Connections
from imodels_nb.download.signatures import keep_out_of_the_log
from imodels_nb.errors import UnexpectedResponse

_CHUNK = 1 << 20
_TIMEOUT = (5, 60)


@dataclass(frozen=True)
class Link:
    """A link with its signature, which does not show itself in a traceback."""

    href: str = field(repr=False)


class Blobs:
    """Connections to the blob host, with no token of ours, and none from ``~/.netrc`` either; a context manager.

    Parameters
    ----------
    client
        Its workers are those who download.

    Attributes
    ----------
    came
        How many bytes have come.
    """

    def __init__(self, client: IModelsClient) -> None:
        self.came = 0
        keep_out_of_the_log()
        self._connections = Connections(client.max_workers)
        self._session = requests.Session()
        self._session.mount("http://", self._connections)
        self._session.mount("https://", self._connections)
        self._session.trust_env = not is_loopback(client.base_url)
        self._unencrypted = is_loopback(client.base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.cut()
        self._session.close()

    def fetch(self, link: Link, part: Path, size: int, stop: Event) -> bool:
        """Add to a part what is missing of a file; tell whether it is whole now.

        A part is never shortened, and every byte goes to its own place: two who download the same file do no harm.

        Raises
        ------
        OSError
            When the part cannot be written.
        UnexpectedResponse
            When the link is not encrypted.
        """
        if not self._is_safe(link):
            raise UnexpectedResponse("A download link is not encrypted, and is not followed.")
        part.touch()
        with part.open("r+b") as file:
            have = file.seek(0, os.SEEK_END)
            if have < size:
                self._add(link, file, have, size, stop)
        came = part.stat().st_size
        if came > size:
            part.unlink()
        return came == size

    def _is_safe(self, link: Link) -> bool:
        try:
            return urlsplit(link.href).scheme == "https" or (self._unencrypted and is_loopback(link.href))
        except ValueError:  # whose frames show the link
            return False

    def _add(self, link: Link, file: BinaryIO, have: int, size: int, stop: Event) -> None:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        try:
            with self._session.get(
                link.href, headers=headers, auth=_Nobody(), timeout=_TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                place = _place(answer, have)
                if place is not None:
                    self._write(answer, file, place, size, stop)
        except (requests.RequestException, HTTPError, ValueError):
            return  # the message would show the link; the next try has a fresh one

    def _write(self, answer: requests.Response, file: BinaryIO, place: int, size: int, stop: Event) -> None:
        file.seek(place)
        for chunk in answer.iter_content(_CHUNK):
            file.write(chunk)
            self.came += len(chunk)
            if stop.is_set() or file.tell() > size:
                return
        file.flush()
        os.fsync(file.fileno())


class _Nobody(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _place(answer: requests.Response, have: int) -> int | None:
    """Tell where in the file an answer begins; ``None`` when it is none, or not what was asked for."""
    if answer.status_code == requests.codes.ok:
        return 0
    ranged = answer.status_code == requests.codes.partial_content
    return have if ranged and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-") else None
