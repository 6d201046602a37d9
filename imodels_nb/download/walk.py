"""Many files at once, each by a link that was asked for right before."""

import errno
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

import pandas as pd

from imodels_nb.api import IModelsClient
from imodels_nb.api.decode import Page, decode
from imodels_nb.api.request import Request
from imodels_nb.api.schemas import CHANGESET_FILE
from imodels_nb.api.walks import Job
from imodels_nb.download.blobs import Blobs, Link
from imodels_nb.download.wanted import Wanted, file_name
from imodels_nb.errors import ConnectionFailed, Forbidden, IModelsError

_ATTEMPTS = 4
_OUTCOMES = pd.CategoricalDtype(["downloaded", "kept", "waiting"])


@dataclass(frozen=True)
class _File:
    path: Path | None
    size: int
    outcome: str


@dataclass(frozen=True)
class _Offer:
    """What the service says of a file at this moment."""

    index: int
    id: str
    size: int
    uploaded: bool
    link: Link | None


class Downloads:
    """Downloads files; a walk for :func:`imodels_nb.api.walks.drive`."""

    def __init__(self, wanted: list[Wanted], folder: Path, path: str, blobs: Blobs) -> None:
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
        path = self._folder / file_name(changeset_id) if changeset_id is not None else None
        there = path is not None and path.is_file() and path.stat().st_size == size
        return _File(path, path.stat().st_size, "kept") if path and there else None

    def _download(self, one: Wanted, client: IModelsClient, stop: Event) -> _File:
        for _ in range(_ATTEMPTS):
            request = Request(f"{self._path}/{one.index}", {}, permission="imodels_read")
            offer = _offer(decode(client.get(request, stop), CHANGESET_FILE))
            if not offer.uploaded:
                return _File(None, 0, "waiting")
            file = self._kept(offer.id, offer.size) or self._attempt(offer, stop)
            if file:
                return file
        raise ConnectionFailed(
            f"The file of changeset {one.index} did not come whole in {_ATTEMPTS} tries. Run it again: "
            "what has come is kept."
        )

    def _attempt(self, offer: _Offer, stop: Event) -> _File | None:
        if offer.link is None:
            raise Forbidden(
                f"There is no link to the file of changeset {offer.index}. Ask for the imodels_read permission "
                "on this iModel or its iTwin: imodels_webview shows changesets, but not their files."
            )
        path = self._folder / file_name(offer.id)
        part = path.with_suffix(".part")
        try:
            if self._blobs.fetch(offer.link, part, offer.size, stop):
                part.replace(path)
                return _File(path, offer.size, "downloaded")
        except FileNotFoundError:
            return None  # somebody else downloads the same file, and has put it in place
        except OSError as error:
            raise _no_room(error, path, offer.size) from None
        return None


def _offer(page: Page) -> _Offer:
    row = page.rows.to_pylist()[0]
    href = ((row["_links"] or {}).get("download") or {}).get("href")
    uploaded = row["state"] == "fileUploaded"
    return _Offer(row["index"], row["id"], row["fileSize"], uploaded, Link(href) if href else None)


def _no_room(error: OSError, path: Path, size: int) -> IModelsError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return IModelsError(
            f"The disk is full: {path.name} takes {size:,} bytes. Make room in {path.parent} and run it again; "
            "what is finished stays."
        )
    return IModelsError(f"{path.name} could not be written in {path.parent}: {error.strerror or type(error).__name__}.")
