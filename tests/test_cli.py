"""The commands fetch and store: output, files and errors."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyarrow import dataset

from imodels_hub import Hub, build_recorded_project, generate_project, iterate_changeset_pages
from imodels_nb.api import IModelsClient
from imodels_nb.cli import main
from imodels_nb.fetch import fetch_changesets

UNKNOWN = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
NEIGHBOR = generate_project(20, seed=8)


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    with Hub(generate_project(40), neighbors=[NEIGHBOR]) as hub:
        yield hub


@pytest.fixture
def to_hub(hub: Hub, tmp_path: Path) -> list[str]:
    """Return the options that lead to the hub."""
    token = tmp_path / "token"
    token.write_text(f"{hub.token}\n")
    return ["--base-url", hub.base_url, "--token-file", str(token), "--out", str(tmp_path / "out")]


def test_fetch_writes_a_dataset_partitioned_by_imodel(
    hub: Hub, client: IModelsClient, to_hub: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", hub.imodel_id, *to_hub]) == 0
    assert capsys.readouterr().out == f"{hub.imodel_id} 40 changesets\n"
    read = pd.read_parquet(tmp_path / "out")
    assert read["imodel_id"].unique().tolist() == [hub.imodel_id]
    fetched = fetch_changesets(client, hub.imodel_id)
    assert read.set_index("changeset_index")["id"].to_dict() == fetched["id"].to_dict()
    partition = tmp_path / "out" / f"imodel_id={hub.imodel_id}"
    assert [file.name for file in partition.iterdir()] == ["changesets.parquet"]


def test_the_dataset_of_several_imodels_is_read_whole(to_hub: list[str], tmp_path: Path) -> None:
    small, many, none = generate_project(20), generate_project(3_000, seed=10), generate_project(0, seed=11)
    creators = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(400)]
    rows = [row for page in iterate_changeset_pages(many) for row in json.loads(page)["changesets"]]
    for number, row in enumerate(rows):
        row["creatorId"] = creators[number % 400]
    large = build_recorded_project(rows, imodel_id=many.imodel.id)
    ids = sorted([small.imodel.id, large.imodel.id, none.imodel.id])
    with Hub(small, neighbors=[large, none], token=Path(to_hub[3]).read_text("utf-8").strip()) as hub:
        assert main(["fetch", *ids, *to_hub, "--base-url", hub.base_url]) == 0
    out = tmp_path / "out"
    schemas = [pq.read_schema(file).remove_metadata() for file in sorted(out.glob("*/*.parquet"))]
    assert all(schema.equals(schemas[0]) for schema in schemas)
    assert len(schemas) == 3
    query, files = "SELECT count(DISTINCT creator_id) FROM read_parquet($files)", {"files": f"{out}/*/*.parquet"}
    counts = {
        "pandas": pd.read_parquet(out)["creator_id"].nunique(),
        "pyarrow": len(dataset.dataset(out, partitioning="hive").to_table().column("creator_id").unique()),
        "duckdb": duckdb.execute(query, files).fetchall()[0][0],
    }
    assert len(set(counts.values())) == 1
    assert counts["pandas"] >= 400
    assert len(pd.read_parquet(out)) == 3_020


def test_fetch_reads_ids_from_stdin_and_reports_what_failed(
    hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{UNKNOWN}\n{hub.imodel_id}\n"))
    assert main(["fetch", "-", *to_hub]) == 1
    output = capsys.readouterr()
    assert output.out == f"{hub.imodel_id} 40 changesets\n"
    assert output.err.startswith(f"{UNKNOWN} NotFound: 404")


ENCODINGS = pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])


@ENCODINGS
def test_ids_and_tokens_are_read_in_any_encoding(
    hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    Path(to_hub[3]).write_bytes(f"{hub.token}\r\n".encode(encoding))
    stdin = io.TextIOWrapper(io.BytesIO(f"{hub.imodel_id}\r\n{NEIGHBOR.imodel.id}\r\n".encode(encoding)))
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["fetch", "-", *to_hub]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_an_id_with_a_byte_order_mark_is_an_id(hub: Hub, to_hub: list[str]) -> None:
    assert main(["fetch", f"\ufeff{hub.imodel_id}", *to_hub]) == 0


def test_binary_input_is_an_error(
    to_hub: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x80\x81")))
    assert main(["fetch", "-", *to_hub]) == 1
    assert "The input on stdin is not text" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fetch", "abc"], "each of imodel_ids should be a GUID"),
        (["fetch", UNKNOWN, "--workers", "0"], "max_workers should be a whole number from 1 to 64"),
        (["fetch", UNKNOWN, "--token-file", "{tmp}/none"], "No such file"),
        (["fetch", UNKNOWN, "--token-file", "{tmp}"], "Is a directory"),
        (["fetch", UNKNOWN, "--token-file", sys.executable], "is not a text file. It should contain the access token"),
        (["fetch", UNKNOWN, "--base-url", "http://192.0.2.1"], "is not encrypted"),
        (["fetch", UNKNOWN, "--base-url", "nonsense"], "should look like https"),
        (["fetch", "-"], "There are no iModel ids on stdin"),
        (["fetch", "{hub}", "--out", "{tmp}/token"], "token' cannot be created: File exists"),
        (["fetch", "{hub}", "--out", ""], "--out should be a folder to write in. '' cannot be created"),
        (["store", "clear", "abc"], "IMODEL_ID should be a GUID"),
        (["store", "list", "--path", "{tmp}/token"], "is not a folder. --path should be the folder"),
        (["store", "clear", UNKNOWN, "--path", "{tmp}"], f"No changesets of {UNKNOWN} are stored"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_take_one_line(hub: Hub, tmp_path: Path, to_hub: list[str], arguments: list[str], said: str) -> None:
    given = [argument.format(tmp=tmp_path, hub=hub.imodel_id) for argument in arguments]
    defaults = to_hub if given[0] == "fetch" else []
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in (("stdin", io.StringIO()), ("stdout", out), ("stderr", err)):
            patch.setattr(f"sys.{name}", stream)
        assert main([given[0], *defaults, *given[1:]]) == 1
    assert said in err.getvalue()
    assert (err.getvalue().count("\n"), out.getvalue()) == (1, "")


@pytest.mark.parametrize(
    "arguments", [[], ["fetch"], ["fetch", UNKNOWN, "--workers", "x"], ["store"], ["store", "burn"]]
)
def test_an_invalid_command_shows_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_ctrl_c_shows_no_traceback(
    hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("imodels_nb.cli.fetch.iterate_changesets", interrupt)
    assert main(["fetch", hub.imodel_id, *to_hub]) == 130
    assert capsys.readouterr().err == "Interrupted. Finished files stay.\n"


def test_the_store_is_listed_and_cleared(
    hub: Hub, client: IModelsClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_store(*command: str) -> list[str]:
        assert main(["store", *command, "--path", str(tmp_path)]) == 0
        return capsys.readouterr().out.splitlines()

    ids = [hub.imodel_id, NEIGHBOR.imodel.id]
    assert run_store("list") == []
    for one in ids:
        fetch_changesets(client, one, cache=tmp_path)
    assert sorted(line.split()[0] for line in run_store("list")) == sorted(ids)
    assert [" stored: 40 changesets" in line for line in run_store("list", ids[0])] == [True]
    assert [" cleared: 40 changesets" in line for line in run_store("clear", ids[0])] == [True]
    assert [line.split()[0] for line in run_store("list")] == [ids[1]]
    assert len(run_store("clear")) == 1
    assert run_store("list") == []
