"""Changeset files, from a blob host that fails in every way it can."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest

from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.download import download_changesets
from imodels_nb.errors import ConnectionFailed, Forbidden, IModelsError, UnexpectedResponse

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
TOKEN, SIGNATURE = "canary-token", "canary-signature"


class Store:
    """Changesets 1 to 5 and their files; a test changes rows, or queues faults of the blob host."""

    def __init__(self) -> None:
        self.files = {index: bytes([index]) * (1_000 * index) for index in range(1, 6)}
        self.changes: dict[int, dict[str, Any]] = {}
        self.faults: list[str] = []
        self.links = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.base_url = ""

    def row(self, index: int) -> dict[str, Any]:
        self.links += 1
        href = f"{self.base_url}/blob/{index}?sig={SIGNATURE}-{self.links}"
        row = {
            "id": f"{index:040x}",
            "index": index,
            "creatorId": IMODEL,
            "pushDateTime": "2024-01-01T00:00:00Z",
            "state": "fileUploaded",
            "containingChanges": 0,
            "fileSize": len(self.files[index]),
            "briefcaseId": 2,
            "_links": {"download": {"href": href}},
        }
        return row | self.changes.get(index, {})

    def frame(self) -> pd.DataFrame:
        rows = [(index, f"{index:040x}", len(content)) for index, content in self.files.items()]
        return pd.DataFrame(rows, columns=["changeset_index", "id", "file_size"]).set_index("changeset_index")


@contextmanager
def _serving(store: Store) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            store.asked.append((self.path, dict(self.headers)))
            index = int(self.path.partition("?")[0].rpartition("/")[2])
            if self.path.startswith("/blob/"):
                self._blob(store.files[index], store.faults.pop(0) if store.faults else "")
            else:
                self._send(200, json.dumps({"changeset": store.row(index)}).encode())

        def _blob(self, content: bytes, fault: str) -> None:
            start = int(self.headers.get("Range", "bytes=0-")[6:-1])
            if fault == "expired":
                self._send(403, f"<Error>{SIGNATURE}</Error>".encode())
            elif fault == "cut":
                self._send(200, content, cut=len(content) // 2)
            elif fault == "short":
                self._send(200, content[:-1])
            else:
                self._send(206 if start else 200, content[start:])

        def _send(self, status: int, body: bytes, cut: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:cut])
            self.close_connection = cut is not None

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    store.base_url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    with _serving(store):
        yield store


@pytest.fixture
def client(store: Store) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(TOKEN), base_url=store.base_url) as client:
        yield client


def _whole(store: Store, folder: Path) -> bool:
    return {file.name: file.read_bytes() for file in folder.iterdir()} == {
        f"{index:040x}.cs": content for index, content in store.files.items()
    }


@pytest.mark.parametrize("by", ["frame", "index"])
def test_files_come_whole_and_are_kept_the_second_time(
    store: Store, client: IModelsClient, tmp_path: Path, by: str
) -> None:
    wanted = store.frame() if by == "frame" else store.frame().index
    first = download_changesets(client, IMODEL, wanted, tmp_path / "files")
    assert _whole(store, tmp_path / "files")
    assert first["outcome"].tolist() == ["downloaded"] * 5
    assert first["bytes"].tolist() == [1_000, 2_000, 3_000, 4_000, 5_000]
    before = len(store.asked)
    again = download_changesets(client, IMODEL, wanted, tmp_path / "files")
    assert again["outcome"].tolist() == ["kept"] * 5
    assert len(store.asked) - before == (0 if by == "frame" else 5)
    assert {name: str(dtype) for name, dtype in first.dtypes.items()} == {
        "path": "str",
        "bytes": "int64",
        "outcome": "category",
    }


def test_the_blob_host_never_sees_the_token(
    store: Store, client: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    download_changesets(client, IMODEL, [1, 2], tmp_path / "files")
    for path, headers in store.asked:
        assert ("Authorization" in headers) == (not path.startswith("/blob/"))


@pytest.mark.parametrize("fault", ["expired", "cut", "short"])
def test_each_new_try_has_a_fresh_link(store: Store, client: IModelsClient, tmp_path: Path, fault: str) -> None:
    store.faults = [fault, fault]
    download_changesets(client, IMODEL, [3], tmp_path)
    assert (tmp_path / f"{3:040x}.cs").read_bytes() == store.files[3]
    blobs = [path for path, _ in store.asked if path.startswith("/blob/")]
    assert len(blobs) == len(set(blobs)) == 3 or fault != "expired"
    assert not list(tmp_path.glob("*.part"))


def test_a_part_is_gone_on_with(store: Store, client: IModelsClient, tmp_path: Path) -> None:
    (tmp_path / f"{5:040x}.part").write_bytes(store.files[5][:1_234])
    download_changesets(client, IMODEL, [5], tmp_path)
    assert (tmp_path / f"{5:040x}.cs").read_bytes() == store.files[5]
    assert store.asked[-1][1]["Range"] == "bytes=1234-"


def test_a_file_that_never_comes_whole_is_an_error_without_its_link(
    store: Store, client: IModelsClient, tmp_path: Path
) -> None:
    store.faults = ["expired"] * 9
    with pytest.raises(ConnectionFailed, match="changeset 2 did not come whole") as caught:
        download_changesets(client, IMODEL, [2], tmp_path)
    assert SIGNATURE not in str(caught.value)
    assert not list(tmp_path.glob("*.cs"))


def test_no_link_means_no_permission(store: Store, client: IModelsClient, tmp_path: Path) -> None:
    store.changes[1] = {"_links": {"download": None}}
    with pytest.raises(Forbidden, match="imodels_read"):
        download_changesets(client, IMODEL, [1], tmp_path)


def test_a_file_that_is_not_there_yet_is_told_not_raised(store: Store, client: IModelsClient, tmp_path: Path) -> None:
    store.changes[1] = {"state": "waitingForFile", "_links": {"download": None}}
    told = download_changesets(client, IMODEL, [1, 2], tmp_path)
    assert told["outcome"].tolist() == ["waiting", "downloaded"]
    assert told["path"].isna().tolist() == [True, False]


@pytest.mark.parametrize("evil", ["../../evil", "/etc/passwd", "a" * 39 + "/", "A" * 40, ""])
def test_a_name_from_the_server_never_becomes_a_path(
    store: Store, client: IModelsClient, tmp_path: Path, evil: str
) -> None:
    store.changes[1] = {"id": evil}
    with pytest.raises(UnexpectedResponse, match="does not become a file name"):
        download_changesets(client, IMODEL, [1], tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unencrypted_link_to_elsewhere_is_not_followed(store: Store, client: IModelsClient, tmp_path: Path) -> None:
    store.changes[1] = {"_links": {"download": {"href": f"http://192.0.2.1/x?sig={SIGNATURE}"}}}
    with pytest.raises(UnexpectedResponse, match="not encrypted") as caught:
        download_changesets(client, IMODEL, [1], tmp_path)
    assert SIGNATURE not in str(caught.value)


def test_a_full_disk_says_so_and_leaves_no_file_in_part(
    store: Store, client: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("imodels_nb.download.os.fsync", full)
    with pytest.raises(IModelsError, match="The disk is full"):
        download_changesets(client, IMODEL, [1], tmp_path)
    assert not list(tmp_path.glob("*.cs"))
    assert store.links == 1


@pytest.mark.parametrize("nonsense", [[0], [-1], ["1"], [True], [1.5]])
def test_what_is_no_index_raises_before_any_request(
    store: Store, client: IModelsClient, tmp_path: Path, nonsense: Any
) -> None:
    with pytest.raises(ValueError, match="indices from 1"):
        download_changesets(client, IMODEL, nonsense, tmp_path)
    assert store.asked == []


def test_nothing_to_download_is_an_empty_frame(client: IModelsClient, tmp_path: Path) -> None:
    assert download_changesets(client, IMODEL, [], tmp_path).empty
