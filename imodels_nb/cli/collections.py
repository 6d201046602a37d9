"""The command ``list``: iTwins, iModels, and what belongs to an iModel."""

import argparse
import sys
from collections.abc import Callable

import pandas as pd

from imodels_nb.api import IModelsClient
from imodels_nb.cli.connection import (
    Commands,
    add_connection_options,
    build_credential,
    print_csv,
)
from imodels_nb.errors import clean_text
from imodels_nb.fetch import (
    fetch_briefcases,
    fetch_changeset_groups,
    fetch_checkpoints,
    fetch_extended_data,
    fetch_imodels,
    fetch_itwins,
    fetch_locks,
    fetch_named_versions,
    fetch_permissions,
    fetch_users,
    find_imodel_id,
    find_itwin,
)

_MAX_COLUMN_WIDTH = 40  # characters
_COLLECTIONS: dict[str, Callable[..., pd.DataFrame | pd.Series]] = {
    "briefcases": fetch_briefcases,
    "changeset-groups": fetch_changeset_groups,
    "checkpoints": fetch_checkpoints,
    "extended-data": fetch_extended_data,
    "locks": fetch_locks,
    "named-versions": fetch_named_versions,
    "permissions": fetch_permissions,
    "users": fetch_users,
}


def add_list(commands: Commands) -> None:
    """Add the command ``list`` to the command line."""
    parser = commands.add_parser("list", help="list your iTwins, the iModels of one, or what belongs to an iModel")
    parser.add_argument("collection", choices=["itwins", "imodels", *_COLLECTIONS])
    parser.add_argument("id", nargs="?", metavar="ID", help="id or name of the iTwin for imodels, else of the iModel")
    parser.add_argument("--search", metavar="TEXT", help="only iTwins or iModels with this text")
    parser.add_argument("--recent", action="store_true", help="only iModels that you used last")
    parser.add_argument("--favorite", action="store_true", help="only your favorite iModels")
    parser.add_argument("--names", action="store_true", help="show names of users and devices, not pseudonyms")
    parser.add_argument("--csv", action="store_true", help="print CSV instead of a table")
    add_connection_options(parser)
    parser.set_defaults(run=_run_list, parser=parser)


def _run_list(options: argparse.Namespace) -> int:
    parser: argparse.ArgumentParser = options.parser
    if (options.id is None) != (options.collection == "itwins"):
        needed = f"an ID: that of an {'iTwin' if options.collection == 'imodels' else 'iModel'}"
        parser.error(f"{options.collection} takes {'no ID' if options.id else needed}")
    if options.search and options.collection not in {"itwins", "imodels"}:
        parser.error("--search is for itwins and imodels")
    if (options.recent or options.favorite) and options.collection != "imodels":
        parser.error("--recent and --favorite are for imodels")
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        frame = _fetch_collection(client, options)
    if options.csv:
        print_csv(frame)
    elif len(frame):
        print(clean_text(frame.to_string(max_colwidth=_MAX_COLUMN_WIDTH)))
    else:
        print(f"There are no {options.collection}.", file=sys.stderr)
    return 0


def _fetch_collection(client: IModelsClient, options: argparse.Namespace) -> pd.DataFrame:
    if options.collection == "itwins":
        return fetch_itwins(client, search=options.search)
    if options.collection == "imodels":
        filters = {name: getattr(options, name) for name in ("search", "recent", "favorite")}
        return fetch_imodels(client, str(find_itwin(client, options.id).name), **filters)
    imodel_id = find_imodel_id(client, options.id)
    people = {"personal": options.names} if options.collection in {"users", "briefcases"} else {}
    fetched: pd.DataFrame | pd.Series = _COLLECTIONS[options.collection](client, imodel_id, **people)
    return fetched.to_frame() if isinstance(fetched, pd.Series) else fetched
