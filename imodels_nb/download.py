"""Changeset files, from the blob storage that the API points to, into a folder.

Links are short-lived, so each is asked for right before its file. The blob host never sees our token. No name or path
that a server sent becomes one of ours: a file is named by the changeset's id, once that is 40 hexadecimal digits.
"""

import errno
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import pandas as pd
import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb.api import IModelsClient
from imodels_nb.api.client import Request, is_loopback
from imodels_nb.api.connections import Connections
from imodels_nb.api.decode import decode
from imodels_nb.api.pages import imodel_path
from imodels_nb.api.schemas import CHANGESET_FILE
from imodels_nb.api.walks import Job, walk_to_the_end
from imodels_nb.errors import ConnectionFailed, Forbidden, IModelsError, UnexpectedResponse
from imodels_nb.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTEMPTS = 4
_CHUNK = 1 << 20
_TIMEOUT = (5, 60)
_ID = re.compile(r"[0-9a-f]{40}")
_OUTCOMES = pd.CategoricalDtype(["downloaded", "kept", "waiting"])


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
    wanted = _wanted(changesets)
    target = Path(folder).expanduser()
    target.mkdir(parents=True, exist_ok=True)
    with _Blobs(client) as blobs, Progress(progress, "B", scale=True) as bar:
        walk = _Downloads(wanted, target, path, blobs)
        walk_to_the_end(client, walk, lambda: bar.look(blobs.came, walk.expected, client.gate.held()))
    return walk.frame()


@dataclass(frozen=True)
class _Wanted:
    """A changeset, with what is known of it before anybody asks."""

    index: int
    id: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class _File:
    path: Path | None
    size: int
    outcome: str


class _Blobs:
    """Connections to the blob host: with no token of ours, and none from ``~/.netrc`` either."""

    def __init__(self, client: IModelsClient) -> None:
        self.came = 0
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

    def fetch(self, href: str, part: Path, size: int, stop: Event) -> bool:
        """Add to a part what is missing of a file; tell whether it is whole now."""
        if urlsplit(href).scheme != "https" and not (self._unencrypted and is_loopback(href)):
            raise UnexpectedResponse("A download link is not encrypted, and is not followed.")
        have = part.stat().st_size if part.exists() else 0
        if have > size:
            part.unlink()
            have = 0
        if have < size or not part.exists():
            self._append(href, part, have, stop)
        return part.exists() and part.stat().st_size == size

    def _append(self, href: str, part: Path, have: int, stop: Event) -> None:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self._session.get(
            href, headers=headers, auth=_Nobody(), timeout=_TIMEOUT, allow_redirects=False, stream=True
        ) as answer:
            if answer.status_code not in {requests.codes.ok, requests.codes.partial_content}:
                return
            mode = "ab" if answer.status_code == requests.codes.partial_content else "wb"
            with part.open(mode) as file:
                for chunk in answer.iter_content(_CHUNK):
                    file.write(chunk)
                    self.came += len(chunk)
                    if stop.is_set():
                        return
                file.flush()
                os.fsync(file.fileno())


