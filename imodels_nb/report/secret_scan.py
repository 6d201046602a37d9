"""Detection and masking of secrets in the texts of a report."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from imodels_nb.errors import SecretFound

MASK = "[redacted]"

_TOKEN = "an access token"  # noqa: S105 - the name of a kind
_CODE = "a sign-in code"
_SIGNATURE = "a signature"
_KEY = "a secret key"
_EMAIL = "an e-mail address"

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_NAME_OF_EMAIL = re.compile(r"[^\s<>,;:(\[]*$")
_MAX_NAME_LENGTH = 64  # characters before the @
_END_OF_WORD = re.compile(r"[\s'\"<>]|$")
_END_OF_KEY = re.compile(r"-----END [A-Z ]*-----|\Z")

_MIN_SECRET_LENGTH = 6  # characters
_MIN_CODE_LENGTH = 16  # characters of a code that is not in a query
_MIN_RANDOM_LENGTH = 20  # characters without a break; such a piece is no word
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_SYMBOL = re.compile(r"\w[!@#$%^&*+=]+\w")
_ENCODED_CHARACTER = re.compile(r"(?:%(?:25)*[0-9a-f]{2}|\\u00[0-9a-f]{2})$", re.IGNORECASE)
_QUERY_START = re.compile(r"(?:[?&;#]|%(?:25)*(?:3f|26|23)|\\u0026)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:please|ask|see|required|optional|none|null|true|false|protected|changed|unchanged|redacted|hidden|removed"
    r"|expired|missing|unknown|default|secret|password|string)\w*|[*x•.…]+|[<{$%].*",
    re.IGNORECASE,
)

_COMMON_DOMAINS = {"com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "dev", "eu", "de", "uk", "us"}

_FILE_SUFFIX_LIST = """
    rvt rfa rte rft ifc ifcxml ifczip ids bcf bcfzip dgn dgnlib cel dwg dxf dwt dwf dwfx nwd nwc nwf skp
    layout 3dm gh pln pla bim bak imodel bimx rcp rcs las laz e57 pts xyz obj fbx stl step stp igs iges dae
    glb gltf usd usdz 3ds max blend mpp xer pmxml png jpg jpeg gif bmp svg tif tiff webp heic psd pdf doc docx
    xls xlsx xlsm ppt pptx odt ods rtf txt csv tsv json xml html htm yaml yml toml ini log md parquet db
    sqlite zip rar gz tar mp4 mov avi cs js ts py ipynb dll exe gdb shp kml kmz geojson landxml itl alg dc std
    fem edb sdb
