"""Command line of the package: ``python -m imodels_nb``."""

import argparse
import io
import sys
from collections.abc import Sequence

from imodels_nb.cli.changes import add_changes
from imodels_nb.cli.collections import add_list
from imodels_nb.cli.connection import report_error
from imodels_nb.cli.demo import add_demo
from imodels_nb.cli.fetch import add_fetch
from imodels_nb.cli.login import add_login
from imodels_nb.cli.portfolio import add_portfolio
from imodels_nb.cli.report import add_report
from imodels_nb.cli.store import add_store
from imodels_nb.errors import IModelsError

INTERRUPTED = 130  # the exit status of a shell: 128 and the number of SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status.

    Parameters
    ----------
    arguments
        Arguments of the command line, by default those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m imodels_nb", description="Read the history of iModels.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for add_command in (
        add_demo,
        add_fetch,
        add_changes,
        add_list,
        add_store,
        add_report,
        add_portfolio,
        add_login,
    ):
        add_command(commands)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does: a terminal may lack a character
    try:
        return int(options.run(options))
    except (IModelsError, ValueError, OSError) as error:
        return report_error(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        return report_error("Interrupted. Finished files stay.", INTERRUPTED)
