"""Decoding of responses to Arrow rows by an explicit schema, with precise errors.

The fast path is ``pyarrow.json``, which creates no Python object per row. It accepts too much (a missing array, a null
in a required column), so the result is checked. It explains too little, so a response that it rejects is parsed again,
slowly, by :func:`_describe_violation`, which finds the JSON path.
"""

import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.json as pj

from imodels_nb._tracebacks import hide_secrets_in_traceback
from imodels_nb.api.schemas import TIME, ResponseSchema
from imodels_nb.errors import DamagedValueWarning, UnexpectedResponse

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NONE_MISSING: Mapping[str, int] = {}
_SECONDS = pa.timestamp("s", "UTC")  # the type of times in any year; TIME ends in 2262
_FRACTION = re.compile(r"\.\d+")
_LEAP_SECOND = re.compile(r":60(?=$|Z|[+-])")
_SURROGATE = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")
_HARMLESS = re.compile(r"[\d.:TZ+-]{1,35}")
_MAX_DIGITS = 30


@dataclass(frozen=True)
class Page:
    """The rows of a response, and the ``next`` link of a list."""

    rows: pa.RecordBatch
    next_href: str | None


@hide_secrets_in_traceback  # signed links are in the body
def decode(body: bytes, schema: ResponseSchema) -> Page:
    """Decode a response to Arrow rows.

    Parameters
    ----------
    body
        Decompressed JSON text.
    schema
        Schema of the response.

    Returns
    -------
    Page
        One record batch with the schema's columns, and the ``next`` link or ``None``.

    Raises
    ------
    UnexpectedResponse
        If the body does not have the schema. The message names the JSON path and the type there, and no text of the
        body.

    Warns
    -----
    DamagedValueWarning
        If a text has half a character, which is replaced by U+FFFD, or a time cannot be stored, which is then missing.
    """
    page = _read(body, schema) or _read_damaged(body, schema)
    if page is None:
        raise UnexpectedResponse(_describe_violation(body, schema))
    return page


def _read(body: bytes, schema: ResponseSchema, missing: Mapping[str, int] = _NONE_MISSING) -> Page | None:
    """Read a page; return ``None`` if it has another schema.

    `missing` counts the required values that are missing anyway, by column.
    """
    text = body.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if not text.startswith(b"{"):  # pyarrow crashes the process on a bare null
        return None
    options = pj.ParseOptions(explicit_schema=schema.body_schema, unexpected_field_behavior="ignore")
    whole = pj.ReadOptions(use_threads=False, block_size=len(text) + 16)  # an object may not straddle two blocks
    try:
        table = pj.read_json(pa.BufferReader(text), whole, options)
        table.validate(full=True)
    except pa.ArrowInvalid:
        return None
    if table.num_rows != 1 or table.column(schema.name).null_count:
        return None
    items = table.column(schema.name).chunk(0)
    rows = _build_rows(items.flatten() if schema.is_list else items, schema)
    if any(rows.column(name).null_count > missing.get(name, 0) for name in schema.required):
        return None
    links = table.column("_links")[0].as_py() or {}
    return Page(rows.cast(schema.row_schema), (links.get("next") or {}).get("href"))


def _build_rows(items: pa.Array, schema: ResponseSchema) -> pa.RecordBatch:
    if pa.types.is_struct(items.type):
        return pa.RecordBatch.from_struct_array(items)
    return pa.RecordBatch.from_arrays([items], names=[schema.name])


def _read_damaged(body: bytes, schema: ResponseSchema) -> Page | None:
    """Read a page without its damaged values, and warn once.

    Returns
    -------
    Page or None
        The page; ``None`` if something else is wrong with it.
    """
    text = _decode_text(body)
    try:
        document = _parse_json(text)
    except (ValueError, RecursionError):
        return None
    damages: list[_Damage] = []
    repaired = _repair(document, pa.struct(list(schema.body_schema)), "$", damages)
    if not damages and not _SURROGATE.search(text):
        return None
    path = rf"\$\.{schema.name}(\[\d+\])?\."
    missing = Counter(re.sub(path, "", damage.path) for damage in damages if damage.value is None)
    page = _read(json.dumps(repaired).encode(), schema, missing)
    if page is not None and damages:
        others = f"; {len(damages) - 1:,} more values of this page are damaged" if len(damages) > 1 else ""
        place = damages[0].path + _format_changeset(document, damages[0].path)
        message = f"{place} {damages[0].problem}{others}. The other values are complete."
        warnings.warn(message, DamagedValueWarning, stacklevel=4)
    return page


class _Damage(NamedTuple):
    """A damaged value: its path, its problem, and its replacement."""

    path: str
    problem: str
    value: str | None


def _repair(value: Any, data_type: pa.DataType, path: str, damages: list[_Damage]) -> Any:
    """Return a value with its known fields only, and without damaged values."""
    if pa.types.is_struct(data_type) and isinstance(value, Mapping):
        fields = {field.name: field.type for field in data_type}
        return {name: _repair(value[name], fields[name], f"{path}.{name}", damages) for name in value if name in fields}
    if pa.types.is_list(data_type) and isinstance(value, list):
        return [
            _repair(item, data_type.value_type, f"{path}[{position}]", damages) for position, item in enumerate(value)
        ]
    if isinstance(value, str) and (damage := _find_damage(value, data_type, path)):
        damages.append(damage)
        return damage.value
    return value


