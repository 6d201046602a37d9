"""Files from a scripted storage: parts, lengths, heads and ETags."""

import logging
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import shake_256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread, Timer

import pytest
from helpers.hub_faults import edit_changeset
from helpers.raw_server import serve_requests

from imodels_hub import Hub
from imodels_nb import blob_storage
from imodels_nb.api import IModelsClient
from imodels_nb.api.throttle import Throttle
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.blob_storage import BlobClient, redact_signatures
from imodels_nb.download import download_changesets
from imodels_nb.errors import ConnectionFailed
from imodels_nb.part_files import DownloadLink, RemoteFile, is_changeset_file

ONE = 17


@pytest.mark.parametrize(
    "query", ["sv=2&sig=canary%2B", "X-Goog-Signature=canary&x=1", "X-Amz-Signature=canary", "SIG=canary"]
)
def test_s5_the_query_of_a_signed_link_is_not_logged(query: str) -> None:
    record = logging.LogRecord("x", logging.DEBUG, "x", 1, '"%s %s" %s', ("GET", f"/a/b?{query}", 200), None)
    assert redact_signatures(record)
    assert record.getMessage() == '"GET /a/b?…" 200'


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
    times: list[float] = field(default_factory=list)

    def serve(self, size: int, *responses: tuple[int, dict[str, str], bytes]) -> None:
        self.responses, self.requests, self.times = list(responses), [], []
        record = edit_changeset(fileSize=size, _links={"download": {"href": self.address}})
        self.hub.inject(*[record] * len(responses))


@pytest.fixture
def storage(hub: Hub) -> Iterator[Storage]:
    script = Storage(hub, "")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.requests.append(dict(self.headers))
            script.times.append(time.monotonic())
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
def test_a_web_page_never_becomes_a_file(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path, length: int | None
) -> None:
    body = STRAY if length is None else STRAY.ljust(10_000 + length)
    storage.serve(10_000, *[(200, {"Content-Type": "text/html", "ETag": '"0x1"'}, body)] * 4)
    with pytest.raises(
        ConnectionFailed, match=r"could not be downloaded in 4 attempts: the response was a web page or another file"
    ):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.iterdir())


def _rest(start: int, etag: str, size: int = len(LARGE)) -> dict[str, str]:
    return {"ETag": etag, "Content-Range": f"bytes {start}-{size - 1}/{size}", "Content-Length": str(size - start)}


def test_no_part_stays_of_a_file_that_another_download_finished(
    client: IModelsClient, storage: Storage, tmp_path: Path
) -> None:
    storage.serve(len(LARGE), (200, {"ETag": '"0x1"', "Content-Length": str(len(LARGE))}, LARGE[: CHUNK + 1]))
    path = tmp_path / f"{'1' * 40}.cs"
    parts: list[Path] = []

    def request_file() -> RemoteFile | None:
        if storage.requests:
            parts.extend(tmp_path.glob("*.part"))
            path.write_bytes(LARGE)  # as another download would
        return None if storage.requests else RemoteFile(DownloadLink(storage.address), path, len(LARGE))

    with BlobClient(client, tmp_path) as blobs:
        blobs.download(request_file, "The file", Event())
    assert len(parts) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_is_continued_only_with_the_same_file(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path
) -> None:
    whole, refused = {"ETag": '"0x1"', "Content-Length": str(len(LARGE))}, (403, {}, b"")
    storage.serve(len(LARGE), (200, whole, LARGE[:100_000]), refused, refused, refused)
    with pytest.raises(ConnectionFailed, match="4 attempts: the storage responded with status 403"):
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


def test_a_file_that_changed_is_downloaded_anew(
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


@pytest.mark.parametrize(
    ("status", "retry_after"),
    [(429, "1"), (503, "1"), (500, ""), (408, "")],
)
def test_a_busy_storage_is_asked_again_after_a_wait(
    client: IModelsClient, storage: Storage, tmp_path: Path, status: int, retry_after: str
) -> None:
    whole = (200, {"ETag": '"0x1"', "Content-Length": str(len(LARGE))}, LARGE)
    storage.serve(len(LARGE), (status, {"Retry-After": retry_after}, b""), whole)
    download_changesets(client, storage.hub.imodel_id, [ONE], tmp_path)
    first, second = storage.times
    assert second - first >= (1 if retry_after else 0.15)


def test_a_busy_storage_holds_all_downloads(hub: Hub, client: IModelsClient, tmp_path: Path) -> None:
    hub.inject("too-many-requests:times=6,path=/blobs")
    before = len(hub.log)
    output = download_changesets(client, hub.imodel_id, range(1, 31), tmp_path)
    assert output["outcome"].tolist() == ["downloaded"] * 30
    assert len(hub.log) - before == 2 * (30 + 6)


@pytest.mark.parametrize(("status", "is_limited"), [(500, False), (503, True), (429, True)])
def test_only_a_rejection_limits_the_rate_of_downloads(
    hub: Hub, client: IModelsClient, tmp_path: Path, status: int, is_limited: bool
) -> None:
    hub.inject(f"server-error:status={status},after=20,path=/blobs")
    throttle = Throttle(8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blob_storage, "Throttle", lambda _: throttle)
        assert len(download_changesets(client, hub.imodel_id, range(1, 31), tmp_path)) == 30
    delays = []
    for _ in range(1000):
        throttle.controller.record_start(now := time.monotonic())
        delays.append(throttle.controller.compute_delay(now, under_way=0))
    assert any(delays) is is_limited


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_rejected_download_is_not_tried_again(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path, status: int
) -> None:
    storage.serve(len(LARGE), (status, {}, b""))
    with pytest.raises(ConnectionFailed, match=f"in 1 attempt: the storage responded with status {status}") as caught:
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert caught.value.status_code == status
    assert len(storage.requests) == 1


def test_a_wait_that_is_too_long_ends_the_download(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path
) -> None:
    storage.serve(len(LARGE), (429, {"Retry-After": "3600"}, b""))
    with pytest.raises(ConnectionFailed, match="Download again after 3,600 s") as caught:
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert caught.value.retry_after == 3600
    assert len(storage.requests) == 1


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_the_wait_for_a_busy_storage(
    hub: Hub, client: IModelsClient, storage: Storage, tmp_path: Path
) -> None:
    storage.serve(len(LARGE), (429, {"Retry-After": "100"}, b""))
    Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert time.monotonic() - started < 50


def test_changeset_files_are_recognized_by_their_head() -> None:
    name = "a" * 40 + ".cs"
    vendors = b"\x16\0ChangeSetLzma\0\0\x10\0\x02\0\x18"
    assert is_changeset_file(vendors, name)
    assert is_changeset_file(shake_256(name.encode()).digest(40), name)
    for other in (b"", b"\x16", vendors[:9], vendors[1:], b"\x17" + vendors[1:], STRAY, b"\0" * 40):
        assert not is_changeset_file(other, name)


@pytest.mark.slow
def test_a_slow_download_has_a_deadline(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_storage, "_SLOWEST_DOWNLOAD", 1e12)

    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(LARGE)}\r\n\r\n".encode())
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    with (
        serve_requests(drip) as storage_url,
        IModelsClient(StaticTokenCredential(hub.issue_token()), base_url=hub.base_url, timeout=1) as client,
    ):
        hub.inject(*[edit_changeset(fileSize=len(LARGE), _links={"download": {"href": f"{storage_url}/file"}})] * 9)
        with pytest.raises(ConnectionFailed):
            download_changesets(client, hub.imodel_id, [ONE], tmp_path)
    assert not list(tmp_path.glob("*.cs"))
