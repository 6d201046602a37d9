"""Downloads from the blob storage of the service, resumed and checked.

No token is sent to the storage.
"""

import logging
import math
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from threading import Event
from typing import Self

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb._abortable_http import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    AbortableHTTPAdapter,
    NoRedirectSession,
    limit_request,
)
from imodels_nb._connection_errors import parse_retry_after
from imodels_nb._format import format_count
from imodels_nb._urls import is_loopback_url, parse_url
from imodels_nb.api import IModelsClient
from imodels_nb.api.throttle import MAX_RETRY_AFTER, Throttle, compute_backoff
from imodels_nb.errors import ConnectionFailed, UnexpectedResponse, WrongFile
from imodels_nb.part_files import HEAD_SIZE, DownloadLink, PartFiles, RemoteFile

_MAX_ATTEMPTS = 4  # attempts to download one file
_CHUNK_SIZE = 1 << 16  # bytes; a chunk that is cut short is lost
_SLOWEST_DOWNLOAD = 10_000.0  # bytes a second; the size of a file divided by this is added to the timeout of the client
_TRANSIENT_STATUSES = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}  # and each from 500 on
_REJECTIONS = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}  # of too many requests; 503 is Azure's

_SIGNED_QUERY = re.compile(r"(?i)\?\S*\b(?:sig|signature)=\S*")  # Azure's name, and the end of Amazon's and Google's
_URLLIB3_LOGGER = logging.getLogger("urllib3.connectionpool")  # logs the path and query of each request at DEBUG

PART_REMOVED = "its unfinished part is gone: another download or another program removed it"
CUT_SHORT = "the connection ended before the file was complete"
_WRONG_FILE = "the response was a web page or another file, perhaps from a proxy or the sign-in page of a network"
WRONG_LENGTH = "the length of the file is not the one that the service lists"


