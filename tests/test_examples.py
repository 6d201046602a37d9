"""The examples run, and say what they promise."""

import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest

from imodels_hub import generate_project, iterate_changeset_pages
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.cli import write_partition

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 1,000 iModels of 1 to 40 changesets: 200 as fetching does, and copies of these, which takes a fifth."""
    folder = tmp_path_factory.mktemp("portfolio") / "changesets"
    rows = pa.Table.from_batches([decode(next(iterate_changeset_pages(generate_project(1_000))), CHANGESETS).rows])
    for number in range(200):
        write_partition(folder, str(UUID(int=number)), rows.slice(2 * number, 1 + number % 40))
        for copy in range(number + 200, 1_000, 200):
            shutil.copytree(folder / f"imodel_id={UUID(int=number)}", folder / f"imodel_id={UUID(int=copy)}")
    return folder


def test_pandas_duckdb_and_a_dask_cluster_agree_on_a_thousand_imodels(dataset: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "portfolio.py"), str(dataset)],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert "1,000 iModels, 20,500 changesets; pandas, DuckDB and Dask agree." in done.stdout, done.stderr[-2000:]
