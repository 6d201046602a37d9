"""Download of iModel files: the baseline, and checkpoints."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, TypeAlias

from imodels_nb._files import atomic_write, create_folder
from imodels_nb._validation import is_changeset_id
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import Step, run_one
from imodels_nb.api.schemas import BASELINE_FILE, CHECKPOINT_FILE
from imodels_nb.api.transport import Request, build_imodel_path
from imodels_nb.blob_storage import BlobClient
from imodels_nb.download import parse_download_link
from imodels_nb.errors import Forbidden, IModelsError, NotFound, WrongFile
from imodels_nb.part_files import RemoteFile, read_head

RequestFile: TypeAlias = Callable[[IModelsClient, Event], RemoteFile | None]

BASELINE_NAME = "baseline.bim"
_OWNER_NAME = "baseline-owner"  # a file with the path of the iModel in the API
_SQLITE_HEAD = b"SQLite format 3\0"


def download_baseline(client: IModelsClient, imodel_id: str, folder: str | os.PathLike[str]) -> Path:
    """Download the first file of an iModel: its content before the first changeset.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    folder
        Folder for the file; created if it does not exist.

    Returns
    -------
    Path
        The file, ``baseline.bim``. A file that is in the folder already takes no request: a baseline never changes.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid, or `folder` has the baseline of another iModel.
    Forbidden
        If the account lacks ``imodels_read``, or the service does not give the file to it.
    NotFound
        If the iModel has no baseline file.
    IModelsError
        A subclass for any other failure.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with sample.start(10) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     with TemporaryDirectory() as folder:
    ...         download_baseline(client, hub.plant_imodel_id, folder).name
    'baseline.bim'
    """
    validate_client(client)
    path = build_imodel_path(imodel_id)
    target = create_folder("folder", folder)
    file = target / BASELINE_NAME
    owner = target / _OWNER_NAME
    request = Request(f"{path}/baselinefile", {}, permission="imodels_read")

    def request_file(client: IModelsClient, stop: Event) -> RemoteFile | None:
        if is_done():  # another download has put it in place
            return None
        return _parse_baseline(client.get_page(request, BASELINE_FILE, stop).rows.to_pylist()[0], file)

    def is_done() -> bool:
        return _is_imodel_file(file)

    if not is_done():
        with BlobClient(client, target) as blobs:
            run_one(client, _FileDownload("baseline", target, blobs, request_file, is_done))
        with atomic_write(owner) as unfinished:
            unfinished.write_text(path, "utf-8")
    elif owner.is_file() and owner.read_text("utf-8", "replace") != path:
        raise ValueError(f"folder should be another one: {file} is the baseline of another iModel.")
    return file


def download_checkpoint(
    client: IModelsClient, imodel_id: str, index: int, folder: Path, *, max_size: int
) -> tuple[int, Path] | None:
    """Download the nearest checkpoint at or before a changeset: the iModel as it was.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    index
        Index of the changeset.
    folder
        Folder for the file, ``checkpoint-<id of its changeset>.bim``. A file that is there already is not downloaded.
    max_size
        Most bytes that the file may have.

    Returns
    -------
    tuple or None
        Index of the checkpoint and its file; ``None`` if there is no checkpoint after the baseline, or if it is larger.

    Raises
    ------
    Forbidden, NotFound
        If the service does not give the file.
    IModelsError
        A subclass for any other failure.
    """
    path = f"{build_imodel_path(imodel_id)}/changesets/{index}/checkpoint"
    request = Request(path, {}, permission="imodels_read")
    found: list[tuple[int, RemoteFile]] = []  # by the last attempt: one checkpoint, or none

    def request_file(client: IModelsClient, stop: Event) -> RemoteFile | None:
        row = client.get_page(request, CHECKPOINT_FILE, stop).rows.to_pylist()[0]
        checkpoint = _parse_checkpoint(row, folder, max_size)
        found[:] = [] if checkpoint is None else [checkpoint]
        return None if checkpoint is None or is_done() else checkpoint[1]

    def is_done() -> bool:
        return any(_is_imodel_file(file.path) for _, file in found)

    with BlobClient(client, folder) as blobs:
        run_one(client, _FileDownload("checkpoint", folder, blobs, request_file, is_done))
    return next(((checkpoint_index, file.path) for checkpoint_index, file in found), None)


class _FileDownload:
    """Download of one iModel file; for :func:`imodels_nb.api.executor.run_one`.

    Parameters
    ----------
    name
        Name of the file, for messages.
    folder
        Folder of the file.
    blobs
        Client of the blob storage.
    request_file
        Function that requests the link of the file. It returns ``None`` if there is nothing to download.
    is_done
        Function that returns whether the file is in place.
    """

    def __init__(
        self, name: str, folder: Path, blobs: BlobClient, request_file: RequestFile, is_done: Callable[[], bool]
    ) -> None:
        self.error: IModelsError | None = None
        self.is_finished = False
        self._is_started = False
        self._name = name
        self._folder = folder
        self._blobs = blobs
        self._request_file = request_file
        self._is_done = is_done

    def next_step(self) -> Step | None:
        """Return the only step, once."""
        if self._is_started:
            return None
        self._is_started = True
        return Step(self._download, self._finish)

    def _finish(self, _: None) -> None:
        self.is_finished = True

    def _download(self, client: IModelsClient, stop: Event) -> None:
        try:
            self._blobs.download(lambda: self._request_file(client, stop), f"The {self._name} file", stop)
        except WrongFile:
            raise NotFound(
                f"The service sent a {self._name} file that is not an iModel. Contact the vendor's support."
            ) from None
        except OSError as error:
            if not self._is_done():  # another download may have put the file in place
                raise IModelsError(
                    f"The {self._name} file could not be written in {self._folder}: "
                    f"{error.strerror or type(error).__name__}."
                ) from None


def _parse_baseline(row: dict[str, Any], file: Path) -> RemoteFile:
    link = parse_download_link(row)
    if row["state"] != "initialized":
        raise NotFound(f"The baseline file of this iModel is not ready: its state is {row['state']}. Try again later.")
    if link is None:
        raise Forbidden(
            "There is no link to the baseline file. Ask for the imodels_read permission on this iModel or its "
            "iTwin; fetch_permissions lists what you have."
        )
    return RemoteFile(link, file, row["fileSize"] or 0, _SQLITE_HEAD)


def _parse_checkpoint(row: dict[str, Any], folder: Path, max_size: int) -> tuple[int, RemoteFile] | None:
    """Return the index and file of a checkpoint, if it is there and not too large."""
    link = parse_download_link(row)
    size = row["size"] or 0
    changeset_id = str(row["changesetId"] or "").lower()
    if link is None or not (0 < size <= max_size and row["changesetIndex"] and is_changeset_id(changeset_id)):
        return None
    return row["changesetIndex"], RemoteFile(link, find_checkpoint_file(folder, changeset_id), size, _SQLITE_HEAD)


def find_checkpoint_file(folder: Path, changeset_id: str) -> Path:
    """Return the path of the checkpoint file of a changeset."""
    return folder / f"checkpoint-{changeset_id}.bim"


def _is_imodel_file(file: Path) -> bool:
    return file.is_file() and read_head(file) == _SQLITE_HEAD
