"""Many iModels at once, from Python and from the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scripted_service import ScriptedService, serving

from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.cli import main
from imodels_nb.fetch import fetch_changesets, fetch_portfolio
from imodels_nb.sample.hub import Hub, changesets_pages, synthesise

IDS = [f"{number:08d}-1111-2222-3333-444444444444" for number in range(12)]
FORBIDDEN, GONE, ODD = IDS[3], IDS[5], IDS[7]


def _answers() -> dict[str, Any]:
    """Give timelines of 0 to 11 changesets, three of which cannot be read."""
    answers: dict[str, Any] = {}
    for number, one in enumerate(IDS):
        page = json.loads(next(changesets_pages(synthesise(number, seed=number))))
        answers[f"/imodels/{one}/changesets"] = {"changesets": page["changesets"][::-1]}  # asked for newest first
    answers[f"/imodels/{FORBIDDEN}/changesets"] = 403
    answers[f"/imodels/{GONE}/changesets"] = 404
    answers[f"/imodels/{ODD}/changesets"] = {"changesets": [{"id": 7}]}
    return answers


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with serving(_answers(), top=1000) as service:
        yield service


@pytest.fixture
def client(service: ScriptedService) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential("t"), base_url=service.base_url) as client:
        yield client


def test_each_imodel_comes_whole_or_is_reported(client: IModelsClient) -> None:
    portfolio = fetch_portfolio(client, [*IDS, IDS[0]])
    counts = portfolio.changesets.groupby(level="imodel_id").size().to_dict()
    assert counts == {IDS[number]: number for number in (1, 2, 4, 6, 8, 9, 10, 11)}
    assert portfolio.failures["error"].to_dict() == {
        FORBIDDEN: "Forbidden",
        GONE: "NotFound",
        ODD: "UnexpectedResponse",
    }
    assert portfolio.failures["status_code"].tolist() == [403, 404, pd.NA]
    assert "$.changesets[0]" in portfolio.failures.loc[ODD, "message"]


def test_its_rows_are_those_of_each_imodel_alone(client: IModelsClient) -> None:
    frame = fetch_portfolio(client, IDS[8:]).changesets
    assert frame.index.names == ["imodel_id", "changeset_index"]
    for one in IDS[8:]:
        alone = fetch_changesets(client, one)
        part = frame.loc[one]
        assert part["id"].to_dict() == alone["id"].to_dict()
        assert {name: str(dtype) for name, dtype in part.dtypes.items()} == {
            name: str(dtype) for name, dtype in alone.dtypes.items()
        }


def test_a_portfolio_of_none_has_the_same_columns(client: IModelsClient) -> None:
    empty, some = fetch_portfolio(client, []), fetch_portfolio(client, IDS[1:2])
    assert list(map(str, empty.changesets.dtypes)) == list(map(str, some.changesets.dtypes))
    assert (len(empty.changesets), len(empty.failures)) == (0, 0)
    assert list(map(str, empty.failures.dtypes)) == ["str", "Int64", "str"]


def test_an_id_that_is_none_raises_before_any_request(service: ScriptedService, client: IModelsClient) -> None:
    for nonsense in ([IDS[0], "abc"], [None], [7]):
        with pytest.raises(ValueError, match="each of imodel_ids should be a GUID"):
            fetch_portfolio(client, nonsense)
    for nonsense in (IDS[0], None, 7):
        with pytest.raises(ValueError, match="imodel_ids should be GUIDs, in a list or an index"):
            fetch_portfolio(client, nonsense)
    assert service.asked == []


def test_a_second_time_it_takes_one_request_an_imodel(hub: Hub, tmp_path: Path) -> None:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client:
        first = fetch_portfolio(client, [hub.imodel_id], cache=tmp_path).changesets
        before = len(hub.log)
        pd.testing.assert_frame_equal(fetch_portfolio(client, [hub.imodel_id], cache=tmp_path).changesets, first)
    assert len(hub.log) - before == 1


def test_the_command_writes_a_dataset_partitioned_by_imodel(
    hub: Hub, client: IModelsClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token, out = tmp_path / "token", tmp_path / "dataset"
    token.write_text(f"{hub.token}\n")
    arguments = ["--base-url", hub.base_url, "--token-file", str(token), "--out", str(out)]
    assert main(["fetch", hub.imodel_id, *arguments]) == 0
    assert capsys.readouterr().out == f"{hub.imodel_id} 2345 changesets\n"
    read = pd.read_parquet(out)
    assert read["imodel_id"].unique().tolist() == [hub.imodel_id]
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as reader:
        fetched = fetch_changesets(reader, hub.imodel_id)
    assert read.set_index("changeset_index")["id"].to_dict() == fetched["id"].to_dict()
    assert [file.name for file in (out / f"imodel_id={hub.imodel_id}").iterdir()] == ["changesets.parquet"]
    assert client.max_workers == 8


def test_the_command_reports_what_failed_and_writes_the_rest(
    service: ScriptedService, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    arguments = ["--base-url", service.base_url, "--token-file", str(token), "--out", str(tmp_path / "out")]
    assert main(["fetch", FORBIDDEN, IDS[2], *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == f"{IDS[2]} 2 changesets\n"
    assert told.err.startswith(f"{FORBIDDEN} Forbidden: 403")


def test_a_senseless_command_says_what_is_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "abc"]) == 1
    assert "should be a GUID" in capsys.readouterr().err


def test_the_store_is_seen_and_cleared(
    client: IModelsClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_portfolio(client, IDS[1:3], cache=tmp_path)
    assert main(["store", "list", "--path", str(tmp_path)]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == IDS[1:3]
    assert main(["store", "clear", IDS[1], "--path", str(tmp_path)]) == 0
    assert main(["store", "list", "--path", str(tmp_path)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [IDS[1], IDS[2]]
    assert main(["store", "clear", "--path", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["store", "list", "--path", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
