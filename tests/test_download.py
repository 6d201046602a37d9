"""Downloads from the sample hub's storage, with its faults."""

import logging
import re
import signal
import traceback
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import pandas as pd
import pytest
from helpers.hub_faults import count_requests, edit_changeset

from imodels_hub import Hub
from imodels_nb import blob_storage
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.contents import read_changes
from imodels_nb.download import download_changesets
from imodels_nb.errors import ConnectionFailed, Forbidden, IModelsError, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets

ONE = 17
MANY = range(11, 16)


@pytest.fixture
def hub(running_hub: Hub) -> Iterator[Hub]:
    running_hub.clear_faults()
    yield running_hub
    running_hub.clear_faults()


@dataclass(frozen=True)
class Whole:
    """Changesets, and their files as they are when nothing goes wrong."""

    frame: pd.DataFrame
    content: dict[int, bytes]

    def files(self, *indexes: int) -> dict[str, bytes]:
        return {f"{self.frame.loc[index, 'id']}.cs": self.content[index] for index in indexes}


@pytest.fixture(scope="module")
def whole(running_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    with _client(running_hub) as client:
        frame = fetch_changesets(client, running_hub.imodel_id, last_index=40)
        output = download_changesets(client, running_hub.imodel_id, [*MANY, ONE], folder)
    assert output["bytes"].to_dict() == frame.loc[output.index, "file_size"].to_dict()
    return Whole(frame, {index: Path(path).read_bytes() for index, path in output["path"].items()})


def _client(hub: Hub, **who: Any) -> IModelsClient:
    return IModelsClient(StaticTokenCredential(hub.issue_token(**who)), base_url=hub.base_url)


def _there(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _format_traceback(caught: pytest.ExceptionInfo[Exception]) -> str:
    """Return the frames of a verbose traceback below the test itself."""
    below = caught.tb.tb_next
    return "".join(traceback.TracebackException(caught.type, caught.value, below, capture_locals=True).format())


@pytest.mark.parametrize("by", ["frame", "index"])
def test_files_are_downloaded_once(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, by: str) -> None:
    expected = whole.frame.loc[MANY] if by == "frame" else list(MANY)
    first = download_changesets(client, hub.imodel_id, expected, tmp_path / "deep" / "files")
    assert _there(tmp_path / "deep" / "files") == whole.files(*MANY)
    assert first["outcome"].tolist() == ["downloaded"] * 5
    assert first["bytes"].tolist() == whole.frame.loc[MANY, "file_size"].tolist()
    assert list(map(str, first.dtypes)) == ["str", "int64", "category"]
    before = len(hub.log)
    again = download_changesets(client, hub.imodel_id, expected, tmp_path / "deep" / "files")
    assert again["outcome"].tolist() == ["kept"] * 5
    assert len(hub.log) - before == (0 if by == "frame" else 5)


def test_no_token_goes_to_the_storage(
    hub: Hub, client: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login another password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    before = count_requests(hub, "/blobs/… 200")
    download_changesets(client, hub.imodel_id, [ONE], tmp_path / "files")
    assert count_requests(hub, "/blobs/… 200") - before == 1


@pytest.mark.parametrize(
    "fault", ["server-error:status=403", "server-error:status=500", "reset:at=100", "reset:at=0", "html:status=403"]
)
def test_each_attempt_has_a_new_link(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, fault: str) -> None:
    before = count_requests(hub, "/changesets/")
    hub.inject(f"{fault},times=2,path=/blobs")
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert _there(tmp_path) == whole.files(ONE)
    assert count_requests(hub, "/changesets/") - before == 3


def test_s5_no_signature_is_logged_at_debug_level(
    hub: Hub, client: IModelsClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert re.search(r"GET /blobs/\S+\?… ", caplog.text)  # it did log
    assert "sig=" not in caplog.text


def _part(folder: Path, whole: Whole, etag: str, content: bytes) -> Path:
    """Write a part of the file, as an interrupted run does."""
    part = folder / f"{whole.frame.loc[ONE, 'id']}.{urlsafe_b64encode(etag.encode()).decode()}.0a1b2c3d.part"
    part.write_bytes(content)
    return part


@pytest.mark.parametrize("etag", ['"0x1"', 'W/"0x1"', ""])
def test_a_part_of_another_file_is_not_continued(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, etag: str
) -> None:
    _part(tmp_path, whole, etag, whole.content[ONE][:99] + b"x" * 24)
    before = count_requests(hub, "/blobs/… 200")
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert _there(tmp_path) == whole.files(ONE)
    assert count_requests(hub, "/blobs/… 200") - before == 1


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"x" * 100_000], ids=len)
def test_an_invalid_part_is_removed(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, content: bytes
) -> None:
    _part(tmp_path, whole, '"0x1"', content)
    (tmp_path / f"{whole.frame.loc[ONE, 'id']}.a.b.part").write_bytes(whole.content[ONE][:50])
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert _there(tmp_path) == whole.files(ONE)


def test_one_web_page_costs_one_attempt(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    hub.inject("html:path=/blobs")
    output = download_changesets(client, hub.imodel_id, [*MANY, ONE], tmp_path)
    assert output["outcome"].tolist() == ["downloaded"] * 6
    assert _there(tmp_path) == whole.files(*MANY, ONE)


def test_a_web_page_stored_by_an_earlier_version_is_replaced(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path
) -> None:
    file = tmp_path / f"{whole.frame.loc[ONE, 'id']}.cs"
    file.write_bytes(b"<!doctype html>".ljust(len(whole.content[ONE])))
    output = download_changesets(client, hub.imodel_id, whole.frame.loc[[ONE]], tmp_path)
    assert output["outcome"].tolist() == ["downloaded"]
    assert _there(tmp_path) == whole.files(ONE)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_at_once_and_the_next_run_continues(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path
) -> None:
    hub.inject("latency:ms=30000,times=0,path=/blobs")
    Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        download_changesets(client, hub.imodel_id, [*MANY], tmp_path)
    assert not list(tmp_path.glob("*.cs"))
    hub.clear_faults()
    download_changesets(client, hub.imodel_id, [*MANY], tmp_path)
    assert _there(tmp_path) == whole.files(*MANY)


def test_concurrent_downloads_of_the_same_files(hub: Hub, whole: Whole, tmp_path: Path) -> None:
    def download(_: int) -> list[str]:
        with _client(hub) as client:
            return download_changesets(client, hub.imodel_id, [*MANY] * 2, tmp_path)["outcome"].tolist()

    hub.inject("reset:at=1000,every=3,times=6,path=/blobs")
    with ThreadPoolExecutor(2) as notebooks:
        outcomes = [outcome for outcomes in notebooks.map(download, range(2)) for outcome in outcomes]
    assert set(outcomes) <= {"downloaded", "kept"}
    assert _there(tmp_path) == whole.files(*MANY)


@pytest.mark.parametrize("more", [1, -1])
def test_a_file_of_another_length_is_an_error(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, more: int
) -> None:
    hub.inject(*[edit_changeset(fileSize=len(whole.content[ONE]) + more)] * 4)
    with pytest.raises(ConnectionFailed, match=f"changeset {ONE} could not be downloaded"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.glob("*.cs"))


def test_an_error_of_a_download_shows_no_link(hub: Hub, client: IModelsClient, tmp_path: Path) -> None:
    hub.inject("server-error:status=403,times=0,path=/blobs")
    with pytest.raises(ConnectionFailed, match=f"changeset {ONE} could not be downloaded") as caught:
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert "in _download" in _format_traceback(caught)
    assert "sig=" not in _format_traceback(caught)
    assert not list(tmp_path.glob("*.cs"))


def test_a_missing_link_is_a_missing_permission(hub: Hub, tmp_path: Path) -> None:
    with (
        _client(hub, permissions=("imodels_webview",)) as client,
        pytest.raises(Forbidden, match="imodels_read"),
    ):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)


def test_a_file_that_is_not_uploaded_yet_is_waiting(tmp_path: Path) -> None:
    with Hub() as hub, _client(hub) as client:
        (row,) = hub.push(1, state="waitingForFile")
        output = download_changesets(client, hub.imodel_id, [row["index"], ONE], tmp_path)
    assert output["outcome"].tolist() == ["waiting", "downloaded"]
    assert output["path"].isna().tolist() == [True, False]


@pytest.mark.parametrize("evil", ["../../evil", "/etc/passwd", "a" * 39 + "/", "A" * 40, "a" * 40 + "\n", ""])
def test_an_invalid_id_never_becomes_a_path(hub: Hub, client: IModelsClient, tmp_path: Path, evil: str) -> None:
    hub.inject(edit_changeset(id=evil))
    with pytest.raises(UnexpectedResponse, match="cannot be a file name"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "href",
    [
        *("http://192.0.2.1/x?sig=canary", "file:///etc/passwd?sig=canary", "ftp://x?sig=canary"),
        *("https://[/x?sig=canary", "//[/x?sig=canary"),
    ],
)
def test_an_unencrypted_link_is_not_followed(hub: Hub, client: IModelsClient, tmp_path: Path, href: str) -> None:
    hub.inject(edit_changeset(_links={"download": {"href": href}}))
    with pytest.raises(UnexpectedResponse, match="not encrypted") as caught:
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert "in download" in _format_traceback(caught)
    assert "canary" not in _format_traceback(caught)


def test_a_full_disk_is_an_error_without_a_partial_file(
    hub: Hub, client: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blob_storage.os, "fsync", full)
    before = count_requests(hub, "/blobs/")
    with pytest.raises(IModelsError, match="The disk is full"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.glob("*.cs"))
    assert count_requests(hub, "/blobs/") - before == 1


def test_an_unwritable_file_is_named_in_the_error(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path
) -> None:
    (tmp_path / f"{whole.frame.loc[ONE, 'id']}.cs").mkdir()
    with pytest.raises(IModelsError, match=f"could not be written in {tmp_path}: Is a directory"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)


@pytest.mark.parametrize("folder", ["file", "file/below", "null\0", None, 7, b"x", Path("~missing-user")])
def test_an_invalid_folder_is_an_error_before_any_request(
    hub: Hub, client: IModelsClient, tmp_path: Path, folder: Any
) -> None:
    (tmp_path / "file").write_text("in the way")
    before = len(hub.log)
    with pytest.raises(ValueError, match="folder should be a folder to write in"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path / folder if isinstance(folder, str) else folder)
    assert len(hub.log) == before


@pytest.mark.parametrize(
    "nonsense",
    [[0], [-1], ["1"], [True], [1.5], [None], 7, None, "abc", b"ab", {1: "a"}, pd.DataFrame({"x": [1]})],
    ids=repr,
)
def test_an_invalid_index_is_an_error_before_any_request(
    hub: Hub, client: IModelsClient, tmp_path: Path, nonsense: Any
) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match=r"changesets should be |changesets frame lacks id, file_size"):
        download_changesets(client, hub.imodel_id, nonsense, tmp_path)
    assert len(hub.log) == before


def test_a_frame_of_another_imodel_is_an_error(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    other = whole.frame.loc[[ONE]].assign(id="a" * 40)
    with pytest.raises(UnexpectedResponse, match=f"Changeset {ONE} of this iModel is not the one in the frame"):
        download_changesets(client, hub.imodel_id, other, tmp_path)
    assert not list(tmp_path.iterdir())


def test_another_changeset_than_requested_is_an_error(hub: Hub, client: IModelsClient, tmp_path: Path) -> None:
    hub.inject(edit_changeset(index=ONE + 1))
    with pytest.raises(UnexpectedResponse, match=f"a changeset other than {ONE}"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_series_of_indexes_is_downloaded(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    download_changesets(client, hub.imodel_id, pd.Series([ONE, 11]), tmp_path)
    assert _there(tmp_path) == whole.files(ONE, 11)


def test_a_series_of_other_numbers_is_an_error(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    before = len(hub.log)
    for wrong in (whole.frame["briefcase_id"], pd.Index([3], name="briefcase_id")):
        with pytest.raises(ValueError, match="not values of 'briefcase_id'"):
            download_changesets(client, hub.imodel_id, wrong, tmp_path)
        with pytest.raises(ValueError, match="not values of 'briefcase_id'"):
            read_changes(tmp_path, wrong)
    assert len(hub.log) == before
    named = pd.Series([ONE], name="changeset_index")
    download_changesets(client, hub.imodel_id, named, tmp_path)
    assert _there(tmp_path) == whole.files(ONE)


def test_no_changesets_give_an_empty_frame(client: IModelsClient, hub: Hub, tmp_path: Path) -> None:
    assert download_changesets(client, hub.imodel_id, [], tmp_path).empty