class _Nobody(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Downloads:
    """Downloads files; a walk for :func:`imodels_nb.api.walks.drive`."""

    def __init__(self, wanted: list[_Wanted], folder: Path, path: str, blobs: _Blobs) -> None:
        self.failure: IModelsError | None = None
        sizes = [one.size for one in wanted if one.size is not None]
        self.expected = sum(sizes) if len(sizes) == len(wanted) else None
        self._folder, self._path, self._blobs = folder, path, blobs
        self._wanted = wanted
        self._files = {place: file for place, one in enumerate(wanted) if (file := self._kept(one.id, one.size))}
        self._coming = iter([place for place in range(len(wanted)) if place not in self._files])

    @property
    def finished(self) -> bool:
        """Whether every file is there."""
        return len(self._files) == len(self._wanted)

    def next(self) -> Job | None:
        """Give the next file to download."""
        place = next(self._coming, None)
        if place is None:
            return None
        return Job(partial(self._download, self._wanted[place]), partial(self._files.__setitem__, place))

    def frame(self) -> pd.DataFrame:
        """Tell what is there now."""
        files = [self._files[place] for place in range(len(self._wanted))]
        index = pd.Index([one.index for one in self._wanted], dtype="int64", name="changeset_index")
        return pd.DataFrame(
            {
                "path": pd.Series([str(file.path) if file.path else None for file in files], index, dtype="str"),
                "bytes": pd.Series([file.size for file in files], index, dtype="int64"),
                "outcome": pd.Series([file.outcome for file in files], index, dtype="str").astype(_OUTCOMES),
            }
        )

    def _kept(self, changeset_id: str | None, size: int | None) -> _File | None:
        path = self._folder / f"{_checked(changeset_id)}.cs" if changeset_id is not None else None
        there = path is not None and path.is_file() and path.stat().st_size == size
        return _File(path, path.stat().st_size, "kept") if path and there else None

    def _download(self, one: _Wanted, client: IModelsClient, stop: Event) -> _File:
        for _ in range(_ATTEMPTS):
            request = Request(f"{self._path}/{one.index}", {}, permission="imodels_read")
            row = decode(client.get(request, stop), CHANGESET_FILE).rows.to_pylist()[0]
            if row["state"] != "fileUploaded":
                return _File(None, 0, "waiting")
            file = self._kept(row["id"], row["fileSize"]) or self._attempt(row, stop)
            if file:
                return file
        raise ConnectionFailed(
            f"The file of changeset {one.index} did not come whole in {_ATTEMPTS} tries. Run it again: "
            "what has come is kept."
        )

    def _attempt(self, row: dict[str, Any], stop: Event) -> _File | None:
        href = ((row["_links"] or {}).get("download") or {}).get("href")
        if not href:
            raise Forbidden(
                f"There is no link to the file of changeset {row['index']}. Ask for the imodels_read permission "
                "on this iModel or its iTwin: imodels_webview shows changesets, but not their files."
            )
        path = self._folder / f"{_checked(row['id'])}.cs"
        part = path.with_suffix(".part")
        failure: IModelsError | None = None
        try:
            if self._blobs.fetch(href, part, row["fileSize"], stop):
                part.replace(path)
                return _File(path, row["fileSize"], "downloaded")
        except (requests.RequestException, HTTPError):
            return None  # the message would show the link; the next try has a fresh one
        except OSError as error:
            failure = _no_room(error, path, row["fileSize"])
        if failure:
            raise failure
        return None


def _no_room(error: OSError, path: Path, size: int) -> IModelsError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return IModelsError(
            f"The disk is full: {path.name} takes {size:,} bytes. Make room in {path.parent} and run it again; "
            "what is finished stays."
        )
    return IModelsError(f"{path.name} could not be written in {path.parent}: {error.strerror or type(error).__name__}.")


def _wanted(changesets: pd.DataFrame | Iterable[int]) -> list[_Wanted]:
    if isinstance(changesets, pd.DataFrame):
        return list(_from_frame(changesets))
    indices = list(changesets)
    for index in indices:
        if isinstance(index, bool) or not hasattr(index, "__index__") or index < 1:
            raise ValueError(f"changesets should be a frame, or changeset indices from 1, not {index!r}.")
    return [_Wanted(int(index)) for index in indices]


def _from_frame(frame: pd.DataFrame) -> "Iterator[_Wanted]":
    for index, changeset_id, size in zip(frame.index, frame["id"], frame["file_size"], strict=True):
        yield _Wanted(int(index), str(changeset_id), int(size))


def _checked(changeset_id: str) -> str:
    if not _ID.fullmatch(changeset_id):
        raise UnexpectedResponse("A changeset's id is not 40 hexadecimal digits, and does not become a file name.")
    return changeset_id
