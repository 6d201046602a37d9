"""Changeset files of the vendor's engine: ids, checkpoints and uploads in blocks."""

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw
import pytest
from helpers.changeset_files import build_prefix, compress, record_changes
from helpers.hub_requests import HttpResponse, ask

from imodels_hub import Hub, generate_project
from imodels_hub.database import changeset_files

SCHEMA = """
CREATE TABLE be_Local (Name TEXT PRIMARY KEY, Val);
CREATE TABLE bis_Element (Id INTEGER PRIMARY KEY, CodeValue TEXT);
CREATE TRIGGER only_of_the_engine AFTER INSERT ON bis_Element BEGIN SELECT dgn_unknown_function(NEW.Id); END;
"""


class Engine:
    """A stand-in for the engine: a file, and changesets of its edits."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "local.bim"
        self.db = apsw.Connection(str(self.path))
        self.db.execute(SCHEMA)
        self.baseline = self.path.read_bytes()
        self.db.execute("DROP TRIGGER only_of_the_engine")
        self.parent_id = ""

    def edit(self, statement: str, ddl: str = "") -> tuple[str, bytes]:
        """Run a statement; return the id and the file of its changeset."""
        prefix = build_prefix(ddl) if ddl else b""
        if ddl and not ddl.startswith("ATTACH"):
            self.db.execute(ddl)
        body = record_changes(self.db, lambda: self.db.execute(statement))
        start = bytes.fromhex(self.parent_id) or bytes(20)
        changeset_id = hashlib.sha1(start + prefix + body, usedforsecurity=False).hexdigest()
        self.parent_id = changeset_id
        return changeset_id, compress(len(prefix).to_bytes(4, "big") + prefix + body)


class Client:
    """A user with a briefcase of a new iModel."""

    def __init__(self, hub: Hub, baseline: bytes) -> None:
        self.hub = hub
        self.path = ""
        body = {"iTwinId": hub.itwin_id, "name": "Real", "baselineFile": {"size": len(baseline)}}
        made = self.send("POST", "", body).json["iModel"]
        ask(made["_links"]["upload"]["href"], "PUT", baseline, x_ms_blob_type="BlockBlob")
        self.path = f"/{made['id']}"
        assert self.send("POST", "/baselinefile/complete").status == 200
        self.briefcase = self.send("POST", "/briefcases", {}).json["briefcase"]["briefcaseId"]

    def send(self, method: str, path: str, body: object = None) -> HttpResponse:
        text = None if body is None else json.dumps(body)
        return ask(
            f"{self.hub.base_url}/imodels{self.path}{path}", method, text, Authorization=f"Bearer {self.hub.token}"
        )

    def announce(self, changeset_id: str, parent_id: str, size: int) -> dict[str, Any]:
        body = {"id": changeset_id, "parentId": parent_id, "briefcaseId": self.briefcase, "fileSize": size}
        row: dict[str, Any] = self.send("POST", "/changesets", body).json["changeset"]
        return row

    def complete(self, changeset_id: str) -> HttpResponse:
        done = {"state": "fileUploaded", "briefcaseId": self.briefcase}
        return self.send("PATCH", f"/changesets/{changeset_id}", done)

    def push(self, changeset_id: str, parent_id: str, file: bytes) -> HttpResponse:
        row = self.announce(changeset_id, parent_id, len(file))
        assert ask(row["_links"]["upload"]["href"], "PUT", file, x_ms_blob_type="BlockBlob").status == 201
        return self.complete(changeset_id)

    def checkpoint(self, name: str, changeset_id: str) -> dict[str, Any]:
        version = self.send("POST", "/namedversions", {"name": name, "changesetId": changeset_id})
        path = f"/namedversions/{version.json['namedVersion']['id']}/checkpoint"
        row: dict[str, Any] = self.send("GET", path).json["checkpoint"]
        return row


@pytest.fixture
def now() -> list[float]:
    return [1_800_000_000.0]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


@pytest.fixture
def client(start: Callable[..., Hub], engine: Engine, now: list[float]) -> Client:
    return Client(start(generate_project(3), clock=lambda: now[0]), engine.baseline)


def test_a_pushed_file_must_have_the_announced_id(client: Client, engine: Engine) -> None:
    changeset_id, file = engine.edit("INSERT INTO bis_Element VALUES (1, 'P-1')")
    wrong = client.push("a" * 40, "", file)
    assert (wrong.status, wrong.error["details"][0]["target"]) == (422, "id")
    assert changeset_id in wrong.error["details"][0]["message"]
    right = client.push(changeset_id, "", file)
    assert (right.status, right.json["changeset"]["state"]) == (200, "fileUploaded")


@pytest.mark.parametrize(("cut", "said"), [(30, "ends too early"), (22, "known version")])
def test_a_damaged_changeset_file_is_refused(client: Client, engine: Engine, cut: int, said: str) -> None:
    changeset_id, file = engine.edit("INSERT INTO bis_Element VALUES (1, 'P-1')")
    response = client.push(changeset_id, "", file[:cut])
    assert (response.status, response.error["details"][0]["target"]) == (422, "id")
    assert said in response.error["details"][0]["message"]


def test_a_file_that_unpacks_to_too_much_is_refused(
    client: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changeset_files, "_MAX_UNPACKED", 1000)
    changeset_id, file = engine.edit(f"INSERT INTO bis_Element VALUES (1, '{'x' * 5000}')")
    assert "unpacks to more than" in client.push(changeset_id, "", file).error["details"][0]["message"]


def test_the_checkpoint_of_a_named_version_is_a_replay(
    client: Client, engine: Engine, now: list[float], tmp_path: Path
) -> None:
    first, file = engine.edit("INSERT INTO bis_Element VALUES (1, 'P-1'), (2, 'P-2')")
    client.push(first, "", file)
    second, file = engine.edit("UPDATE bis_Element SET CodeValue = 'P-3' WHERE Id = 2", ddl="CREATE TABLE extra (Id)")
    client.push(second, first, file)
    third, file = engine.edit("DELETE FROM bis_Element")
    client.push(third, second, file)
    assert client.checkpoint("Review", second)["state"] == "scheduled"
    now[0] += 2
    row = client.send("GET", f"/changesets/{third}/checkpoint").json["checkpoint"]
    assert (row["state"], row["changesetIndex"]) == ("successful", 2)
    content = ask(row["_links"]["download"]["href"]).body
    assert len(content) == row["size"]
    (tmp_path / "checkpoint.bim").write_bytes(content)
    with closing(apsw.Connection(str(tmp_path / "checkpoint.bim"))) as db:
        assert list(db.execute("SELECT * FROM bis_Element")) == [(1, "P-1"), (2, "P-3")]
        assert list(db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")) == [("only_of_the_engine",)]
        local = dict(db.execute("SELECT Name, Val FROM be_Local"))
    assert local["ParentChangeSetId"] == second
    assert json.loads(local["parentChangeset"]) == {"id": second, "index": 2}


def test_a_named_version_of_the_baseline_has_the_baseline_file(client: Client, engine: Engine) -> None:
    version = client.send("POST", "/namedversions", {"name": "Start"}).json["namedVersion"]
    row = client.send("GET", f"/namedversions/{version['id']}/checkpoint").json["checkpoint"]
    assert (row["state"], row["changesetIndex"]) == ("successful", 0)
    assert ask(row["_links"]["download"]["href"]).body == engine.baseline


def test_files_that_cannot_be_replayed_give_a_failed_checkpoint(client: Client) -> None:
    client.push("a" * 40, "", b"no changeset file")
    row = client.checkpoint("Review", "a" * 40)
    assert (row["state"], row["size"], row["_links"]["download"]) == ("failed", 0, None)


def test_statements_of_a_changeset_reach_no_other_file(client: Client, engine: Engine, tmp_path: Path) -> None:
    other = tmp_path / "stolen.sqlite"
    ddl = f"ATTACH DATABASE '{other}' AS other; CREATE TABLE other.x (y)"
    changeset_id, file = engine.edit("INSERT INTO bis_Element VALUES (1, 'P-1')", ddl=ddl)
    assert client.push(changeset_id, "", file).status == 200
    assert client.checkpoint("Review", changeset_id)["state"] == "failed"
    assert not other.exists()


def test_statements_of_a_changeset_end_in_time(client: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changeset_files, "_MAX_SECONDS", 0.1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    prefix = build_prefix(endless)
    _, file = engine.edit("INSERT INTO bis_Element VALUES (1, 'P-1')")
    body = record_changes(engine.db, lambda: engine.db.execute("DELETE FROM bis_Element"))
    changeset_id = hashlib.sha1(bytes(20) + prefix + body, usedforsecurity=False).hexdigest()
    file = compress(len(prefix).to_bytes(4, "big") + prefix + body)
    assert client.push(changeset_id, "", file).status == 200
    assert client.checkpoint("Review", changeset_id)["state"] == "failed"


def test_a_file_is_uploaded_in_blocks(client: Client, engine: Engine) -> None:
    changeset_id, file = engine.edit("INSERT INTO bis_Element VALUES (1, 'P-1')")
    upload = client.announce(changeset_id, "", len(file))["_links"]["upload"]["href"]
    parts = {"MDE=": file[:20], "MDI=": file[20:50], "MD+/=": file[50:]}
    for block_id, part in reversed(parts.items()):
        assert ask(f"{upload}&comp=block&blockid={quote(block_id, safe='')}", "PUT", part).status == 201
    listed = "".join(f"<Latest>{block_id}</Latest>" for block_id in [*parts, "missing"])
    wrong = ask(f"{upload}&comp=blocklist", "PUT", f"<BlockList>{listed}</BlockList>")
    assert wrong.status == 400
    assert b"InvalidBlockList" in wrong.body
    listed = listed.removesuffix("<Latest>missing</Latest>")
    done = ask(f"{upload}&comp=blocklist", "PUT", f'<?xml version="1.0"?><BlockList>{listed}</BlockList>')
    assert (done.status, done.headers["etag"][:3]) == (201, '"0x')
    assert client.complete(changeset_id).status == 200
    row = client.send("GET", f"/changesets/{changeset_id}").json["changeset"]
    whole = ask(row["_links"]["download"]["href"])
    assert whole.body == file
    head = ask(row["_links"]["download"]["href"], "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(file)))
    assert head.headers["etag"] == whole.headers["etag"] == done.headers["etag"]
