"""The command ``fetch``: changesets as Parquet."""

import argparse
from pathlib import Path

import pyarrow as pa

from imodels_nb._files import create_folder
from imodels_nb.api import IModelsClient
from imodels_nb.cli.connection import (
    Commands,
    add_connection_options,
    build_credential,
    read_id_arguments,
    report_error,
)
from imodels_nb.errors import IModelsError
from imodels_nb.export import write_parquet
from imodels_nb.fetch import (
    iterate_changesets,
)
from imodels_nb.frames import build_changesets_frame


def add_fetch(commands: Commands) -> None:
    """Add the command ``fetch`` to the command line."""
    parser = commands.add_parser("fetch", help="write changesets as Parquet, partitioned by iModel")
    parser.add_argument("imodel_ids", nargs="+", metavar="IMODEL_ID", help="GUIDs of iModels; - reads them from stdin")
    parser.add_argument("--out", default="changesets", help="folder of the dataset")
    add_connection_options(parser)
    parser.add_argument("--workers", type=int, default=8, help="number of requests that may be under way at once")
    parser.add_argument("--cache", action="store_true", help="store changesets here, and request only new ones")
    parser.set_defaults(run=_run_fetch)


def _run_fetch(options: argparse.Namespace) -> int:
    imodel_ids = read_id_arguments(options.imodel_ids)
    status = 0
    with IModelsClient(build_credential(options), base_url=options.base_url, max_workers=options.workers) as client:
        folder = create_folder("--out", options.out)  # before anything is fetched
        for imodel_id, outcome in iterate_changesets(client, imodel_ids, cache=options.cache):
            if isinstance(outcome, IModelsError):
                status = report_error(f"{imodel_id} {type(outcome).__name__}: {outcome}")
            else:
                print(f"{imodel_id} {write_partition(folder, imodel_id, outcome)} changesets")
    return status


def write_partition(folder: Path, imodel_id: str, rows: pa.Table) -> int:
    """Write an iModel's changesets into a dataset, and return their number.

    Parameters
    ----------
    folder
        Folder of the dataset.
    imodel_id
        GUID of the iModel. The file is ``imodel_id=<GUID>/changesets.parquet``, replaced in one step.
    rows
        Changesets with the API's column names.
    """
    partition = folder / f"imodel_id={imodel_id}"
    partition.mkdir(parents=True, exist_ok=True)
    frame = build_changesets_frame(rows).reset_index()
    write_parquet(frame, partition / "changesets.parquet")
    return len(frame)
