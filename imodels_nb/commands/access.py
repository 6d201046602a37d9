"""Where a command reads, and with whose token."""

import argparse
from pathlib import Path

from imodels_nb._files import decode_text
from imodels_nb.auth import EnvironmentCredential, StaticTokenCredential, TokenCredential


def add_access(parser: argparse.ArgumentParser) -> None:
    """Add the options by which a command finds the API and its token."""
    parser.add_argument("--base-url", default="https://api.bentley.com", help="where the API stands")
    parser.add_argument(
        "--token-file", type=Path, help="file with a bare access token; without it, IMODELS_NB_ACCESS_TOKEN is read"
    )


def credential_of(options: argparse.Namespace) -> TokenCredential:
    """Give the credential that the options ask for.

    Raises
    ------
    ValueError, OSError
        When there is no such file, or it holds no text.
    """
    file: Path | None = options.token_file
    if file is None:
        return EnvironmentCredential()
    try:
        return StaticTokenCredential(decode_text(file.read_bytes()).strip())
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no text file: it should hold the bare access token, and nothing else.") from None
