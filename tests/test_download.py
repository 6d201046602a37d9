"""Changeset files, from the sample hub's storage, which fails in every way it can."""

import json
import logging
import re
import signal
import socket
import time
import traceback
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import shake_256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import pandas as pd
import pytest
from helpers.raw_server import serve_requests

from imodels_hub import Hub, Response
from imodels_nb import blob_storage
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.blob_storage import is_changeset_file, redact_signatures
from imodels_nb.download import download_changesets
from imodels_nb.errors import ConnectionFailed, Forbidden, IModelsError, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets

ONE, MANY = 17, range(11, 16)


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

    def files(self, *indices: int) -> dict[str, bytes]:
        return {f"{self.frame.loc[index, 'id']}.cs": self.content[index] for index in indices}


@pytest.fixture(scope="module")
def whole(running_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    with _client(running_hub) as client:
        frame = fetch_changesets(client, running_hub.imodel_id, last_index=40)
        told = download_changesets(client, running_hub.imodel_id, [*MANY, ONE], folder)
    assert told["bytes"].to_dict() == frame.loc[told.index, "file_size"].to_dict()
    return Whole(frame, {index: Path(path).read_bytes() for index, path in told["path"].items()})


def _client(hub: Hub, **who: Any) -> IModelsClient:
    return IModelsClient(StaticTokenCredential(hub.issue_token(**who)), base_url=hub.base_url)


def _edited(**changes: Any) -> Callable[[Response], Response]:
    """Let the service say something else of a changeset."""

    def fault(answer: Response) -> Response:
        document = json.loads(answer.body)
        document["changeset"].update(changes)
        return replace(answer, body=json.dumps(document).encode())

    return fault


def _asked(hub: Hub, what: str) -> int:
    return sum(what in line for line in hub.log)


def _there(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _shown(caught: pytest.ExceptionInfo[Exception]) -> str:
    """Give what a verbose traceback shows below the test itself."""
    below = caught.tb.tb_next
    return "".join(traceback.TracebackException(caught.type, caught.value, below, capture_locals=True).format())


@pytest.mark.parametrize("by", ["frame", "index"])
def test_files_come_whole_and_are_kept_the_second_time(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, by: str
) -> None:
    wanted = whole.frame.loc[MANY] if by == "frame" else list(MANY)
    first = download_changesets(client, hub.imodel_id, wanted, tmp_path / "deep" / "files")
    assert _there(tmp_path / "deep" / "files") == whole.files(*MANY)
    assert first["outcome"].tolist() == ["downloaded"] * 5
    assert first["bytes"].tolist() == whole.frame.loc[MANY, "file_size"].tolist()
    assert list(map(str, first.dtypes)) == ["str", "int64", "category"]
    before = len(hub.log)
    again = download_changesets(client, hub.imodel_id, wanted, tmp_path / "deep" / "files")
    assert again["outcome"].tolist() == ["kept"] * 5
    assert len(hub.log) - before == (0 if by == "frame" else 5)


def test_the_storage_which_refuses_any_token_never_sees_ours(
    hub: Hub, client: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    before = _asked(hub, "/blobs/… 200")
    download_changesets(client, hub.imodel_id, [ONE], tmp_path / "files")
    assert _asked(hub, "/blobs/… 200") - before == 1


@pytest.mark.parametrize(
    "fault", ["server-error:status=403", "server-error:status=500", "reset:at=100", "reset:at=0", "html:status=403"]
)
def test_each_new_try_has_a_fresh_link(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, fault: str
) -> None:
    before = _asked(hub, "/changesets/")
    hub.inject(f"{fault},times=2,path=/blobs")
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert _there(tmp_path) == whole.files(ONE)
    assert _asked(hub, "/changesets/") - before == 3


def test_s5_at_debug_no_signature_is_logged(
    hub: Hub, client: IModelsClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert re.search(r"GET /blobs/\S+\?… ", caplog.text)  # it did log
    assert "sig=" not in caplog.text


@pytest.mark.parametrize(
    "query", ["sv=2&sig=canary%2B", "X-Goog-Signature=canary&x=1", "X-Amz-Signature=canary", "SIG=canary"]
)
def test_s5_the_query_of_a_signed_link_is_not_logged(query: str) -> None:
    record = logging.LogRecord("x", logging.DEBUG, "x", 1, '"%s %s" %s', ("GET", f"/a/b?{query}", 200), None)
    assert redact_signatures(record)
    assert record.getMessage() == '"GET /a/b?…" 200'


def _part(folder: Path, whole: Whole, etag: str, content: bytes) -> Path:
    """Leave a part of the file behind, as an earlier run does."""
    part = folder / f"{whole.frame.loc[ONE, 'id']}.{urlsafe_b64encode(etag.encode()).decode()}.0a1b2c3d.part"
    part.write_bytes(content)
    return part


@pytest.mark.parametrize("etag", ['"0x1"', 'W/"0x1"', ""])
def test_a_part_of_another_file_is_not_continued(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, etag: str
) -> None:
    _part(tmp_path, whole, etag, whole.content[ONE][:99] + b"x" * 24)
    before = _asked(hub, "/blobs/… 200")
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert _there(tmp_path) == whole.files(ONE)
    assert _asked(hub, "/blobs/… 200") - before == 1


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"x" * 100_000], ids=len)
def test_a_part_that_is_no_part_is_removed(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, content: bytes
) -> None:
    _part(tmp_path, whole, '"0x1"', content)
    (tmp_path / f"{whole.frame.loc[ONE, 'id']}.a.b.part").write_bytes(whole.content[ONE][:50])
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert _there(tmp_path) == whole.files(ONE)


STRAY = b"<!doctype html><title>Sign in to this network</title>"


LARGE = b"\x16\0ChangeSetLzma\0\0\x10\0\x02\0" + bytes(199_978)
CHUNK = 1 << 16


@dataclass
class Storage:
    """A storage that sends scripted responses; the hub's links to the file lead to it."""

    hub: Hub
    address: str
    responses: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)

    def serve(self, size: int, *responses: tuple[int, dict[str, str], bytes]) -> None:
        self.responses, self.requests = list(responses), []
        record = _edited(fileSize=size, _links={"download": {"href": self.address}})
        self.hub.inject(*[record] * len(responses))


@pytest.fixture
def storage(hub: Hub) -> Iterator[Storage]:
    script = Storage(hub, "")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.requests.append(dict(self.headers))
            status, headers, body = script.responses.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        script.address = f"http://127.0.0.1:{server.server_port}/x"
        yield script
        server.shutdown()
    hub.clear_faults()


@pytest.mark.parametrize("length", [None, -1, 0, 1])
def test_a_stray_page_never_becomes_a_file(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path, length: int | None
) -> None:
    body = STRAY if length is None else STRAY.ljust(10_000 + length)
    storage.serve(10_000, *[(200, {"Content-Type": "text/html", "ETag": '"0x1"'}, body)] * 4)
    with pytest.raises(ConnectionFailed, match=r"did not come whole in 4 tries: a web page or another file came"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.iterdir())


def test_one_stray_page_costs_one_more_try(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    hub.inject("html:path=/blobs")
    told = download_changesets(client, hub.imodel_id, [*MANY, ONE], tmp_path)
    assert told["outcome"].tolist() == ["downloaded"] * 6
    assert _there(tmp_path) == whole.files(*MANY, ONE)


def test_a_stray_page_that_an_earlier_version_kept_is_downloaded_again(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path
) -> None:
    file = tmp_path / f"{whole.frame.loc[ONE, 'id']}.cs"
    file.write_bytes(STRAY.ljust(len(whole.content[ONE])))
    told = download_changesets(client, hub.imodel_id, whole.frame.loc[[ONE]], tmp_path)
    assert told["outcome"].tolist() == ["downloaded"]
    assert _there(tmp_path) == whole.files(ONE)


def _rest(start: int, etag: str, size: int = len(LARGE)) -> dict[str, str]:
    return {"ETag": etag, "Content-Range": f"bytes {start}-{size - 1}/{size}", "Content-Length": str(size - start)}


def test_a_part_is_continued_only_with_the_same_file(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path
) -> None:
    whole, refused = {"ETag": '"0x1"', "Content-Length": str(len(LARGE))}, (403, {}, b"")
    storage.serve(len(LARGE), (200, whole, LARGE[:100_000]), refused, refused, refused)
    with pytest.raises(ConnectionFailed, match="4 tries: the storage answered with status 403"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    (part,) = tmp_path.iterdir()
    assert part.read_bytes() == LARGE[:CHUNK]
    storage.serve(
        len(LARGE),
        (206, _rest(CHUNK, '"0x2"'), b"y" * len(LARGE[CHUNK:])),
        (206, _rest(CHUNK + 1, '"0x1"'), LARGE[CHUNK + 1 :]),
        (206, _rest(CHUNK, '"0x1"', len(LARGE) + 1), LARGE[CHUNK:] + b"y"),
        (206, _rest(CHUNK, '"0x1"'), LARGE[CHUNK:]),
    )
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == LARGE
    assert {(sent["If-Range"], sent["Range"]) for sent in storage.requests} == {('"0x1"', f"bytes={CHUNK}-")}


def test_a_file_that_changed_on_the_storage_is_downloaded_anew(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path
) -> None:
    changed, length = LARGE[:50] + b"z" * len(LARGE[50:]), {"Content-Length": str(len(LARGE))}
    storage.serve(
        len(LARGE),
        (200, length | {"ETag": '"0x1"'}, LARGE[:150_000]),
        (200, length | {"ETag": '"0x2"'}, changed[:100_000]),
        (206, _rest(CHUNK, '"0x2"'), changed[CHUNK:]),
    )
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == changed


@pytest.mark.parametrize("etag", [{}, {"ETag": 'W/"0x1"'}, {"ETag": '"' + "x" * 300 + '"'}, {"ETag": '"../../x"'}])
def test_a_file_without_a_usable_etag_is_downloaded_anew(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path, etag: dict[str, str]
) -> None:
    headers = etag | {"Content-Length": str(len(LARGE))}
    rest = _rest(CHUNK, '"../../x"'), LARGE[CHUNK:]
    again = (206, *rest) if etag == {"ETag": '"../../x"'} else (200, headers, LARGE)
    storage.serve(len(LARGE), (200, headers, LARGE[:100_000]), again)
    download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == LARGE


def test_a_file_of_the_vendor_is_known_by_its_head() -> None:
    name = "a" * 40 + ".cs"
    vendors = b"\x16\0ChangeSetLzma\0\0\x10\0\x02\0\x18"
    assert is_changeset_file(vendors, name)
    assert is_changeset_file(shake_256(name.encode()).digest(40), name)
    for other in (b"", b"\x16", vendors[:9], vendors[1:], b"\x17" + vendors[1:], STRAY, b"\0" * 40):
        assert not is_changeset_file(other, name)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_stops_at_once_and_the_next_run_goes_on(
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


def test_two_who_download_the_same_files_do_no_harm(hub: Hub, whole: Whole, tmp_path: Path) -> None:
    def download(_: int) -> list[str]:
        with _client(hub) as client:
            return download_changesets(client, hub.imodel_id, [*MANY] * 2, tmp_path)["outcome"].tolist()

    hub.inject("reset:at=1000,every=3,times=6,path=/blobs")
    with ThreadPoolExecutor(2) as notebooks:
        outcomes = [outcome for outcomes in notebooks.map(download, range(2)) for outcome in outcomes]
    assert set(outcomes) <= {"downloaded", "kept"}
    assert _there(tmp_path) == whole.files(*MANY)


@pytest.mark.parametrize("more", [1, -1])
def test_a_file_of_another_length_than_promised_is_an_error(
    hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path, more: int
) -> None:
    hub.inject(*[_edited(fileSize=len(whole.content[ONE]) + more)] * 4)
    with pytest.raises(ConnectionFailed, match=f"changeset {ONE} did not come whole"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.glob("*.cs"))


def test_a_file_that_never_comes_is_an_error_that_shows_no_link(
    hub: Hub, client: IModelsClient, tmp_path: Path
) -> None:
    hub.inject("server-error:status=403,times=0,path=/blobs")
    with pytest.raises(ConnectionFailed, match=f"changeset {ONE} did not come whole") as caught:
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert "in _download" in _shown(caught)
    assert "sig=" not in _shown(caught)
    assert not list(tmp_path.glob("*.cs"))


def test_no_link_means_no_permission(hub: Hub, tmp_path: Path) -> None:
    with (
        _client(hub, permissions=("imodels_webview",)) as client,
        pytest.raises(Forbidden, match="imodels_read"),
    ):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)


def test_a_file_that_is_not_there_yet_is_told_not_raised(tmp_path: Path) -> None:
    with Hub() as hub, _client(hub) as client:
        (row,) = hub.push(1, state="waitingForFile")
        told = download_changesets(client, hub.imodel_id, [row["index"], ONE], tmp_path)
    assert told["outcome"].tolist() == ["waiting", "downloaded"]
    assert told["path"].isna().tolist() == [True, False]


@pytest.mark.parametrize("evil", ["../../evil", "/etc/passwd", "a" * 39 + "/", "A" * 40, "a" * 40 + "\n", ""])
def test_a_name_from_the_service_never_becomes_a_path(
    hub: Hub, client: IModelsClient, tmp_path: Path, evil: str
) -> None:
    hub.inject(_edited(id=evil))
    with pytest.raises(UnexpectedResponse, match="does not become a file name"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "href",
    [
        *("http://192.0.2.1/x?sig=canary", "file:///etc/passwd?sig=canary", "ftp://x?sig=canary"),
        *("https://[/x?sig=canary", "//[/x?sig=canary"),
    ],
)
def test_a_link_that_is_not_encrypted_is_not_followed(
    hub: Hub, client: IModelsClient, tmp_path: Path, href: str
) -> None:
    hub.inject(_edited(_links={"download": {"href": href}}))
    with pytest.raises(UnexpectedResponse, match="not encrypted") as caught:
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert "in download" in _shown(caught)
    assert "canary" not in _shown(caught)


def test_a_full_disk_says_so_and_leaves_no_file_in_part(
    hub: Hub, client: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(blob_storage.os, "fsync", full)
    before = _asked(hub, "/blobs/")
    with pytest.raises(IModelsError, match="The disk is full"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.glob("*.cs"))
    assert _asked(hub, "/blobs/") - before == 1


def test_a_place_that_cannot_be_written_is_named(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    (tmp_path / f"{whole.frame.loc[ONE, 'id']}.cs").mkdir()
    with pytest.raises(IModelsError, match=f"could not be written in {tmp_path}: Is a directory"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)


@pytest.mark.parametrize("folder", ["file", "file/below", "null\0", None, 7, b"x", Path("~nobody-of-this-name")])
def test_a_folder_that_cannot_be_made_raises_before_any_request(
    hub: Hub, client: IModelsClient, tmp_path: Path, folder: Any
) -> None:
    (tmp_path / "file").write_text("in the way")
    before = len(hub.log)
    with pytest.raises(ValueError, match="folder should be one to write in"):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path / folder if isinstance(folder, str) else folder)
    assert len(hub.log) == before


@pytest.mark.parametrize(
    "nonsense",
    [[0], [-1], ["1"], [True], [1.5], [None], 7, None, "abc", pd.DataFrame({"x": [1]})],
    ids=repr,
)
def test_what_is_no_index_raises_before_any_request(
    hub: Hub, client: IModelsClient, tmp_path: Path, nonsense: Any
) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match=r"changesets should be |changesets frame lacks id, file_size"):
        download_changesets(client, hub.imodel_id, nonsense, tmp_path)
    assert len(hub.log) == before


def test_a_frame_of_another_imodel_is_told(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    other = whole.frame.loc[[ONE]].assign(id="a" * 40)
    with pytest.raises(UnexpectedResponse, match=f"Changeset {ONE} of this iModel is not the one in the frame"):
        download_changesets(client, hub.imodel_id, other, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_series_of_indexes_is_downloaded(hub: Hub, client: IModelsClient, whole: Whole, tmp_path: Path) -> None:
    download_changesets(client, hub.imodel_id, pd.Series([ONE, 11]), tmp_path)
    assert _there(tmp_path) == whole.files(ONE, 11)


def test_nothing_to_download_is_an_empty_frame(client: IModelsClient, hub: Hub, tmp_path: Path) -> None:
    assert download_changesets(client, hub.imodel_id, [], tmp_path).empty


def test_a_file_that_comes_byte_by_byte_has_a_deadline(
    hub: Hub, whole: Whole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_storage, "_SLOWEST_DOWNLOAD", 1e12)
    size = whole.frame.loc[ONE, "file_size"]

    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    with (
        serve_requests(drip) as storage_url,
        IModelsClient(StaticTokenCredential(hub.issue_token()), base_url=hub.base_url, timeout=1) as client,
    ):
        hub.inject(*[_edited(_links={"download": {"href": f"{storage_url}/file"}})] * 9)
        with pytest.raises(ConnectionFailed):
            download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.glob("*.cs"))
