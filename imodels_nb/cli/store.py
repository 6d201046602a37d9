"""The command ``store``: changesets and changeset files stored on this machine."""

import argparse
from pathlib import Path

from imodels_nb._validation import validate_guid
from imodels_nb.cli.connection import (
    Commands,
    report_error,
)
from imodels_nb.store import find_default_root, list_stored


def add_store(commands: Commands) -> None:
    """Add the command ``store`` to the command line."""
    help_text = "list or clear the changesets and changeset files stored on this machine"
    parser = commands.add_parser("store", help=help_text)
    parser.add_argument("action", choices=["list", "clear"])
    parser.add_argument("imodel_id", nargs="?", metavar="IMODEL_ID", help="this iModel only")
    parser.add_argument("--path", type=Path, help="folder that was passed as cache=PATH; by default that of cache=True")
    parser.set_defaults(run=_run_store)


def _run_store(options: argparse.Namespace) -> int:
    imodel_id = validate_guid("IMODEL_ID", options.imodel_id) if options.imodel_id else None
    root = options.path or find_default_root()
    if root.exists() and not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder. --path should be the folder that was passed as cache=PATH.")
    timelines = [entry for entry in list_stored(root) if imodel_id in {None, entry.imodel_id}]
    for timeline in timelines:
        if options.action == "clear":
            timeline.clear()
        verb = "cleared" if options.action == "clear" else "stored"
        size = f"{timeline.changesets:,} changesets, {timeline.size:,} bytes"
        if timeline.files:
            size += f"; {timeline.files:,} files, {timeline.files_size:,} bytes"
        print(f"{timeline.imodel_id} {timeline.origin} {verb}: {size}")
    if imodel_id and not timelines:
        return report_error(f"No changesets of {imodel_id} are stored in {root}.")
    return 0