@dataclass(frozen=True)
class DownloadFailure:
    """The reason why one attempt to download a file failed.

    Parameters
    ----------
    reason
        Reason in plain words, to follow a colon.
    status
        HTTP status, if it is the reason.
    retry_after
        Seconds that the storage asked to wait.
    """

    reason: str
    status: int = 0
    retry_after: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the storage is busy, so that all downloads should wait."""
        return self.status in _TRANSIENT_STATUSES or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_transient(self) -> bool:
        """Whether the next attempt should wait."""
        return self.is_busy or self.reason == CUT_SHORT

    @property
    def is_final(self) -> bool:
        """Whether the next attempt would fail, too: a 403 can be an expired link."""
        is_client_error = HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return is_client_error and self.status != HTTPStatus.FORBIDDEN and not self.is_busy

    def compute_delay(self, attempt: int) -> float | None:
        """Return the seconds to wait after this attempt; ``None`` for no further attempt."""
        if self.is_final or attempt >= _MAX_ATTEMPTS:
            return None
        delay = compute_backoff(self.retry_after, attempt) if self.is_transient else 0.0
        return delay if delay <= MAX_RETRY_AFTER else None


class BlobClient:
    """Connections to the blob storage; a context manager.

    They send no token, and no password of ``~/.netrc``.

    Parameters
    ----------
    client
        The client whose workers download.
    folder
        Folder of the files. It is searched for parts once.

    Attributes
    ----------
    bytes_received
        Number of bytes that all downloads have received.
    """

    def __init__(self, client: IModelsClient, folder: Path) -> None:
        self.bytes_received = 0
        self._client_throttle = client.throttle
        self._throttle = Throttle(client.max_workers)
        self._parts = PartFiles(folder)
        _URLLIB3_LOGGER.addFilter(redact_signatures)
        self._connections = AbortableHTTPAdapter(client.max_workers)
        self._timeout = client.timeout
        self._session = NoRedirectSession()
        self._session.mount("http://", self._connections)
        self._session.mount("https://", self._connections)
        self._session.trust_env = not is_loopback_url(client.base_url)
        self._allows_http = is_loopback_url(client.base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.abort()
        self._session.close()

    def compute_wait(self) -> float:
        """Return the seconds until the API and the storage accept the next request."""
        return max(self._client_throttle.compute_wait(), self._throttle.compute_wait())

    def download(self, request_file: Callable[[], RemoteFile | None], name: str, stop: Event) -> None:
        """Download a file, or what its part lacks, in several attempts.

        Parameters
        ----------
        request_file
            Function that requests the link of the file, right before each attempt. It returns ``None`` if there is
            nothing to download.
        name
            Name of the file, for the message.
        stop
            Once set, the download ends.

        Raises
        ------
        ConnectionFailed
            If all attempts failed. The message gives the reason of the last one.
        OSError
            If the part cannot be written.
        UnexpectedResponse
            If the link is not encrypted.
        """
        attempt = 0
        file: RemoteFile | None = None
        while True:
            attempt += 1
            with self._throttle.acquire_permit(stop) as permit:
                last, file = file, request_file()
                if last and not file:
                    self._parts.remove(last)  # another download has finished it
                failure = self._try_download(file, stop) if file else None
                if failure is None:
                    permit.record_success()
                    return
                delay = failure.compute_delay(attempt)
                if delay is None:
                    break
                if failure.status in _REJECTIONS:
                    permit.record_rejection(delay)
                elif failure.is_busy:
                    permit.record_failure(delay)
            if not failure.is_busy:
                stop.wait(delay)
        error = WrongFile if failure.reason == _WRONG_FILE else ConnectionFailed
        raise error(
            f"{name} could not be downloaded in {format_count(attempt, 'attempt')}: {failure.reason}. "
            f"Download again{_format_wait(failure.retry_after)}; that continues where this download stopped.",
            status_code=failure.status or None,
            retry_after=failure.retry_after,
        )

    def _try_download(self, file: RemoteFile, stop: Event) -> DownloadFailure | None:
        try:
            return self._download_once(file, stop)
        except FileNotFoundError:
            return DownloadFailure(PART_REMOVED)

    def _download_once(self, file: RemoteFile, stop: Event) -> DownloadFailure | None:
        if not self._is_safe(file.link):
            raise UnexpectedResponse("A download link is not encrypted, so it was not used. Check base_url.")
        part, etag = self._parts.claim(file)
        if part is None or part.stat().st_size < file.size:
            try:
                part = self._receive(file, part, etag, stop)
            except _DownloadFailed as error:
                return error.failure
        self._parts.finish(part, file)
        return None

    def _is_safe(self, link: DownloadLink) -> bool:
        try:
            url = parse_url(link.href)
        except ValueError:  # its message would show the link
            return False
        return url.scheme == "https" or (self._allows_http and url.is_loopback)

    def _receive(self, file: RemoteFile, part: Path | None, etag: str, stop: Event) -> Path:
        """Write the response of the storage into a part, and return the whole part."""
        start = part.stat().st_size if part else 0
        headers = {"Range": f"bytes={start}-", "If-Range": etag} if part else {}
        try:
            with (
                limit_request(stop, time.monotonic() + self._timeout + file.size / _SLOWEST_DOWNLOAD),
                self._session.get(
                    file.link.href,
                    headers=headers | {"Accept-Encoding": "identity"},
                    auth=_NoAuth(),
                    timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                if response.status_code != requests.codes.partial_content:
                    start = 0
                check_response(response, start, file.size, etag)
                if part is not None and start == 0:
                    part.unlink(missing_ok=True)  # a part of a file that the storage no longer has
                if part is None or start == 0:
                    part = self._parts.create(file.path, response.headers.get("ETag", ""))
                self._write(response, file, part, start, stop)
                return part
        except (requests.RequestException, HTTPError, ValueError):
            pass  # the message of the error would show the link
        raise _DownloadFailed(CUT_SHORT)

    def _write(self, response: requests.Response, file: RemoteFile, part: Path, start: int, stop: Event) -> None:
        pieces = response.iter_content(_CHUNK_SIZE)
        head = _read_head(pieces)
        if start == 0 and not file.is_begun_by(head):
            raise _DownloadFailed(_WRONG_FILE)
        with part.open("r+b" if start else "xb") as output:
            output.seek(start)
            for piece in chain([head], pieces):
                if output.tell() + len(piece) > file.size:
                    raise _DownloadFailed(WRONG_LENGTH)
                output.write(piece)
                self.bytes_received += len(piece)
                if stop.is_set():
                    break
            if output.tell() < file.size:
                raise _DownloadFailed(CUT_SHORT)
            output.flush()
            os.fsync(output.fileno())


class _NoAuth(AuthBase):
    """Adds no header; without it, requests adds the password of ``~/.netrc``."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _DownloadFailed(Exception):  # noqa: N818 - never leaves this module
    """One attempt failed."""

    def __init__(self, reason: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.failure = DownloadFailure(reason, status, retry_after)


def check_response(response: requests.Response, start: int, size: int, etag: str) -> None:
    """Check that a response is the file, or the rest of it from `start` on.

    Raises
    ------
    _DownloadFailed
        If it is not; the message says why.
    """
    headers = response.headers
    if response.status_code not in {requests.codes.ok, requests.codes.partial_content}:
        status = response.status_code
        retry_after = parse_retry_after(headers.get("Retry-After"))
        raise _DownloadFailed(f"the storage responded with status {status}", status, retry_after)
    length = None if "Content-Encoding" in headers else headers.get("Content-Length")
    if length not in {None, str(size - start)}:
        is_page = headers.get("Content-Type", "").startswith("text/")
        raise _DownloadFailed(_WRONG_FILE if is_page else WRONG_LENGTH)
    if response.status_code == requests.codes.partial_content:
        if headers.get("Content-Range") not in {f"bytes {start}-{size - 1}/{total}" for total in (size, "*")}:
            raise _DownloadFailed(WRONG_LENGTH)
        if headers.get("ETag", etag) != etag:
            raise _DownloadFailed("the file in the storage has changed during the download")


def redact_signatures(record: logging.LogRecord) -> bool:
    """Remove the query of a signed link from a log record, and pass every record."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _SIGNED_QUERY.sub("?…", value) if isinstance(value, str) else value for value in record.args
        )
    return True


def _format_wait(seconds: float | None) -> str:
    return f" after {math.ceil(seconds):,} s" if seconds else ""


def _read_head(pieces: Iterator[bytes]) -> bytes:
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD_SIZE:
            break
    return head