"""
_FILE_SUFFIXES = set(_FILE_SUFFIX_LIST.split())

_IS = r"(?:=|%(?:25)*3d|\\u003d)"
_NAMES_OF_SECRETS = (
    r"(?:client[-_ ]?secret|client[-_ ]?assertion|code[-_ ]?verifier|device[-_ ]?code|access[-_ ]?key|account[-_ ]?key"
    r"|api[-_ ]?key|secret[-_ ]?key|(?:access|refresh|id|auth|session|sas)[-_ ]?token|passw(?:or)?d|passphrase|pwd"
    r"|secret|token)"
)
_TOKENS_WITH_PREFIX = (
    r"(?:gh[opsur]_\w{12,}|github_pat_\w{12,}|glpat[_-][\w-]{12,}|xox[abeoprs][_-][\w-]{10,}|ya29\.[\w-]{16,}"
    r"|npm_\w{30,}|hf_\w{30,}|pypi-\w[\w-]{16,}|(?-i:sk_(?:live|test)_|sk-)[a-z0-9]{16,})"
)


class Secret(NamedTuple):
    """Kind of a secret and its position in a text."""

    secret_type: str
    start: int
    end: int


def check_for_secrets(value: Any, place: str) -> None:
    """Raise an error if a text in nested lists and mappings contains a secret.

    Parameters
    ----------
    value
        A text, or lists, mappings and tuples of texts.
    place
        Name of the value in the message.

    Raises
    ------
    SecretFound
        The message names the place and the kind of secret, never the secret.
    """
    for where, text in _iterate_texts(value, place):
        for secret in find_secrets(_normalize_text(text)):
            raise SecretFound(
                f"Nothing was written: {where} looks like it contains {secret.secret_type}. Change that text in a copy "
                "of the frame, or pass redact=True (on the command line: --redact) to mask it."
            )


def redact_secrets(value: Any) -> Any:
    """Return a copy of a value with ``[redacted]`` in the place of each secret.

    Parameters
    ----------
    value
        A text, or lists, mappings and tuples of texts; anything else is returned as it is.
    """
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, Mapping):
        return {name: redact_secrets(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redact_secrets(part) for part in value)
    return value


def find_secrets(text: str) -> Iterator[Secret]:
    """Yield the secrets in a text, by kind."""
    for secret_type, pattern, is_secret in _PATTERNS:
        for match in pattern.finditer(text):
            if is_secret(match):
                yield Secret(secret_type, *match.span())


def _iterate_texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield each text with its place; a row is named by its changeset if it has one."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _iterate_texts(part, f"{place}, {str(name).replace('_', ' ')}")
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value, start=1):
            changeset = part.get("changeset") if isinstance(part, Mapping) else None
            yield from _iterate_texts(part, f"{place}, " + (f"changeset {changeset}" if changeset else f"row {number}"))


def _redact_text(text: str) -> str:
    plain = _normalize_text(text)
    secrets = sorted(find_secrets(plain), key=lambda secret: secret.start)
    if not secrets:
        return text
    parts = []
    position = 0
    for secret in secrets:
        if secret.end <= position:
            continue
        start = _find_start_of_secret(plain, secret)
        if start >= position:
            parts += [plain[position:start], MASK]
        position = max(position, _find_end_of_secret(plain, secret))
    return "".join([*parts, plain[position:]])


def _find_start_of_secret(text: str, secret: Secret) -> int:
    """Return where a secret starts.

    The pattern of an e-mail address matches only the last letter of the name before the @.
    """
    if secret.secret_type != _EMAIL:
        return secret.start
    before = text[max(0, secret.start - _MAX_NAME_LENGTH) : secret.start]
    return secret.start - len(before) + _NAME_OF_EMAIL.search(before).start()  # type: ignore[union-attr]  # it may be empty


def _find_end_of_secret(text: str, secret: Secret) -> int:
    """Return where a secret ends; most patterns match only its beginning."""
    if secret.secret_type == _EMAIL:
        return secret.end
    if text.startswith("-----BEGIN", secret.start):
        return _END_OF_KEY.search(text, secret.end).end()  # type: ignore[union-attr]  # it matches the text's end
    return _END_OF_WORD.search(text, secret.end).start()  # type: ignore[union-attr]  # it matches the text's end


def _normalize_text(text: str) -> str:
    """Return a text without characters and forms that hide a secret from a search."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _is_always_secret(_: re.Match[str]) -> bool:
    return True


def _starts_word(match: re.Match[str]) -> bool:
    """Return whether a match starts a word, also behind an encoded character."""
    before = match.string[max(0, match.start() - 6) : match.start()]
    return not before[-1:].isalnum() or bool(_ENCODED_CHARACTER.search(before))


def _has_secret_value(match: re.Match[str]) -> bool:
    """Return whether a value is a secret, and not prose as in "password: please ask"."""
    value = unquote(match["value"]).strip("'\".,;:!?()[]")
    if len(value) < _MIN_SECRET_LENGTH or _PLACEHOLDER.fullmatch(value):
        return False
    return bool(match["assigned"]) or _looks_random(value)


def _has_random_value(match: re.Match[str]) -> bool:
    return _looks_random(unquote(match["value"]))


