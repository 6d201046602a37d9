"""The vendor's engine against the hub, and what the toolkit reads of its project."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imodels_hub import Hub, generate_project
from imodels_nb import IModelsClient, download_changesets, fetch_changesets, fetch_imodel, read_changes, verify_files
from imodels_nb.auth import StaticTokenCredential

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "build" / "engine"
DELETED = 404

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    if not (MODULES / "node_modules").is_dir():
        pytest.skip("NOT CHECKED WITH THE ENGINE: npm could not fetch it into build/engine.")
    with Hub(generate_project(5)) as running:
        yield running


@pytest.fixture(scope="module")
def client(hub: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def output(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run the engine once; return all that it prints."""
    address = {"base_url": hub.base_url, "token": hub.token, "itwin_id": hub.itwin_id}
    folder = tmp_path_factory.mktemp("engine")
    command = ["node", str(HERE / "engine.cjs"), str(MODULES), str(folder), json.dumps(address)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    lines = run.stdout.splitlines()
    assert lines, run.stderr
    return json.loads(lines[-1])


def test_every_step_of_the_engine_succeeds(output: Any) -> None:
    assert [step for step in output["steps"] if not step["ok"]] == []
    assert "error" not in output
    assert len(output["steps"]) >= 17


def test_the_engine_pushes_to_clones_and_forks(output: Any) -> None:
    pushed = len(output["changesets"])
    assert output["copies"] == {"clone": pushed + 1, "fork": pushed + 1, "squashed": 1}


_BEFORE = """
const load = require("node:module").createRequire(`${process.argv[2]}/`);
const { IModelHost } = load("@itwin/core-backend");
const { V2CheckpointManager } = load("@itwin/core-backend/lib/cjs/CheckpointManager.js");
const { BackendIModelsAccess } = load("@itwin/imodels-access-backend");
const { base_url, itwin_id, token } = JSON.parse(process.argv[3]);
const main = async () => {
"""
_AFTER = """
console.log(iModelId);
await IModelHost.shutdown();
};
main();
"""


def test_the_example_of_the_docs_runs(hub: Hub, client: IModelsClient, tmp_path: Path) -> None:
    page = (HERE.parents[1] / "docs" / "hardening.md").read_text("utf-8")
    (example,) = re.findall(r"```js\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "example.cjs"
    file.write_text(_BEFORE + example + _AFTER, "utf-8")
    address = {"base_url": hub.base_url, "token": hub.token, "itwin_id": hub.itwin_id}
    command = ["node", str(file), str(MODULES.resolve()), json.dumps(address)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert run.returncode == 0, run.stderr
    imodel = fetch_imodel(client, run.stdout.split()[-1])
    assert (imodel["display_name"], imodel["state"]) == ("Mine", "initialized")


def test_the_toolkit_fetches_what_the_engine_pushed(output: Any, client: IModelsClient) -> None:
    frame = fetch_changesets(client, output["imodel_id"])
    rows = [
        {"index": index, "id": row.id, "description": row.description, "size": row.file_size}
        for index, row in frame.iterrows()
    ]
    assert rows == output["changesets"]
    assert frame["parent_id"].tolist() == ["", *frame["id"].tolist()[:-1]]


def test_the_toolkit_reads_the_rows_that_the_vendors_reader_reads(
    output: Any, client: IModelsClient, tmp_path: Path
) -> None:
    frame = fetch_changesets(client, output["imodel_id"])
    download_changesets(client, output["imodel_id"], frame, tmp_path)
    changes = read_changes(tmp_path, frame, detail="tables")
    counted = {
        (index, table, operation): int(row.rows) for (index, table, operation), row in changes.iterrows() if row.rows
    }
    operations = {"Inserted": "inserted", "Updated": "updated", "Deleted": "deleted"}
    expected = Counter((row["index"], row["table"], operations[row["operation"]]) for row in output["rows"])
    assert counted == expected


def test_the_toolkit_proves_the_files_of_the_engine(output: Any, client: IModelsClient, tmp_path: Path) -> None:
    frame = fetch_changesets(client, output["imodel_id"])
    download_changesets(client, output["imodel_id"], frame, tmp_path)
    verified = verify_files(frame, tmp_path)
    assert verified["matches"].all()
    assert verified["computed_id"].tolist() == frame["id"].tolist()
