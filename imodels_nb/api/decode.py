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

from imodels_nb.api.schemas import TIME, Collection
from imodels_nb.errors import UnexpectedResponse


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
        violation = _first_violation(body, collection)
        del body  # a verbose traceback prints the variables of the frame that raises: signed links are in it
        raise UnexpectedResponse(violation)
    return page


def _read(body: bytes, collection: Collection) -> Page | None:
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"{"):  # pyarrow crashes the process on a bare null
        return None
    options = pj.ParseOptions(explicit_schema=collection.page, unexpected_field_behavior="ignore")
    whole = pj.ReadOptions(use_threads=False, block_size=len(text) + 16)  # an object may not straddle two blocks
    try:
        table = pj.read_json(pa.BufferReader(text), whole, options)
        table.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return _checked(table, collection)


def _checked(table: pa.Table, collection: Collection) -> Page | None:
    if table.num_rows != 1 or table.column(collection.name).null_count:
        return None
    items = table.column(collection.name).chunk(0)
    rows = pa.RecordBatch.from_struct_array(items.flatten() if collection.many else items)
    if any(rows.column(name).null_count for name in collection.required):
        return None
    links = table.column("_links")[0].as_py() or {}
    return Page(rows.cast(collection.rows), (links.get("next") or {}).get("href"))


def _first_violation(body: bytes, collection: Collection) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return (
            f"The answer is not JSON ({_size(body)}). Is base_url the iModels API? A proxy may have answered instead."
        )
    problem = next(_violations(document, pa.struct(list(collection.page)), "$", (collection.name,)), None)
    for path, row in _rows(document, collection) if problem is None else ():
        problem = next(_violations(row, collection.row, path, collection.required), None)
        if problem:
            break
    return f"The answer is not what the API promises: {problem or 'it is not one well-formed JSON object'}."


def _rows(document: Any, collection: Collection) -> Iterator[tuple[str, Any]]:
    path, found = f"$.{collection.name}", document[collection.name]
    if collection.many:
        yield from ((f"{path}[{position}]", row) for position, row in enumerate(found))
    else:
        yield path, found


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
        pj.read_json(pa.BufferReader(line), parse_options=pj.ParseOptions(explicit_schema=pa.schema([("t", TIME)])))
    except pa.ArrowInvalid:
        return False
    return True


_NAMES = {pa.string(): "a string", pa.int64(): "a whole number", TIME: "an ISO 8601 time"}
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