def _find_damage(value: str, data_type: pa.DataType, path: str) -> _Damage | None:
    if pa.types.is_timestamp(data_type) and not _is_time_text(value) and _is_time_of_any_year(value):
        return _Damage(path, "has a date that pandas cannot store, so it is missing here", None)
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins halves that belong together
    if whole != value:
        return _Damage(path, "has half a character, which is replaced by U+FFFD", whole)
    return None


def _format_changeset(document: Any, path: str) -> str:
    """Format the changeset of a row, in parentheses, if the row has an index."""
    _, name, *rest = re.split(r"[.\[\]]+", path)
    row = document[name][int(rest[0])] if isinstance(document[name], list) else document[name]
    index = next((row[key] for key in ("index", "changesetIndex") if isinstance(row.get(key), int)), None)
    return "" if index is None else f" (changeset {index:,})"


def _describe_violation(body: bytes, schema: ResponseSchema) -> str:
    try:
        document = _parse_json(_decode_text(body))
    except (ValueError, RecursionError):
        size = f"{len(body):,} bytes" if body else "it is empty"
        return (
            f"The response is not JSON ({size}). Check that base_url is the iModels API. "
            "A proxy may have responded instead."
        )
    problem = next(_find_violations(document, pa.struct(list(schema.body_schema)), "$", (schema.name,)), None)
    for path, row in _iterate_rows(document, schema) if problem is None else ():
        problem = next(_find_violations(row, schema.row_type, path, schema.required), None)
        if problem:
            break
    return f"The response does not have the documented schema: {problem or 'it is not one well-formed JSON object'}."


def _decode_text(body: bytes) -> str:
    """Decode UTF-8. Bytes that are not UTF-8 become lone surrogates."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        return body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return body.decode("utf-8", "surrogateescape")


def _parse_json(text: str) -> Any:
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else float("inf"))


def _iterate_rows(document: Any, schema: ResponseSchema) -> Iterator[tuple[str, Any]]:
    path, found = f"$.{schema.name}", document[schema.name]
    if schema.is_list:
        yield from ((f"{path}[{position}]", row) for position, row in enumerate(found))
    else:
        yield path, found


def _find_violations(value: Any, data_type: pa.DataType, path: str, required: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the violations below `path`, in the order of the document."""
    if not _has_type(value, data_type):
        yield f"{path} should be {_format_type(data_type)}, but is {_format_value(value)}"
    elif isinstance(value, Mapping):
        fields = {field.name: field.type for field in data_type}
        yield from (f"{path} has no {name!r}" for name in required if value.get(name) is None)
        for name in fields.keys() & value.keys():
            if value[name] is not None:
                yield from _find_violations(value[name], fields[name], f"{path}.{name}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if item is not None:
                yield from _find_violations(item, data_type.value_type, f"{path}[{position}]")


def _has_type(value: Any, data_type: pa.DataType) -> bool:
    if isinstance(value, bool) or pa.types.is_boolean(data_type):
        return isinstance(value, bool) and bool(pa.types.is_boolean(data_type))
    if pa.types.is_struct(data_type):
        return isinstance(value, Mapping)
    if pa.types.is_list(data_type):
        return isinstance(value, list)
    if pa.types.is_int64(data_type):
        return isinstance(value, int) and -(2**63) <= value < 2**63
    if pa.types.is_float64(data_type):
        return isinstance(value, int | float)
    is_time = pa.types.is_timestamp(data_type)
    return isinstance(value, str) and (not is_time or _is_time_text(value) or _is_time_of_any_year(value))


def _is_time_text(text: str, unit: pa.TimestampType = TIME) -> bool:
    try:
        line = json.dumps({"t": text}).encode()
        pj.read_json(pa.BufferReader(line), parse_options=pj.ParseOptions(explicit_schema=pa.schema([("t", unit)])))
    except pa.ArrowInvalid:
        return False
    return True


def _is_time_of_any_year(text: str) -> bool:
    """Return whether a text is a time, also a leap second or too far away for TIME."""
    return _is_time_text(_LEAP_SECOND.sub(":59", _FRACTION.sub("", text)), _SECONDS)


def _format_type(data_type: pa.DataType) -> str:
    names = {
        pa.string(): "a string",
        pa.int64(): "a whole number",
        pa.float64(): "a number",
        pa.bool_(): "true or false",
        TIME: "an ISO 8601 time",
    }
    return names.get(data_type) or ("an object" if pa.types.is_struct(data_type) else "an array")


def _format_value(value: Any) -> str:
    """Format a value as its type.

    A text is shown only if it is a number or a date, since no secret looks like that.
    """
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "an array"
    if isinstance(value, str):
        return f'the string "{value}"' if _HARMLESS.fullmatch(value) else f"a string of {len(value):,} characters"
    if isinstance(value, int | float) and not abs(value) < 10**_MAX_DIGITS:
        return "a number that is too large"
    return json.dumps(value)