def _is_sign_in_code(match: re.Match[str]) -> bool:
    """Return whether ``code=`` has a sign-in code, not the code of a part."""
    value = unquote(match["value"])
    before = match.string[max(0, match.start() - 6) : match.start()]
    return _looks_random(value) and (
        bool(_QUERY_START.search(before)) or (_starts_word(match) and len(value) >= _MIN_CODE_LENGTH)
    )


def _is_email(match: re.Match[str]) -> bool:
    """Return whether ``name@host`` is an address, not the name of a file or of a room."""
    labels = match["host"].split(".")[1:]
    if any(label.lower() in _COMMON_DOMAINS for label in labels):
        return True
    last = labels[-1]
    return last.lower() not in _FILE_SUFFIXES and (last.islower() or last.isupper() or not last.isascii())


def _looks_random(value: str) -> bool:
    """Return whether a value looks like a password, not like a word or a room number."""
    pieces = re.split(r"[-_./]", value)
    is_mixed = any(
        len(piece) >= _MIN_SECRET_LENGTH and _LETTER.search(piece) and _DIGIT.search(piece) for piece in pieces
    )
    has_symbol = len(value) >= _MIN_SECRET_LENGTH and bool(_SYMBOL.search(value))
    return is_mixed or has_symbol or any(len(piece) >= _MIN_RANDOM_LENGTH for piece in pieces)


_PATTERNS: list[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]]] = [
    (secret_type, re.compile(pattern, re.IGNORECASE), is_secret)
    for secret_type, pattern, is_secret in [
        (_TOKEN, r"(?-i:eyJ(?:(?<![A-Za-z0-9]eyJ)|(?<=%3[dD]eyJ))[\w-]{8,4096}\.[\w-]{8,})", _is_always_secret),
        (_TOKEN, r"\bbearer(?:\s+|%20|\+)(?=(?:[a-z_.~+/=-]*\d){3}|[\w.~+/=-]{24})[\w.~+/=-]{12,}", _is_always_secret),
        (
            _TOKEN,
            r"\bauthorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|digest|token)\s+[\w.~+/=-]{6,}",
            _is_always_secret,
        ),
        (_TOKEN, _TOKENS_WITH_PREFIX, _starts_word),
        (_SIGNATURE, rf"sig{_IS}[\w%+/-]{{6,}}", _starts_word),
        (_SIGNATURE, rf"signature{_IS}(?P<value>[\w%+/=~-]{{8,}})", _has_random_value),
        (_SIGNATURE, rf"sv{_IS}\d{{4}}-\d\d-\d\d(?:[&;]|%(?:25)*26|\\u0026)", _starts_word),
        (
            _SIGNATURE,
            r"X-Amz-(?:Signature|Credential|Security-Token)|X-Goog-(?:Signature|Credential)",
            _is_always_secret,
        ),
        (_SIGNATURE, r"\bSharedAccessSignature\b|\bsasToken\b", _is_always_secret),
        (_CODE, rf"code{_IS}(?P<value>[\w%+/=~.-]{{6,}})", _is_sign_in_code),
        (_KEY, r"(?-i:\bA[KS]IA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bAIza[\w-]{35})", _is_always_secret),
        (
            _KEY,
            r"(?::|%(?:25)*3a)(?:/|%(?:25)*2f){2}[^\s/:@%]*(?::|%(?:25)*3a)[^\s/@]{1,256}?(?:@|%(?:25)*40)",
            _is_always_secret,
        ),
        (
            _KEY,
            rf"{_NAMES_OF_SECRETS}(?:(?P<assigned>['\"]\s*[:=]\s*['\"]|{_IS}['\"]?)|\s*[:=]\s*)(?P<value>[^\s&;<>'\"]+)",
            _has_secret_value,
        ),
        (_EMAIL, r"[\w\"](?:@|%(?:25)*40)(?P<host>[\w-]+(?:\.[\w-]+)*\.(?:xn--[\w-]+|[^\W\d_]{2,}))\b", _is_email),
    ]
]
