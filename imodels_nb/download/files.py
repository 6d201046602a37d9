"""From changesets to their files."""

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from imodels_nb.api import IModelsClient
from imodels_nb.api.pages import imodel_path
from imodels_nb.api.walks import walk_to_the_end
from imodels_nb.download.blobs import Blobs
from imodels_nb.download.walk import Downloads
from imodels_nb.download.wanted import wanted
from imodels_nb.progress import Progress


def download_changesets(
    client: IModelsClient,
    imodel_id: str,
    changesets: pd.DataFrame | Iterable[int],
    folder: str | os.PathLike[str],
    *,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Download changeset files, many at once; run again, it goes on where it stopped.

    Parameters
    ----------
    client
        A connection to the API.
    imodel_id
        GUID of the iModel.
    changesets
        Which: a frame of :func:`fetch_changesets`, or changeset indices. With a frame, what is there already is not
        even asked for.
    folder
        Where to; made if it is not there. Files are named by the changeset's id, as ``<id>.cs``.
    progress
        Show a bar after a second of work. ``None`` decides: in a notebook and in a terminal, yes.

    Returns
    -------
    DataFrame
        One row a changeset, in the order given; the index is ``changeset_index`` (int64). Columns: ``path`` (str),
        ``bytes`` (int64), ``outcome`` (category): ``downloaded``; ``kept``, when a file of the right size was there
        already; ``waiting``, when the service does not have the file yet.

    Raises
    ------
    ValueError
        Before any request, when an argument makes no sense.
    Forbidden
        When the account lacks ``imodels_read``: it may see changesets, but not their files.
    IModelsError
        One of its kinds for everything else. What is finished stays; no file is ever there in part under its name.
    """
    path = f"{imodel_path(imodel_id)}/changesets"
    which = wanted(changesets)
    target = _made(folder)
    with Blobs(client) as blobs, Progress(progress, "B", scale=True) as bar:
        walk = Downloads(which, target, path, blobs)
        walk_to_the_end(client, walk, lambda: bar.look(blobs.came, walk.expected, client.gate.held()))
    return walk.frame()


def _made(folder: str | os.PathLike[str]) -> Path:
    try:
        target = Path(folder).expanduser()
        target.mkdir(parents=True, exist_ok=True)
    except (OSError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a path"
        raise ValueError(f"folder should be one to write in; {folder!r} cannot be made: {reason}.") from None
    return target
