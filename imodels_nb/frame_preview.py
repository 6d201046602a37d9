"""A few rows of a frame, formatted for people."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._dataframes import convert_to_pandas
from imodels_nb._format import format_bytes, format_count
from imodels_nb._validation import validate_int
from imodels_nb.aggregate import format_flags
from imodels_nb.errors import clean_text
from imodels_nb.frames import KINDS, name_creators
from imodels_nb.insights import SEVERITY_MARKS

_FIRST = ("severity", "sentence", "advice", "why", "name", "display_name", "push_date_time", "creator", "kinds")
_SECOND = ("file_size", "description")
_FLAGS = {"containing_changes", "unknown_bits", *(kind.column for kind in KINDS.values())}
_CREATORS = {"creator_id", "creator_name"}
_DETAILS = {"threshold", "statistic", "chance", "evidence", "also"}  # of a finding; needed only for questions
_COMPARISON = {"group", "name", "measure", "ratio"}
_SIDES = {"first", "second"}  # columns of a comparison of two ranges
_BYTES = {"file_size", "size", "bytes"}
_HASH = re.compile("([0-9a-f]{8})[0-9a-f-]{24,}", re.IGNORECASE)  # or a GUID: eight digits are enough to know it
_MAX_CHARACTERS = 400  # characters of a text
_LINE = 50  # characters that do not wrap; pandas cuts longer texts
# The class twice: a style of JupyterLab aligns all cells at their right.
_STYLE = """<style>
.imodels-nb-preview { overflow-x: auto; }
.imodels-nb-preview.imodels-nb-preview :is(td, th) {
  text-align: left;
  vertical-align: top;
  white-space: nowrap;
  padding: 2px 8px;
}
.imodels-nb-preview.imodels-nb-preview :is(td, th).number { text-align: right; font-variant-numeric: tabular-nums; }
.imodels-nb-preview.imodels-nb-preview :is(td, th).text {
  white-space: normal;
  overflow-wrap: anywhere;
  min-width: 16em;
  max-width: 34em;
}
</style>"""


class Preview:
    """A few rows of a frame as texts, which a notebook shows as a table.

    Parameters
    ----------
    texts
        The rows, formatted.
    numbers
        Names of the columns with numbers, which are aligned at their right.
    caption
        Sentence below the table.

    Examples
    --------
    >>> preview(sample.load_changesets()).caption
    'The first 5 and the last 5 rows. The frame has 12,000 rows and 20 columns. Times are in UTC.'
    """

    def __init__(self, texts: pd.DataFrame, numbers: set[object], caption: str) -> None:
        self.texts = texts
        self.caption = caption
        self._numbers = numbers

    def __repr__(self) -> str:
        return f"{self.texts.to_string()}\n\n{self.caption}"

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_html(self) -> str:
        """Return the table as HTML, in which all texts are escaped."""
        names = [*self.texts.index.names, *self.texts.columns]
        kinds = [*("number short" for _ in self.texts.index.names), *map(self._select_class, self.texts.columns)]
        head = "".join(_build_cell("th", kind, name or "") for kind, name in zip(kinds, names, strict=True))
        rows = [self._build_row(kinds, values) for values in self.texts.itertuples()]
        caption = f"<p>{escape(self.caption)}</p>"
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        return f'<div class="imodels-nb-preview">{_STYLE}{table}{caption}</div>'

    def _build_row(self, kinds: list[str], values: tuple[Any, ...]) -> str:
        index = values[0] if isinstance(values[0], tuple) else (values[0],)
        cells = zip(kinds, (*index, *values[1:]), strict=True)
        tags = ["th"] * len(index) + ["td"] * (len(kinds) - len(index))
        return f"<tr>{''.join(_build_cell(tag, *cell) for tag, cell in zip(tags, cells, strict=True))}</tr>"

    def _select_class(self, name: object) -> str:
        if name in self._numbers:
            return "number"
        return "short" if all(len(text) <= _LINE for text in self.texts[name]) else "text"


def preview(frame: pd.DataFrame, rows: int = 10) -> Preview:
    """Format a few rows of a frame for reading, with what matters first.

    Names, times, people, kinds of change and sizes come first, hashes and GUIDs last. Sizes have units, sentences wrap.
    The frame is not changed: its columns keep their order and their types, and pandas shows it as any other.

    Parameters
    ----------
    frame
        Any frame of this package. Of changesets, ``kinds`` sums up the flags, and ``creator`` is the name that
        :func:`with_creator_names` added, or else the pseudonym. Of :func:`findings`, the columns about statistics are
        left out.
    rows
        Largest number of rows, half of them from each end of the frame. Of findings, the first ones, which matter most.

    Returns
    -------
    Preview
        The last line of a cell shows it as a table. ``.to_html()`` returns the same, ``print()`` writes it as text, and
        ``.texts`` is the DataFrame of its texts.

    Raises
    ------
    TypeError, ValueError
        If `frame` is not a DataFrame, or `rows` is not a number above 0.

    Examples
    --------
    >>> columns = ["id", "file_size", "containing_changes", "push_date_time"]
    >>> preview(sample.load_changesets()[columns], rows=2).texts
                       push_date_time    kinds file_size         id
    changeset_index
    1                2024-01-08 01:38   schema    189 kB  16af6389…
    12,000           2025-12-19 15:13  regular   35.2 kB  4bdd199b…
    """
    frame = convert_to_pandas(frame, "frame")
    rows = validate_int("rows", rows, 1)
    tail = 0 if _has_findings(frame) or len(frame) <= rows else rows // 2
    head = min(rows - tail, len(frame))
    shown = _select_columns(pd.concat([frame.iloc[:head], frame.iloc[len(frame) - tail :]]))
    texts = {name: list(map(_select_format(name, column), column)) for name, column in shown.items()}
    if set(shown.columns) >= _COMPARISON:
        texts |= _format_measures(shown)
    numbers = {name for name, column in shown.items() if pd.api.types.is_numeric_dtype(column) and not _is_id(name)}
    return Preview(
        pd.DataFrame(texts, index=_format_index(shown.index), dtype="object"),
        numbers | (_BYTES & set(shown.columns)),
        _build_caption(frame, head, tail),
    )


def _has_findings(frame: pd.DataFrame) -> bool:
    return {"severity", "sentence", "advice"} <= set(frame.columns)


def _is_time_name(name: object) -> bool:
    return str(name).endswith("date_time")


def _is_id(name: object) -> bool:
    return name == "id" or str(name).endswith("_id")


def _select_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in the order of reading, with flags and creators summed up."""
    columns: dict[Any, pd.Series[Any]] = dict(frame.items())
    left_out: set[object] = {*_DETAILS} if _has_findings(frame) else set()
    if "containing_changes" in columns:
        texts, positions = format_flags(frame["containing_changes"].to_numpy(np.int64))
        columns["kinds"] = pd.Series([texts[position] for position in positions], frame.index, dtype="object")
        left_out |= _FLAGS
    if _CREATORS & set(columns):
        columns["creator"] = pd.Series(name_creators(frame), frame.index, dtype="object")
        left_out |= _CREATORS
    if "changeset_index" in frame.index.names:
        left_out |= {"display_name"}  # that of a changeset repeats the index
    names = sorted((name for name in columns if name not in left_out), key=_rank)
    return pd.DataFrame({name: columns[name] for name in names}, index=frame.index)


