"""What must not leave in a report: tokens, signatures and addresses, wherever a text would carry them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from imodels_nb.errors import LeakFound

_SHAPES = {
    "an access token": re.compile(
        r"\beyJ[\w-]{8,}\.[\w-]{8,}"
        r"|\bbearer\s+(?=(?:[a-z_.~+/=-]*\d){3}|[\w.~+/=-]{24})[\w.~+/=-]{12,}"
        r"|\bauthorization\W+\w+\s+[\w.~+/=-]{6,}"
        r"|\b(?:gh[opsu]|glpat|xox[abp])[_-][\w-]{12,}",
        re.IGNORECASE,
    ),
    "a signature": re.compile(
        r"\bsig=[\w%+/-]{6,}|\bX-Amz-(?:Signature|Credential|Security-Token)|\bX-Goog-Signature"
        r"|\bsv=\d{4}-\d\d-\d\d&|\bSharedAccessSignature\b|\bsasToken\b",
        re.IGNORECASE,
    ),
    "a secret key": re.compile(
        r"\bA[KS]IA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bAIza[\w-]{35}"
        r"|(?i:(?:client_?secret|access_?key|account_?key|api_?key|(?:access|refresh|id)_token|passw(?:or)?d)"
        r"['\"]?\s*[=:]\s*['\"]?\S{6,}|://[^\s/:@]+:[^\s/@]+@)"
    ),
    "an e-mail address": re.compile(r"[\w\"](?:@|%40)[\w.-]*\w\.(?:[^\W\d_]{2,}|xn--[\w-]+)\b"),
}

_FORMAT = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""What nobody sees, and what would hide a secret from a search."""


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
        plain = _FORMAT.sub("", unicodedata.normalize("NFKC", text))
        for what, shape in _SHAPES.items():
            if shape.search(plain):
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
