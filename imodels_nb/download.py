"""Download of changeset files.

A link is valid for a short time only, so each is requested right before its file. No name or path that a server sends
is used. A file is named by the id of its changeset, which must be 40 hexadecimal digits.
"""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pandas as pd

from imodels_nb._files import create_folder
from imodels_nb._validation import is_changeset_id, validate_indexes
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import Step, run_one
from imodels_nb.api.schemas import CHANGESET_FILE
from imodels_nb.api.transport import Request, build_imodel_path
from imodels_nb.blob_storage import BlobClient
from imodels_nb.errors import Forbidden, IModelsError, UnexpectedResponse
from imodels_nb.frames import UPLOADED, validate_changeset_files
from imodels_nb.part_files import DownloadLink, RemoteFile, is_changeset_file, read_head
from imodels_nb.progress import Progress

_COLUMNS = ["id", "file_size"]
_OUTCOMES = pd.CategoricalDtype(["downloaded", "kept", "waiting"])


def download_changesets(
    client: IModelsClient,
    imodel_id: str,
    changesets: pd.DataFrame | Iterable[int],
    folder: str | os.PathLike[str],
    *,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Download changeset files, many at once, and resume an earlier run.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    changesets
        Which changesets: a frame of :func:`fetch_changesets`, or changeset indexes. With a frame, a file that is in
        the folder already takes no request.
    folder
        Folder for the files; created if it does not exist. A file is named by the id of its changeset, ``<id>.cs``.
    progress
        Whether to show a progress bar after a second of work. ``None`` shows it in a notebook and in a terminal.

    Returns
    -------
    DataFrame
        One row per changeset, in the order given; the index is ``changeset_index`` (int64). Columns: ``path`` (str),
        ``bytes`` (int64), ``outcome`` (category): ``downloaded``; ``kept``, if the file was in the folder already;
        ``waiting``, if the service does not have the file yet.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    Forbidden
        If the account lacks ``imodels_read``: it may read changesets, but not their files.
    ConnectionFailed
        If a file could not be downloaded in four attempts, or if the storage rejects it. The message gives the reason
        of the last one. After a failed attempt, the next one waits as long as ``Retry-After`` says, at most two
        minutes. Without that header, the waits grow.
    IModelsError
        A subclass for any other failure. Finished files stay. A file has its final name only once it is whole.

    Notes
    -----
    A file is accepted if it has the length that the service lists, and the head of a changeset file. A part is
    continued only if the storage still has the file with the same ETag. Only the chain of changeset ids can prove that
    every byte is right.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with sample.start(10) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     with TemporaryDirectory() as folder:
    ...         files = download_changesets(client, hub.imodel_id, [3, 4], folder)
    >>> files["outcome"].tolist()
    ['downloaded', 'downloaded']
    """
    validate_client(client)
    path = f"{build_imodel_path(imodel_id)}/changesets"
    requested = parse_selection(changesets)
    target = create_folder("folder", folder)
    with BlobClient(client, target) as blobs, Progress(progress, "B", scale=True) as bar:
        downloads = ChangesetDownloads(requested, target, path, blobs)
        run_one(
            client,
            downloads,
            lambda: bar.update(blobs.bytes_received, downloads.expected, blobs.compute_wait()),
        )
    return downloads.build_frame()


@dataclass(frozen=True)
class DownloadRequest:
    """A changeset whose file is requested, with its id and size where they are known."""

    index: int
    id: str | None = None
    size: int | None = None


def parse_selection(changesets: pd.DataFrame | Iterable[int]) -> list[DownloadRequest]:
    """Parse a frame of changesets, or changeset indexes.

    Raises
    ------
    TypeError, ValueError
        If it is neither.
    """
    is_frame = isinstance(changesets, pd.DataFrame) or hasattr(changesets, "__arrow_c_stream__")
    if isinstance(changesets, pd.Series) or not is_frame:
        return [DownloadRequest(index) for index in validate_indexes("changesets", changesets)]
    frame = validate_changeset_files(changesets, _COLUMNS)
    columns = (frame[name] for name in _COLUMNS)
    return [
        DownloadRequest(int(index), str(changeset_id), int(size))
        for index, changeset_id, size in zip(frame.index, *columns, strict=True)
    ]


@dataclass(frozen=True)
class _File:
    path: Path | None
    size: int
    outcome: str


@dataclass(frozen=True)
class _Record:
    """The record of a changeset at this moment, with the link to its file."""

    index: int
    id: str
    size: int
    is_uploaded: bool
    link: DownloadLink | None


class ChangesetDownloads:
    """The download of several files, for :func:`imodels_nb.api.executor.run_all`.

    Parameters
    ----------
    requested
        The changesets.
    folder
        Folder of the files. A file that is in it already is not requested.
    path
        Path of the iModel's changesets in the API.
    blobs
        Client of the blob storage.

    Attributes
    ----------
    error
        Error that ended the downloads.
    expected
        Number of bytes of all files, or ``None`` if it is not known.
    """

    def __init__(self, requested: list[DownloadRequest], folder: Path, path: str, blobs: BlobClient) -> None:
        self.error: IModelsError | None = None
        sizes = [request.size for request in requested if request.size is not None]
        self.expected = sum(sizes) if len(sizes) == len(requested) else None
        self._folder = folder
        self._path = path
        self._blobs = blobs
        self._requested = requested
        self._files: dict[int, _File] = {}
        for position, request in enumerate(requested):
            if request.id is not None and (file := self._find_present_file(request.id, request.size)):
                self._files[position] = file
        self._remaining = iter([position for position in range(len(requested)) if position not in self._files])

    @property
    def is_finished(self) -> bool:
        """Whether every file is there."""
        return len(self._files) == len(self._requested)

    def next_step(self) -> Step | None:
        """Return the next file to download."""
        position = next(self._remaining, None)
        if position is None:
            return None
        return Step(partial(self._download, self._requested[position]), partial(self._files.__setitem__, position))

    def build_frame(self) -> pd.DataFrame:
        """Build a frame with the outcome of each file."""
        files = [self._files[position] for position in range(len(self._requested))]
        index = pd.Index([request.index for request in self._requested], dtype="int64", name="changeset_index")
        return pd.DataFrame(
            {
                "path": pd.Series([str(file.path) if file.path else None for file in files], index, dtype="str"),
                "bytes": pd.Series([file.size for file in files], index, dtype="int64"),
                "outcome": pd.Series([file.outcome for file in files], index, dtype="str").astype(_OUTCOMES),
            }
        )

    def _find_present_file(self, changeset_id: str, size: int | None) -> _File | None:
        """Find the file in the folder, if it has the right length and head."""
        path = self._folder / _build_file_name(changeset_id)
        try:
            is_right = path.stat().st_size == size and is_changeset_file(read_head(path), path.name)
        except OSError:
            return None
        return _File(path, path.stat().st_size, "kept") if is_right else None

    def _download(self, requested: DownloadRequest, client: IModelsClient, stop: Event) -> _File:
        files: list[_File] = []  # one for each attempt; the last one counts

        def request_file() -> RemoteFile | None:
            record = self._fetch_record(requested, client, stop)
            present = (
                self._find_present_file(record.id, record.size) if record.is_uploaded else _File(None, 0, "waiting")
            )
            if present:
                files.append(present)
                return None
            path = self._folder / _build_file_name(record.id)
            files.append(_File(path, record.size, "downloaded"))
            return RemoteFile(_require_link(record), path, record.size)

        try:
            self._blobs.download(request_file, f"The file of changeset {requested.index}", stop)
        except OSError as error:
            raise _build_write_error(error, files[-1]) from None
        return files[-1]

    def _fetch_record(self, requested: DownloadRequest, client: IModelsClient, stop: Event) -> _Record:
        """Fetch the record of a changeset, and check that it is the one requested."""
        request = Request(f"{self._path}/{requested.index}", {}, permission="imodels_read")
        record = _parse_record(client.get_page(request, CHANGESET_FILE, stop).rows.to_pylist()[0])
        if record.index != requested.index:
            raise UnexpectedResponse(f"The service sent a changeset other than {requested.index}. Download it again.")
        if requested.id not in {None, record.id}:
            raise build_other_changeset_error(requested.index)
        return record


def build_other_changeset_error(index: int) -> UnexpectedResponse:
    """Build the error for a changeset that is not the one in the caller's frame."""
    return UnexpectedResponse(
        f"Changeset {index} of this iModel is not the one in the frame. "
        "Fetch the changesets of this iModel, and pass that frame."
    )


def parse_download_link(row: dict[str, Any]) -> DownloadLink | None:
    """Parse the link to the file of a record, which may have none."""
    href = ((row["_links"] or {}).get("download") or {}).get("href")
    return DownloadLink(href) if href else None


def _build_file_name(changeset_id: str) -> str:
    """Return the name of a changeset's file.

    Raises
    ------
    UnexpectedResponse
        If the id is invalid.
    """
    if not is_changeset_id(changeset_id):
        raise UnexpectedResponse(
            "The id of a changeset is not 40 hexadecimal digits, so it cannot be a file name. "
            "Fetch the changesets again."
        )
    return f"{changeset_id}.cs"


def _parse_record(row: dict[str, Any]) -> _Record:
    is_uploaded = row["state"] == UPLOADED
    return _Record(row["index"], row["id"], row["fileSize"], is_uploaded, parse_download_link(row))


def _require_link(record: _Record) -> DownloadLink:
    if record.link is None:
        raise Forbidden(
            f"There is no link to the file of changeset {record.index}. Ask for the imodels_read permission on this "
            "iModel or its iTwin; fetch_permissions lists what you have. imodels_webview shows changesets, but not "
            "their files."
        )
    return record.link


def _build_write_error(error: OSError, file: _File) -> IModelsError:
    path, size = file.path or Path(), file.size
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return IModelsError(
            f"The disk is full: {path.name} takes {size:,} bytes. Make room in {path.parent}, and download again; "
            "finished files stay."
        )
    reason = error.strerror or type(error).__name__
    return IModelsError(f"{path.name} could not be written in {path.parent}: {reason}. Name another folder.")
