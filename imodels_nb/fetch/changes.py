"""Changes of an iModel: download of its files, and reading of them."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from imodels_nb._files import create_folder
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_one
from imodels_nb.api.transport import build_imodel_path
from imodels_nb.blob_storage import BlobClient
from imodels_nb.contents.file_list import list_frame_entries
from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.read import read_entries, validate_detail
from imodels_nb.contents.read_task import Detail
from imodels_nb.download import ChangesetDownloads, DownloadRequest, build_other_changeset_error, parse_selection
from imodels_nb.errors import Forbidden, NotFound
from imodels_nb.fetch.baseline import BASELINE_NAME, download_baseline, download_checkpoint, find_checkpoint_file
from imodels_nb.fetch.changesets import fetch_changesets
from imodels_nb.frames import UPLOADED
from imodels_nb.progress import Progress
from imodels_nb.store import create_file_folder, find_default_root

_REQUEST_COST = 100_000  # bytes that take as long as the two requests for one changeset file


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
        ``"elements"``: one row for each changed element, model, aspect, relationship, schema item or file property.
        ``"properties"``: one row for each value. ``"tables"``: counts by database table.
    progress
        Whether to show progress bars: one for the timeline, then one for download and reading. Each appears after a
        second of work. ``None`` shows them in a notebook and in a terminal.

    Returns
    -------
    DataFrame
        Sorted by its index; columns and dtypes never vary. Indexed by ``changeset_index`` (int64) and:

        ``"elements"``: ``instance_id`` (str, such as ``0x20000000008``); columns ``operation`` (category: inserted,
        updated, deleted), ``entity`` (category: element, model, aspect, relationship, schema, file property, other),
        ``class_name`` (category, ``Schema:Class``), ``label``, ``code``, ``model_id``, ``parent_id`` (str),
        ``briefcase_id`` (int64; the briefcase that made the id), ``properties`` (tuple of updated properties),
        ``indirect`` (bool; the row only follows from other changes), ``new_label`` (str; after an update of the label).

        ``"properties"``: ``instance_id``; columns ``class_name``, ``property`` (category), ``old``, ``new`` (str),
        ``operation``, ``entity`` (category), ``label`` (str), ``indirect`` (bool).

        ``"tables"``: ``table``, ``operation`` (str); columns ``rows``, ``indirect`` (int64).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    Forbidden
        If the account lacks ``imodels_read``: it may read changesets, but not their files.
    UnreadableChangeset
        If a file is damaged; the attribute `changes` of the error has the changes in all other files.
    IModelsError
        A subclass for any other failure. Finished files stay.

    Notes
    -----
    Names come from the nearest checkpoint before the range, where the service has one that is quick to download, else
    from the baseline. They also come from changesets in between: those with schema changes are downloaded, others are
    read if their files are in the folder. Changesets that wait for their file are left out. Once all files are here, a
    call takes one request, which checks that the account may read the iModel.

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
    requested = None if changesets is None else parse_selection(changesets)
    target, cache = _choose_folder(client, imodel_id, folder)
    timeline = fetch_changesets(client, imodel_id, cache=cache, progress=progress)
    selected = timeline if requested is None else _select_changesets(timeline, requested)
    timeline = timeline[timeline["state"] == UPLOADED]
    selected = selected[selected["state"] == UPLOADED]
    others = timeline[~timeline.index.isin(selected.index)]
    others = others.loc[: selected.index[-1]] if len(selected) and detail != "tables" else others.iloc[:0]
    download = _ChangesDownload(client, imodel_id, target, progress)
    return download.read(selected, others, detail)


def _choose_folder(
    client: IModelsClient, imodel_id: str, folder: str | os.PathLike[str] | None
) -> tuple[Path, bool | Path]:
    """Return the folder of the files, and where the timeline is stored."""
    if folder is None:
        return create_file_folder(find_default_root(), client.base_url, imodel_id), True
    target = create_folder("folder", folder)
    return target, target


def _select_changesets(timeline: pd.DataFrame, requested: list[DownloadRequest]) -> pd.DataFrame:
    """Select the requested changesets of a timeline, and check that it has them."""
    indexes = [request.index for request in requested]
    if unknown := set(indexes) - set(timeline.index):
        last = f"Its last one is {timeline.index.max()}." if len(timeline) else "It has no changesets."
        raise NotFound(f"The iModel has no changeset {min(unknown)}. {last}")
    ids = timeline["id"].to_dict()
    for request in requested:
        if request.id is not None and request.id != ids[request.index]:
            raise build_other_changeset_error(request.index)
    return timeline[timeline.index.isin(indexes)]


class _ChangesDownload:
    """Download and reading of changeset files, with one progress bar."""

    def __init__(self, client: IModelsClient, imodel_id: str, folder: Path, progress: bool | None) -> None:
        self._client = client
        self._imodel_id = imodel_id
        self._folder = folder
        self._progress = progress

    def read(self, selected: pd.DataFrame, others: pd.DataFrame, detail: Detail) -> pd.DataFrame:
        """Download and read `selected`, with the schema changes before and between."""
        start_index, start_file = 0, None
        if detail != "tables" and len(selected):
            start_index, start_file = self._prepare_start_file(selected, others)
        others = others.loc[start_index + 1 :]
        requested = parse_selection(pd.concat([_select_schema_changes(others), selected]))
        path = f"{build_imodel_path(self._imodel_id)}/changesets"
        sizes = dict(zip(selected["id"], selected["file_size"].cumsum(), strict=True))
        with BlobClient(self._client, self._folder) as blobs, Progress(self._progress, "B", scale=True) as bar:
            downloads = ChangesetDownloads(requested, self._folder, path, blobs)

            def show(bytes_read: int = 0) -> None:
                total = None if downloads.expected is None else downloads.expected + int(selected["file_size"].sum())
                bar.update(blobs.bytes_received + bytes_read, total, blobs.compute_wait())

            run_one(self._client, downloads, show)
            return read_entries(
                list_frame_entries(selected, self._folder),
                schema=start_file,
                detail=detail,
                earlier=[entry for entry in list_frame_entries(others, self._folder) if entry.path.is_file()],
                on_file=lambda entry: show(int(sizes[entry.id])),
            )

    def _prepare_start_file(self, selected: pd.DataFrame, others: pd.DataFrame) -> tuple[int, Path | None]:
        """Return the index and the file to start from; download the file if needed.

        It is the nearest checkpoint before `selected`, if that is less to download than the changeset files after the
        newest local checkpoint. Otherwise it is this local checkpoint or, without one, the baseline.
        """
        earlier = others.loc[: selected.index[0] - 1]
        local = self._find_local_checkpoint(earlier)
        after_index = local[0] if local else 0
        missing = self._find_missing(earlier.loc[after_index + 1 :])
        needed = pd.concat([_select_schema_changes(others.loc[after_index + 1 :]), selected])
        has_start_file = local is not None or (self._folder / BASELINE_NAME).is_file()
        if len(missing) and not (has_start_file and self._find_missing(needed).empty):
            max_size = int(missing["file_size"].sum()) + len(missing) * _REQUEST_COST
            checkpoint = self._download_checkpoint(earlier, after_index, max_size)
            if checkpoint is not None:
                return checkpoint
        return local or (0, self._download_baseline())

    def _find_local_checkpoint(self, timeline: pd.DataFrame) -> tuple[int, Path] | None:
        """Find the newest checkpoint file of a timeline in the folder."""
        newest_first = timeline[::-1]
        for index, changeset_id in zip(map(int, newest_first.index), newest_first["id"], strict=True):
            file = find_checkpoint_file(self._folder, changeset_id)
            if file.is_file():
                return index, file
        return None

    def _download_checkpoint(self, timeline: pd.DataFrame, after_index: int, max_size: int) -> tuple[int, Path] | None:
        """Download the last checkpoint of a timeline if it is newer and small enough."""
        last = int(timeline.index[-1])
        with suppress(NotFound, Forbidden):
            checkpoint = download_checkpoint(self._client, self._imodel_id, last, self._folder, max_size=max_size)
            if checkpoint is not None:
                index, file = checkpoint
                return (
                    checkpoint if index > after_index and _is_checkpoint_at(file, timeline["id"].get(index)) else None
                )
        return None

    def _download_baseline(self) -> Path | None:
        """Download the baseline; without it, older classes are shown by their id."""
        with suppress(NotFound, Forbidden):
            return download_baseline(self._client, self._imodel_id, self._folder)
        return None

    def _find_missing(self, changesets: pd.DataFrame) -> pd.DataFrame:
        """Return the changesets whose files are not here."""
        is_missing = [not (self._folder / f"{changeset_id}.cs").is_file() for changeset_id in changesets["id"]]
        return changesets[np.array(is_missing, dtype=bool)]


def _is_checkpoint_at(file: Path, changeset_id: str | None) -> bool:
    """Return whether a file is the checkpoint at a changeset."""
    try:
        with IModelFile(file) as checkpoint:
            return checkpoint.changeset_id == changeset_id
    except ValueError:
        return False


def _select_schema_changes(timeline: pd.DataFrame) -> pd.DataFrame:
    return timeline[timeline["has_schema"] | timeline["has_schema_sync"]]
