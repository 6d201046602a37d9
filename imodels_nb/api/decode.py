"""Page bytes to Arrow rows by an explicit schema, and a precise error for anything else.

The fast look is ``pyarrow.json``, which never builds a Python object a row. It forgives too much (a missing array, a
null where none may be) and says too little, so what it lets through is checked, and what it refuses is looked at
again, slowly, by :func:`_first_violation`, which names the JSON path.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

from imodels_nb.errors import UnexpectedResponse

_TIME = pa.timestamp("ns", "UTC")
_LINK = pa.struct([("href", pa.string())])
_PAGING_LINKS = pa.struct([("next", _LINK)])
_APPLICATION = pa.struct([("id", pa.string()), ("name", pa.string())])

_CHANGESET = [
    ("id", pa.string()),
    ("displayName", pa.string()),
    ("description", pa.string()),
    ("index", pa.int64()),
    ("parentId", pa.string()),
    ("creatorId", pa.string()),
    ("pushDateTime", _TIME),
    ("state", pa.string()),
    ("containingChanges", pa.int64()),
    ("fileSize", pa.int64()),
    ("briefcaseId", pa.int64()),
    ("groupId", pa.string()),
]
_CHANGESET_FULL = [
    *_CHANGESET,
    ("application", _APPLICATION),
    ("synchronizationInfo", pa.struct([("taskId", pa.string()), ("changedFiles", pa.list_(pa.string()))])),
    ("_links", pa.struct([("namedVersion", _LINK), ("currentOrPrecedingCheckpoint", _LINK)])),
]
_NAMED_VERSION = [
    ("id", pa.string()),
    ("name", pa.string()),
    ("description", pa.string()),
    ("changesetId", pa.string()),
    ("changesetIndex", pa.int64()),
    ("createdDateTime", _TIME),
    ("state", pa.string()),
    ("application", _APPLICATION),
    ("_links", pa.struct([("creator", _LINK)])),
]


@dataclass(frozen=True)
class Collection:
    """What one list operation of the API promises: the array's name, its rows, and what may not be null in them."""

    name: str
    row: pa.StructType
    required: tuple[str, ...]


_REQUIRED = ("id", "index", "creatorId", "pushDateTime", "state", "containingChanges", "fileSize", "briefcaseId")
CHANGESETS = Collection("changesets", pa.struct(_CHANGESET), _REQUIRED)
CHANGESETS_FULL = Collection("changesets", pa.struct(_CHANGESET_FULL), _REQUIRED)
NAMED_VERSIONS = Collection(
    "namedVersions", pa.struct(_NAMED_VERSION), ("id", "name", "changesetIndex", "createdDateTime", "state")
)


@dataclass(frozen=True)
class Page:
    """One answer of a list operation: its rows, and where the service says that it goes on."""

    rows: pa.RecordBatch
    next_href: str | None


def decode(body: bytes, collection: Collection) -> Page:
    """Turn the bytes of one page into Arrow rows.

    Parameters
    ----------
    body
        The JSON text of one page, already decompressed.
    collection
        What the page has to hold.

    Returns
    -------
    Page
        One record batch with the collection's columns under the API's own names, and the ``next`` link or ``None``.

    Raises
    ------
    UnexpectedResponse
        When the body is not that; the message names the JSON path and what stands there.
    """
    page = _read(body, collection)
    if page is None:
        raise UnexpectedResponse(_first_violation(body, collection))
    return page


def _read(body: bytes, collection: Collection) -> Page | None:
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"{"):  # pyarrow crashes the process on a bare null
        return None
    options = pj.ParseOptions(explicit_schema=_page_schema(collection), unexpected_field_behavior="ignore")
    whole = pj.ReadOptions(use_threads=False, block_size=len(text) + 16)  # an object may not straddle two blocks
    try:
        table = pj.read_json(pa.BufferReader(text), whole, options)
        table.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return _checked(table, collection)


def _page_schema(collection: Collection) -> pa.Schema:
    return pa.schema([(collection.name, pa.list_(collection.row)), ("_links", _PAGING_LINKS)])


def _checked(table: pa.Table, collection: Collection) -> Page | None:
    if table.num_rows != 1 or table.column(collection.name).null_count:
        return None
    items = table.column(collection.name).chunk(0).flatten()
    rows = pa.RecordBatch.from_struct_array(items)
    if any(rows.column(name).null_count for name in collection.required):
        return None
    links = table.column("_links")[0].as_py() or {}
    return Page(rows, (links.get("next") or {}).get("href"))


def _first_violation(body: bytes, collection: Collection) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return (
            f"The answer is not JSON ({_size(body)}). Is base_url the iModels API? A proxy may have answered instead."
        )
    promised = pa.struct(list(_page_schema(collection)))
    problem = next(_violations(document, promised, "$", (collection.name,)), None)
    rows = document.get(collection.name) if problem is None else ()
    for position, row in enumerate(rows):
        problem = next(_violations(row, collection.row, f"$.{collection.name}[{position}]", collection.required), None)
        if problem:
            break
    return f"The answer is not what the API promises: {problem or 'it is not one well-formed JSON object'}."


def _violations(value: Any, promised: pa.DataType, path: str, required: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield what is wrong below `path`, in the order of the document."""
    if not _fits(value, promised):
        yield f"{path} should be {_named(promised)}, but is {_shown(value)}"
    elif isinstance(value, Mapping):
        fields = {field.name: field.type for field in promised}
        yield from (f"{path} has no {name!r}" for name in required if value.get(name) is None)
        for name in fields.keys() & value.keys():
            if value[name] is not None:
                yield from _violations(value[name], fields[name], f"{path}.{name}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if item is not None:
                yield from _violations(item, promised.value_type, f"{path}[{position}]")


def _fits(value: Any, promised: pa.DataType) -> bool:
    if pa.types.is_struct(promised):
        return isinstance(value, Mapping)
    if pa.types.is_list(promised):
        return isinstance(value, list)
    if pa.types.is_int64(promised):
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    return isinstance(value, str) and (not pa.types.is_timestamp(promised) or _is_time(value))


def _is_time(text: str) -> bool:
    line = json.dumps({"t": text}).encode()
    try:
        pj.read_json(pa.BufferReader(line), parse_options=pj.ParseOptions(explicit_schema=pa.schema([("t", _TIME)])))
    except pa.ArrowInvalid:
        return False
    return True


_NAMES = {pa.string(): "a string", pa.int64(): "a whole number", _TIME: "an ISO 8601 time"}
_SHOWN = 60


def _named(promised: pa.DataType) -> str:
    return _NAMES.get(promised) or ("an object" if pa.types.is_struct(promised) else "an array")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "an array"
    text = json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _size(body: bytes) -> str:
    return f"{len(body):,} bytes" if body else "it is empty"
