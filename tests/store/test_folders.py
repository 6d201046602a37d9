"""Folders of the store: private, unwritable, full."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from helpers.hub_faults import count_requests
from helpers.stored_timelines import build_rows, find_folder

from imodels_hub import Hub
from imodels_nb.api import IModelsClient
from imodels_nb.fetch import fetch_changesets
from imodels_nb.store import ChangesetStore


def test_stored_files_are_private_and_hold_no_secret(own_hub: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path / "deep" / "cache")
    finally:
        os.umask(umask)
    folder = find_folder(own_hub, tmp_path / "deep" / "cache")
    for level in (folder, *folder.parents[:3]):
        assert stat.S_IMODE(level.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert own_hub.token.encode() not in file.read_bytes()


@pytest.mark.parametrize("step", ["store.pq.write_table", "_files.os.fsync"])
def test_a_full_disk_is_a_warning_not_an_error(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"imodels_nb.{step}", full)
    with pytest.warns(UserWarning, match="could not be stored in .* \\(No space left on device\\)"):
        assert len(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)) == 1_200
    assert not list(find_folder(own_hub, tmp_path).iterdir())


def _open_to_others(folder: Path, how: str) -> None:
    if how == "mode":
        folder.chmod(0o777)
    elif os.getuid() == 0:
        os.chown(folder, 12_345, -1)
    else:
        pytest.skip("only root can give a folder away")


@pytest.mark.parametrize("level", [0, 1], ids=["the version", "the service"])
@pytest.mark.parametrize("how", ["owner", "mode"])
def test_a_folder_that_others_can_write_in_is_not_used(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, how: str, level: int
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    _open_to_others(find_folder(own_hub, tmp_path).parents[1 - level], how)
    before = count_requests(own_hub)
    with pytest.warns(UserWarning, match="others can write there"):
        assert len(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)) == 1_200
    assert count_requests(own_hub) - before == 2


@pytest.mark.parametrize("how", ["owner", "mode"])
def test_an_imodel_folder_that_others_can_write_in_is_created_anew(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, how: str
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    folder = find_folder(own_hub, tmp_path)
    _open_to_others(folder, how)
    before = count_requests(own_hub)
    assert len(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)) == 1_200
    assert count_requests(own_hub) - before == 2
    assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (os.getuid(), 0o700)


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_an_unwritable_folder_is_a_warning_not_an_error(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="could not be stored in .* the next fetch is slower"):
        assert len(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path / path)) == 1_200


def test_a_read_only_store_is_still_read(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    here = ChangesetStore(tmp_path, own_hub.base_url, own_hub.imodel_id)
    here.append(build_rows(1_210, at_1201={"parentId": "0" * 40}).slice(1_200), after=1_200)

    def deny(*_: Any, **__: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    for change in ("unlink", "mkdir"):
        monkeypatch.setattr(Path, change, deny)
    before = count_requests(own_hub)
    with pytest.warns(UserWarning, match="Read-only file system"):
        assert len(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)) == 1_200
    assert count_requests(own_hub) - before == 1
