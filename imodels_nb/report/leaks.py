"""What must not leave in a report: tokens, signatures and addresses, wherever a text would carry them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imodels_nb.errors import LeakFound

_SHAPES = {
    "an access token": re.compile(
        r"\beyJ[\w-]{8,}\.[\w-]{8,}|\bbearer\s+(?=[\w.~+/-]*[\d._~+/-])[\w.~+/=-]{6,}", re.IGNORECASE
    ),
    "a signature": re.compile(
        r"\bsig=[\w%+/-]{6,}|\bX-Amz-(?:Signature|Credential|Security-Token)|\bX-Goog-Signature"
        r"|\bsv=\d{4}-\d\d-\d\d&|\bSharedAccessSignature\b|\bsasToken\b",
        re.IGNORECASE,
    ),
    "a secret key": re.compile(r"\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bclient_secret=\S{6,}"),
    "an e-mail address": re.compile(r"\w(?:@|%40)[\w-]+\.[\w.-]*\w"),
}


def refuse_leaks(value: Any, place: str) -> None:
    """Look through every text of nested lists and mappings for what must not be shown.

    Parameters
    ----------
    value
        A text, or lists, mappings and tuples of texts.
    place
        What it is, for the message.

    Raises
    ------
    LeakFound
        That names the place, never the secret.
    """
    for where, text in _texts(value, place):
        for what, shape in _SHAPES.items():
            if shape.search(text):
                raise LeakFound(
                    f"Nothing was written: {where} looks like it holds {what}. Change that text in a copy of the "
                    "frame, and write the report again."
                )


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part, f"{place}, {name}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value, start=1):
            yield from _texts(part, f"{place}, row {number}")
