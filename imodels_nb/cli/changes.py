"""The command ``changes``: what changed in iModels, by class."""

import argparse
import os
import sys
from pathlib import Path
from typing import get_args

import pandas as pd

from imodels_nb._files import create_folder, validate_output_path
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
from imodels_nb.errors import IModelsError, UnreadableChangeset
from imodels_nb.export import export_csv, export_parquet, write_parquet
from imodels_nb.fetch import (
    fetch_changes,
    fetch_changesets,
    fetch_named_versions,
    find_imodel_id,
)

_SUFFIXES = (".parquet", ".csv")


def add_changes(commands: Commands) -> None:
    """Add the command ``changes`` to the command line."""
    parser = commands.add_parser("changes", help="show what changed in iModels, by class, and write it")
    parser.add_argument("imodels", nargs="+", metavar="IMODEL", help="GUIDs or names of iModels")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--first", type=_parse_index, metavar="INDEX", help="index of the first changeset")
    start.add_argument("--from-version", metavar="NAME", help="named version to start after")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--last", type=_parse_index, metavar="INDEX", help="index of the last changeset")
    end.add_argument("--to-version", metavar="NAME", help="named version to end with")
    parser.add_argument("--detail", choices=get_args(Detail), default="elements", help="what each row describes")
    parser.add_argument("--folder", type=Path, help="folder of the changeset files; by default the store")
    parser.add_argument("--out", help="FILE.parquet, FILE.csv, - for CSV on stdout, or a folder for a dataset")
    add_connection_options(parser)
    parser.set_defaults(run=_run_changes)


def _parse_index(text: str) -> int:
    """Parse the index of a changeset; argparse shows the error with its option."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"an index is a whole number of at least 0, not {text!r}")
    return int(text)


def _run_changes(options: argparse.Namespace) -> int:
    if options.out is not None:
        options.out = _validate_output(options.out, len(options.imodels))  # before anything is downloaded
    status = 0
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        for id_or_name in options.imodels:
            try:
                _show_changes(client, find_imodel_id(client, id_or_name), options)
            except (IModelsError, ValueError) as error:
                status = report_error(f"{id_or_name} {type(error).__name__}: {error}")
    return status


def _validate_output(out: str, imodels: int) -> Path:
    """Check the option ``--out``, create a folder that it names, and return its path."""
    suffix = Path(out).suffix.lower()
    is_file = suffix in _SUFFIXES
    if imodels > 1 and (is_file or out == "-"):
        raise ValueError("Several iModels go into a dataset: name a folder with --out.")
    if not out:
        raise ValueError("--out is empty. Name a file or a folder, or leave out --out to see the counts only.")
    if is_file:
        return validate_output_path(out, *_SUFFIXES)
    if out == "-":
        return Path(out)
    if not suffix or out.endswith(("/", os.sep)) or Path(out).is_dir():
        return create_folder("--out", out)
    raise ValueError(f"--out {out} should end with .parquet or .csv. A folder with a dot in its name ends with /.")


def _show_changes(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> None:
    """Show and write what can be read, then raise the error of unreadable files."""
    changes, error = _fetch_readable_changes(client, imodel_id, options)
    if changes is not None:
        print(f"{imodel_id}\n{format_diffstat(changes)}", file=sys.stderr if str(options.out) == "-" else sys.stdout)
        if options.out is not None:
            write_changes(changes, imodel_id, options.out)
    if error is not None:
        raise error


def _fetch_readable_changes(
    client: IModelsClient, imodel_id: str, options: argparse.Namespace
) -> tuple[pd.DataFrame | None, UnreadableChangeset | None]:
    """Fetch the changes, and the error of files that are unreadable."""
    selected = _fetch_indexes(client, imodel_id, options)
    folder = None if options.folder is None else options.folder / imodel_id
    try:
        return fetch_changes(client, imodel_id, selected, folder=folder, detail=options.detail), None
    except UnreadableChangeset as error:
        if error.changes is None or error.changes.empty:
            return None, error
        return error.changes, UnreadableChangeset(f"{error} The output has the changes in all other files.")


def _fetch_indexes(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> pd.Index:
    """Fetch the indexes of the changesets in the range of the options."""
    has_version = options.from_version is not None or options.to_version is not None
    versions = fetch_named_versions(client, imodel_id) if has_version else None
    first, last = resolve_range(
        options.first if options.from_version is None else options.from_version,
        options.last if options.to_version is None else options.to_version,
        versions,
        (
            "--first" if options.from_version is None else "--from-version",
            "--last" if options.to_version is None else "--to-version",
        ),
    )
    indexes = fetch_changesets(client, imodel_id, cache=options.folder is None).index
    return indexes[(indexes >= (first or 0)) & (indexes <= (indexes.max() if last is None else last))]


def write_changes(changes: pd.DataFrame, imodel_id: str, out: Path) -> None:
    """Write a frame of changes into a file, to stdout, or into a dataset."""
    if str(out) == "-":
        print_csv(changes)
    elif out.suffix.lower() == ".csv":
        export_csv(changes, out)
    elif out.suffix.lower() == ".parquet":
        export_parquet(changes, out)
    else:
        partition = out / f"imodel_id={imodel_id}"
        partition.mkdir(parents=True, exist_ok=True)
        write_parquet(changes.reset_index(), partition / "changes.parquet")
