"""Changes of an iModel: download of its files, and reading of them."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event

import pandas as pd

from imodels_nb._files import expand_path
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.decode import decode
from imodels_nb.api.executor import Step, run_one
from imodels_nb.api.schemas import BASELINE_FILE
from imodels_nb.api.transport import Request, build_imodel_path
from imodels_nb.blob_storage import WRONG_FILE, BlobClient, DownloadLink, RemoteFile, read_head
from imodels_nb.contents.file_list import list_frame_entries
from imodels_nb.contents.read import Detail, read_entries, validate_detail
from imodels_nb.download import ChangesetDownloads, parse_selection
from imodels_nb.errors import ConnectionFailed, Forbidden, IModelsError, NotFound
from imodels_nb.fetch.changesets import fetch_changesets
from imodels_nb.progress import Progress
from imodels_nb.store import create_file_folder, find_default_root

_BASELINE_NAME = "baseline.bim"
_BASELINE_HEAD = b"SQLite format 3\0"


def fetch_changes(
    client: IModelsClient,
    imodel_id: str,
    changesets: pd.DataFrame | Iterable[int] | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    detail: Detail = "elements",
    progress: bool | None = None,
) -> pd.DataFrame:
    """Fetch the changes in an iModel: download missing files, and read them.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    changesets
        Changesets to read: a frame of :func:`fetch_changesets`, or changeset indexes. ``None`` reads all.
    folder
        Folder for the files and the timeline; created if it does not exist. ``None`` takes the store of this machine,
        which ``python -m imodels_nb store`` lists and clears.
    detail
        As in :func:`read_changes`.
    progress
        Whether to show one progress bar, for download and reading, after a second of work. ``None`` shows it in a
        notebook and in a terminal.

    Returns
    -------
    DataFrame
        As :func:`read_changes` returns it.

    Raises
    ------
    ValueError
        Before any request, if an argument is invalid.
    Forbidden
        If the account lacks ``imodels_read``: it may read changesets, but not their files.
    UnreadableChangeset
        If a file is damaged; the attribute `changes` of the error has the changes in all other files.
    IModelsError
        A subclass for any other failure. Finished files stay.

    Notes
    -----
    Names come from the baseline of the iModel, where the service has it, and from earlier changesets: those with schema
    changes are downloaded, others are read if their files are in the folder. Changesets that wait for their file are
    left out. Once all files are here, a call takes one request, which checks that the account may read the iModel.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with sample.start(10) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     with TemporaryDirectory() as folder:
    ...         changes = fetch_changes(client, hub.plant_imodel_id, range(1, 21), folder=folder)
    >>> changes.loc[3].query("entity == 'element'")["label"].tolist()[:2]
    ['P-101', 'P-102']
    """
    validate_client(client)
    validate_detail(detail)
    requested = None if changesets is None else {one.index for one in parse_selection(changesets)}
    target, cache = _choose_folder(client, imodel_id, folder)
    timeline = fetch_changesets(client, imodel_id, cache=cache, progress=progress)
    if requested is not None and (unknown := requested - set(timeline.index)):
        raise NotFound(f"The iModel has no changeset {min(unknown)}. Its last one is {timeline.index.max()}.")
    timeline = timeline[timeline["state"] == "fileUploaded"]
    selected = timeline if requested is None else timeline[timeline.index.isin(requested)]
    earlier = timeline.loc[: selected.index[0] - 1] if len(selected) and detail != "tables" else timeline.iloc[:0]
    download = _ChangesDownload(client, imodel_id, target, progress)
    return download.read(selected, earlier, detail)


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
        Before any request, if an argument is invalid.
    Forbidden
        If the account lacks ``imodels_read``, or the service does not give the file to it.
    NotFound
        If the iModel has no baseline file.
    IModelsError
        A subclass for any other failure.
    """
    validate_client(client)
    path = build_imodel_path(imodel_id)
    target = expand_path(folder)
    target.mkdir(parents=True, exist_ok=True)
    file = target / _BASELINE_NAME
    if not _is_baseline(file):
        with BlobClient(client, target) as blobs:
            run_one(client, _BaselineDownload(f"{path}/baselinefile", file, blobs))
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
        except ConnectionFailed as error:
            if WRONG_FILE not in str(error):
                raise
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
                "There is no link to the baseline file. Ask for the imodels_read permission on this iModel."
            )
        return RemoteFile(DownloadLink(href), self._file, row["fileSize"] or 0, _BASELINE_HEAD)


def _choose_folder(
    client: IModelsClient, imodel_id: str, folder: str | os.PathLike[str] | None
) -> tuple[Path, bool | Path]:
    """Return the folder of the files, and where the timeline is stored."""
    if folder is None:
        return create_file_folder(find_default_root(), client.base_url, imodel_id), True
    target = expand_path(folder)
    target.mkdir(parents=True, exist_ok=True)
    return target, target


def _is_baseline(file: Path) -> bool:
    return file.is_file() and read_head(file) == _BASELINE_HEAD


class _ChangesDownload:
    """Download and reading of changeset files, with one progress bar."""

    def __init__(self, client: IModelsClient, imodel_id: str, folder: Path, progress: bool | None) -> None:
        self._client = client
        self._imodel_id = imodel_id
        self._folder = folder
        self._progress = progress

    def read(self, selected: pd.DataFrame, earlier: pd.DataFrame, detail: Detail) -> pd.DataFrame:
        """Download and read `selected`, with the schema changes before it."""
        schema_changes = earlier[earlier["has_schema"] | earlier["has_schema_sync"]]
        requested = parse_selection(pd.concat([schema_changes, selected]))
        path = f"{build_imodel_path(self._imodel_id)}/changesets"
        sizes = dict(zip(selected["id"], selected["file_size"].cumsum(), strict=True))
        with BlobClient(self._client, self._folder) as blobs, Progress(self._progress, "B", scale=True) as bar:
            downloads = ChangesetDownloads(requested, self._folder, path, blobs)

            def show(bytes_read: int = 0) -> None:
                total = None if downloads.expected is None else downloads.expected + int(selected["file_size"].sum())
                bar.update(blobs.bytes_received + bytes_read, total, blobs.compute_remaining_hold())

            run_one(self._client, downloads, show)
            return read_entries(
                list_frame_entries(selected, self._folder),
                schema=None if detail == "tables" else self._download_baseline(),
                detail=detail,
                earlier=[entry for entry in list_frame_entries(earlier, self._folder) if entry.path.is_file()],
                on_file=lambda entry: show(int(sizes[entry.id])),
            )

    def _download_baseline(self) -> Path | None:
        with suppress(NotFound, Forbidden):
            return download_baseline(self._client, self._imodel_id, self._folder)
        return None  # older classes are shown by their id