def _rank(name: object) -> tuple[int, int]:
    """Return the rank of a column: first known columns, then times, others and ids."""
    for group, known in ((0, _FIRST), (2, _SECOND)):
        if name in known:
            return group, known.index(str(name))
    if _is_time_name(name):
        return 1, 0
    return (4, 0) if _is_id(name) else (3, 0)


def _select_format(name: object, column: "pd.Series[Any]") -> Callable[[Any], str]:
    if name == "severity":
        return lambda value: f"{SEVERITY_MARKS.get(value, '')} {value}".strip()
    if name in _BYTES:
        return _skip_missing(lambda value: format_bytes(int(value)))
    if pd.api.types.is_datetime64_any_dtype(column):
        return _skip_missing(lambda value: f"{value:%Y-%m-%d %H:%M}")
    if pd.api.types.is_numeric_dtype(column) and not (pd.api.types.is_bool_dtype(column) or _is_id(name)):
        return _skip_missing(lambda value: f"{value:,.10g}")
    return _skip_missing(_shorten)


def _format_measures(shown: pd.DataFrame) -> dict[Any, list[str]]:
    """Format the numbers of a comparison: each row has its own unit."""
    is_bytes = (shown["measure"] == "bytes").tolist()
    counts = [name for name in shown.columns if pd.api.types.is_integer_dtype(shown[name])]
    texts: dict[Any, list[str]] = {
        name: [_format_measure(int(value), is_size=size) for value, size in zip(shown[name], is_bytes, strict=True)]
        for name in counts
    }
    return texts | {"ratio": ["" if pd.isna(ratio) else f"{ratio:,.2f}" for ratio in shown["ratio"]]}


def _format_measure(value: int, *, is_size: bool) -> str:
    return f"{'-' * (value < 0)}{format_bytes(abs(value))}" if is_size else f"{value:,}"


def _skip_missing(format_value: Callable[[Any], str]) -> Callable[[Any], str]:
    def format_any(value: Any) -> str:
        is_missing = value is None or (pd.api.types.is_scalar(value) and pd.isna(value))
        return "" if is_missing else format_value(value)

    return format_any


def _shorten(value: object) -> str:
    text = clean_text(str(value))
    if is_hash := _HASH.fullmatch(text):
        return f"{is_hash[1]}…"
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…"


def _format_index(index: "pd.Index[Any]") -> "pd.Index[Any]":
    if isinstance(index, pd.MultiIndex):
        levels = [_format_index(index.get_level_values(level)) for level in range(index.nlevels)]
        return pd.MultiIndex.from_arrays(levels, names=index.names)
    if pd.api.types.is_integer_dtype(index):
        return pd.Index([f"{value:,}" for value in index], dtype="object", name=index.name)
    return pd.Index([_shorten(value) for value in index], dtype="object", name=index.name)


def _build_caption(frame: pd.DataFrame, head: int, tail: int) -> str:
    ends = f"The first {head} and the last {tail} rows. " if tail else f"The first {head} rows. "
    shown = "" if head + tail == len(frame) else ends
    shape = f"{format_count(len(frame), 'row')} and {format_count(len(frame.columns), 'column')}"
    zones = {str(dtype.tz) for dtype in frame.dtypes if isinstance(dtype, pd.DatetimeTZDtype)}
    times = f" Times are in {' and '.join(sorted(zones))}." if zones else ""
    return f"{_describe_sides(frame)}{shown}The frame has {shape}.{times}"


def _describe_sides(frame: pd.DataFrame) -> str:
    """Return the labels of both sides of a comparison, which filters keep in attrs."""
    if "labels" not in frame.attrs or not set(frame.columns) >= _COMPARISON | _SIDES:
        return ""
    first, second = map(_shorten, frame.attrs["labels"])
    return f"first is {first}, second is {second}. "


def _build_cell(tag: str, kind: str, text: object) -> str:
    return f'<{tag} class="{kind}">{escape(str(text))}</{tag}>'
