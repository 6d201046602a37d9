"""The command ``changes``: what changed in iModels, by class."""

import argparse
import sys
from pathlib import Path
from typing import get_args

import pandas as pd

from imodels_nb._files import validate_output_path
from imodels_nb.api import IModelsClient
from imodels_nb.cli.connection import (
    Commands,
    add_connection_options,
    build_credential,
    print_csv,
    report_error,
)
from imodels_nb.contents.net import format_diffstat, resolve_range
from imodels_nb.contents.read_task import Detail
from imodels_nb.errors import IModelsError
from imodels_nb.export import export_csv, export_parquet, write_parquet
from imodels_nb.fetch import (
    fetch_changes,
    fetch_changesets,
    fetch_named_versions,
    find_imodel_id,
)


def add_changes(commands: Commands) -> None:
    """Add the command ``changes`` to the command line."""
    parser = commands.add_parser("changes", help="show what changed in iModels, by class, and write it")
    parser.add_argument("imodels", nargs="+", metavar="IMODEL", help="GUIDs or names of iModels")
    parser.add_argument("--first", type=int, help="index of the first changeset")
    parser.add_argument("--last", type=int, help="index of the last changeset")
    parser.add_argument("--from-version", metavar="NAME", help="named version to start after")
    parser.add_argument("--to-version", metavar="NAME", help="named version to end with")
    parser.add_argument("--detail", choices=get_args(Detail), default="elements", help="what each row describes")
    parser.add_argument("--folder", type=Path, help="folder of the changeset files; by default the store")
    parser.add_argument("--out", help="FILE.parquet, FILE.csv, - for CSV on stdout, or a folder for a dataset")
    add_connection_options(parser)
    parser.set_defaults(run=_run_changes)


def _run_changes(options: argparse.Namespace) -> int:
    is_file = options.out is not None and options.out.endswith((".parquet", ".csv"))
    if len(options.imodels) > 1 and (is_file or options.out == "-"):
        raise ValueError("Several iModels go into a dataset: name a folder with --out.")
    if is_file:
        validate_output_path(options.out, ".parquet", ".csv")
    status = 0
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        for id_or_name in options.imodels:
            try:
                _show_changes(client, find_imodel_id(client, id_or_name), options)
            except IModelsError as error:
                status = report_error(f"{id_or_name} {type(error).__name__}: {error}")
    return status


def _show_changes(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> None:
    versions = fetch_named_versions(client, imodel_id) if options.from_version or options.to_version else None
    indexes = fetch_changesets(client, imodel_id, cache=options.folder is None).index
    first, last = resolve_range(
        options.first if options.from_version is None else options.from_version,
        options.last if options.to_version is None else options.to_version,
        versions,
    )
    selected = indexes[(indexes >= (first or 0)) & (indexes <= (indexes.max() if last is None else last))]
    folder = None if options.folder is None else options.folder / imodel_id
    changes = fetch_changes(client, imodel_id, selected, folder=folder, detail=options.detail)
    if options.detail != "tables":
        print(f"{imodel_id}\n{format_diffstat(changes)}", file=sys.stderr if options.out == "-" else sys.stdout)
    if options.out is not None:
        write_changes(changes, imodel_id, Path(options.out))


def write_changes(changes: pd.DataFrame, imodel_id: str, out: Path) -> None:
    """Write a frame of changes into a file, to stdout, or into a dataset."""
    if str(out) == "-":
        print_csv(changes)
    elif out.suffix == ".csv":
        export_csv(changes, out)
    elif out.suffix == ".parquet":
        export_parquet(changes, out)
    else:
        partition = out / f"imodel_id={imodel_id}"
        partition.mkdir(parents=True, exist_ok=True)
        write_parquet(changes.reset_index(), partition / "changes.parquet")
