"""Options, input and output that several commands share."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pandas as pd

from imodels_nb._files import decode_text
from imodels_nb.auth import EnvironmentCredential, StaticTokenCredential, TokenCredential
from imodels_nb.auth.provider import ACCESS_TOKEN_VARIABLE, SERVICE_VARIABLES
from imodels_nb.export import export_csv

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no other name

FAILED = 1


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the API's URL and of the access token to a command."""
    parser.add_argument("--base-url", default="https://api.bentley.com", help="URL of the API")
    parser.add_argument(
        "--token-file",
        type=Path,
        help=f"file with an access token; by default {ACCESS_TOKEN_VARIABLE} is read, or {SERVICE_VARIABLES}",
    )


def build_credential(options: argparse.Namespace) -> TokenCredential:
    """Build the credential that the options name.

    Raises
    ------
    ValueError
        If the file of the token is not text.
    """
    file: Path | None = options.token_file
    if file is None:
        return EnvironmentCredential()
    try:
        return StaticTokenCredential(decode_text(file.read_bytes()).strip())
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not a text file. It should contain the access token and nothing else.") from None


def read_id_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the ids of the command line; the argument ``-`` reads them from stdin.

    Raises
    ------
    ValueError
        If stdin has no text, or no id.
    """
    text = _read_stdin() if list(arguments) == ["-"] else "\n".join(arguments)
    ids = text.replace("\ufeff", "").split()
    if not ids:
        raise ValueError("There are no iModel ids on stdin. Write one id a line.")
    return ids


def _read_stdin() -> str:
    """Read the text that another program writes; PowerShell writes UTF-16."""
    stream = getattr(sys.stdin, "buffer", None)
    try:
        return decode_text(stream.read()) if stream else sys.stdin.read()
    except UnicodeDecodeError:
        raise ValueError("The input on stdin is not text. Write one iModel id a line.") from None


def report_error(line: str, status: int = FAILED) -> int:
    """Write a line to stderr, and return the status of the program."""
    print(line, file=sys.stderr)
    return status


def print_csv(frame: pd.DataFrame) -> None:
    """Write a frame as CSV to stdout."""
    with TemporaryDirectory() as folder:
        print(export_csv(frame, Path(folder, "frame.csv")).read_text("utf-8-sig"), end="")
