"""The vendor's reader and ours on the files of the plant, row by row."""

import json
import subprocess
from pathlib import Path
from typing import Any

import apsw
import pytest

from imodels_hub.plant.timeline import build_timeline
from imodels_nb.contents.changeset_file import ChangesetStream, unpack
from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.schema import Schema

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "build" / "engine"

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]

_OPCODES = {"Inserted": apsw.SQLITE_INSERT, "Updated": apsw.SQLITE_UPDATE, "Deleted": apsw.SQLITE_DELETE}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (MODULES / "node_modules").is_dir():
        pytest.skip("NOT CHECKED WITH THE ENGINE: npm could not fetch it into build/engine.")
    folder = tmp_path_factory.mktemp("plant")
    timeline = build_timeline()
    for changeset in timeline.changesets:
        (folder / f"{changeset.id}.cs").write_bytes(changeset.content)
    (folder / "baseline.bim").write_bytes(timeline.baseline)
    files = [{"index": changeset.changeset_index, "file": f"{changeset.id}.cs"} for changeset in timeline.changesets]
    (folder / "changesets.json").write_text(json.dumps(files), "utf-8")
    return folder


def test_all_rows_equal_those_of_the_vendors_reader(folder: Path) -> None:
    command = ["node", str(HERE / "read_rows.cjs"), str(MODULES), str(folder)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=500).stdout
    expected = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    with IModelFile(folder / "baseline.bim") as file:
        columns = Schema(file).columns
    rows = []
    for changeset in build_timeline().changesets:
        path = folder / f"{changeset.id}.cs"
        for change in ChangesetStream(path, unpack(path), changeset.parent_id).iterate_rows():
            names = columns.find(change.name, change.column_count)
            rows.append(
                (changeset.changeset_index, change.name, change.opcode, change.indirect, names, change.old, change.new)
            )
    assert len(rows) == len(expected) > 10_000
    for (index, table, opcode, indirect, names, old, new), row in zip(rows, expected, strict=True):
        assert (index, table, opcode, indirect) == (row["index"], row["table"], _OPCODES[row["op"]], row["indirect"])
        for values, step_name in ((old, "old"), (new, "new")):
            assert (values is None) == (step_name not in row)
            ours = {} if values is None else dict(zip(names, values, strict=True))
            _assert_same(ours, row.get(step_name, {}))


def _assert_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    present = {name: value for name, value in ours.items() if value is not apsw.no_change}
    assert set(present) == set(theirs)
    assert [name for name, value in present.items() if not _is_equal(value, theirs[name])] == []


def _is_equal(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, dict):
        return isinstance(ours, bytes) and len(ours) == theirs["bytes"]
    if isinstance(theirs, str) and isinstance(ours, int):
        return int(theirs, 16 if theirs.startswith("0x") else 10) == ours
    return bool(ours == theirs)
