"""Download of the baseline file of an iModel."""

import os
from pathlib import Path
from threading import Event

from imodels_nb._files import atomic_write, create_folder
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.decode import decode
from imodels_nb.api.executor import Step, run_one
from imodels_nb.api.schemas import BASELINE_FILE
from imodels_nb.api.transport import Request, build_imodel_path
from imodels_nb.blob_storage import BlobClient, DownloadLink, RemoteFile, read_head
from imodels_nb.errors import Forbidden, IModelsError, NotFound, WrongFile

_BASELINE_NAME = "baseline.bim"
_OWNER_NAME = "baseline-owner"  # with the path of the iModel in the API
_BASELINE_HEAD = b"SQLite format 3\0"


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
    ValueError
        Before any request, if an argument is invalid, or `folder` has the baseline of another iModel.
    Forbidden
        If the account lacks ``imodels_read``, or the service does not give the file to it.
    NotFound
        If the iModel has no baseline file.
    IModelsError
        A subclass for any other failure.
    """
    validate_client(client)
    path = build_imodel_path(imodel_id)
    target = create_folder("folder", folder)
    file = target / _BASELINE_NAME
    owner = target / _OWNER_NAME
    if not _is_baseline(file):
        with BlobClient(client, target) as blobs:
            run_one(client, _BaselineDownload(f"{path}/baselinefile", file, blobs))
        with atomic_write(owner) as unfinished:
            unfinished.write_text(path, "utf-8")
    elif owner.is_file() and owner.read_text("utf-8", "replace") != path:
        raise ValueError(f"folder should be another one: {file} is the baseline of another iModel.")
    return file


class _BaselineDownload:
    """Download of the baseline file; for :func:`imodels_nb.api.executor.run_one`."""

    def __init__(self, path: str, file: Path, blobs: BlobClient) -> None:
        self.error: IModelsError | None = None
        self.is_finished = False
        self._is_started = False
        self._path = path
        self._file = file
        self._blobs = blobs

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
            self._blobs.download(lambda: self._find_file(client, stop), "The baseline file", stop)
        except WrongFile:
            raise NotFound(
                "The service sent a baseline file that is not an iModel. Contact the vendor's support."
            ) from None
        except OSError as error:
            if not _is_baseline(self._file):  # another download may have put the file in place
                raise IModelsError(
                    f"{self._file} could not be written: {error.strerror or type(error).__name__}."
                ) from None

    def _find_file(self, client: IModelsClient, stop: Event) -> RemoteFile | None:
        if _is_baseline(self._file):  # another download has put it in place
            return None
        response = client.get(Request(self._path, {}, permission="imodels_read"), stop)
        row = decode(response, BASELINE_FILE).rows.to_pylist()[0]
        href = ((row["_links"] or {}).get("download") or {}).get("href")
        if row["state"] != "initialized":
            raise NotFound(
                f"The baseline file of this iModel is not ready: its state is {row['state']}. Try again later."
            )
        if not href:
            raise Forbidden(
                "There is no link to the baseline file. Ask for the imodels_read permission on this iModel or its "
                "iTwin; fetch_permissions lists what you have."
            )
        return RemoteFile(DownloadLink(href), self._file, row["fileSize"] or 0, _BASELINE_HEAD)


def _is_baseline(file: Path) -> bool:
    return file.is_file() and read_head(file) == _BASELINE_HEAD
