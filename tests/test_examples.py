"""The examples run, and say what they promise."""

import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest

from imodels_hub import generate_project, iterate_changeset_pages
from imodels_nb import sample
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.cli.changes import write_changes
from imodels_nb.cli.fetch import write_partition

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 1,000 iModels of 1 to 40 changesets: 200 by a fetch, and copies of these."""
    folder = tmp_path_factory.mktemp("portfolio") / "changesets"
    rows = pa.Table.from_batches([decode(next(iterate_changeset_pages(generate_project(1_000))), CHANGESETS).rows])
    for number in range(200):
        write_partition(folder, str(UUID(int=number)), rows.slice(2 * number, 1 + number % 40))
        for copy in range(number + 200, 1_000, 200):
            shutil.copytree(folder / f"imodel_id={UUID(int=number)}", folder / f"imodel_id={UUID(int=copy)}")
    return folder


def test_pandas_duckdb_and_a_dask_cluster_agree_on_a_thousand_imodels(dataset: Path) -> None:
    output = _run("portfolio.py", dataset)
    assert "1,000 iModels, 20,500 changesets; pandas, DuckDB and Dask agree." in output


@pytest.mark.parametrize("copies", [1, pytest.param(10, marks=pytest.mark.long)])
def test_the_classes_that_grew_most_over_many_imodels(tmp_path: Path, copies: int) -> None:
    elements = sample.load_changes().query("entity == 'element'")
    counts = [elements.loc[: 1 + 2 * number]["operation"].value_counts() for number in range(100)]
    inserted, deleted = (copies * sum(int(count[name]) for count in counts) for name in ("inserted", "deleted"))
    last = f"{100 * copies:,} iModels, {inserted:,} inserted, {deleted:,} deleted; pandas, DuckDB and Dask agree."
    lines = _run("growth.py", _write_parts_of_the_plant(tmp_path / "changes", copies)).splitlines()
    assert lines[-1] == last
    assert lines[1].split()[0] == "PlantDemo:Pipe"


def _write_parts_of_the_plant(folder: Path, copies: int) -> Path:
    """Write the changes of 100 iModels, parts of the plant, and copies of these."""
    plant = sample.load_changes()
    for number in range(100):
        write_changes(plant.loc[: 1 + 2 * number], str(UUID(int=number)), folder)
        for copy in range(number + 100, 100 * copies, 100):
            shutil.copytree(folder / f"imodel_id={UUID(int=number)}", folder / f"imodel_id={UUID(int=copy)}")
    return folder


def _run(example: str, folder: Path) -> str:
    command = [sys.executable, str(EXAMPLES / example), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
