"""The command ``portfolio``, which writes a page about many iModels."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from imodels_nb import sample
from imodels_nb._files import validate_output_path
from imodels_nb._timezones import parse_time_zone
from imodels_nb._validation import validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.cli.connection import FAILED, Commands, add_connection_options, build_credential, read_id_arguments
from imodels_nb.errors import IModelsError
from imodels_nb.fetch import fetch_imodel, fetch_imodels, fetch_portfolio
from imodels_nb.insights import Portfolio, parse_timestamp
from imodels_nb.report import SUFFIXES, write_portfolio

_SAMPLE_IMODELS = 5
_SAMPLE_CHANGESETS = 1_200


def add_portfolio(commands: Commands) -> None:
    """Add the command ``portfolio`` to the command line."""
    parser = commands.add_parser("portfolio", help="write a page with a row for each of many iModels")
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="GUID of an iTwin, or several of iModels; - reads them from stdin",
    )
    parser.add_argument("--sample", action="store_true", help="show synthetic data, to try it")
    parser.add_argument("-o", "--output", type=Path, default=Path("portfolio.html"), help="by default portfolio.html")
    parser.add_argument("--title", help="title of the page")
    parser.add_argument("--redact", action="store_true", help="mask texts that look like secrets, and write the page")
    parser.add_argument("--time-zone", default="UTC", help="IANA name, such as Europe/London")
    parser.add_argument("--now", help="time that ages are counted to; by default the latest push")
    parser.add_argument("--cache", action="store_true", help="store changesets here, and request only new ones")
    add_connection_options(parser)
    parser.set_defaults(run=_run_portfolio, parser=parser)


def _run_portfolio(options: argparse.Namespace) -> int:
    parser: argparse.ArgumentParser = options.parser
    if bool(options.ids) == options.sample:
        parser.error("portfolio takes the ID of an iTwin, the IDs of iModels, or --sample")
    output = validate_output_path(options.output, *SUFFIXES)  # all options are checked before anything is fetched
    parse_time_zone(options.time_zone)
    if options.now:
        parse_timestamp(options.now)
    title, portfolio = _load_portfolio(options)
    look = {"title": options.title or title, "redact": options.redact}
    file = write_portfolio(output, portfolio, now=options.now, time_zone=options.time_zone, **look)
    print(str(portfolio).partition("\n")[0], file=sys.stderr)
    print(file)
    return FAILED if len(portfolio.failures) else 0


def _load_portfolio(options: argparse.Namespace) -> tuple[str, Portfolio]:
    """Load the changesets; return the title of the page, too."""
    if options.sample:
        with (
            sample.start(_SAMPLE_CHANGESETS, imodels=_SAMPLE_IMODELS) as hub,
            IModelsClient(hub.credential, base_url=hub.base_url) as client,
        ):
            return "Sample projects (synthetic data)", fetch_portfolio(client, fetch_imodels(client, hub.itwin_id))
    ids = [validate_guid("ID", argument) for argument in read_id_arguments(options.ids)]
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        imodels = fetch_imodels(client, ids[0]) if len(ids) == 1 else _fetch_names(client, ids)
        if imodels.empty:
            raise ValueError(f"The iTwin {ids[0]} has no iModels that you may see. For iModels, give several IDs.")
        portfolio = fetch_portfolio(client, imodels, cache=options.cache)
    return f"iTwin {ids[0]}" if len(ids) == 1 else "Portfolio of iModels", portfolio


def _fetch_names(client: IModelsClient, imodel_ids: Sequence[str]) -> pd.DataFrame:
    """Fetch the name of each iModel; one that fails has none, and is reported later."""
    names: dict[str, str | None] = {}
    for imodel_id in imodel_ids:
        try:
            names[imodel_id] = fetch_imodel(client, imodel_id)["display_name"]
        except IModelsError:
            names[imodel_id] = None
    index = pd.Index([*names], dtype="str", name="id")
    return pd.DataFrame({"display_name": pd.Series([*names.values()], index, dtype="str")})
