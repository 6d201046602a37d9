"""Sentences of a chart in the browser.

The engine replaces each name in braces by its value.
"""

from typing import TypedDict

from imodels_nb.charts.vega_expressions import RANGE_DASH

_ENTRY = "an index, a date such as 2025-03-14 or March 2025"
_CHANGESETS = f"The changesets are {{first}}{RANGE_DASH}{{last}}."


class RangeSentences(TypedDict):
    """Texts of the overview and its controls; ``RangeSentences`` in ``types.d.ts``."""

    title_by_time: str
    title_by_index: str
    overview: str
    window: str
    range: str
    first: str
    last: str
    first_changeset: str
    last_changeset: str
    end: str
    entry: str
    all: str
    all_hint: str
    month: str
    month_hint: str
    versions: str
    versions_hint: str
    undo: str
    undo_hint: str
    period: str
    about: str
    none_since: str
    none_before: str
    same_names: str
    similar_names: str
    unknown: str
    unknown_with_versions: str


class Sentences(TypedDict):
    """Texts of a chart; ``Sentences`` in ``engine/js/types.d.ts``."""

    empty: str
    too_narrow: str
    no_kernel: str
    late: str
    summary: str
    controls: RangeSentences


SENTENCES: Sentences = {
    "empty": "No changesets in this range",
    "too_narrow": "This range is too narrow for this chart. Widen it.",
    "no_kernel": "No kernel is connected, so the range is rounded to groups of about {count} changesets.",
    "late": "The kernel has not responded yet, so the range is rounded to groups of about {count} changesets.",
    "summary": "changesets {first} to {last}, {count} uploaded",  # for people who cannot see the chart
    "controls": {
        "title_by_time": f"Changesets {{first}}{RANGE_DASH}{{last}} along time of push ({{time_zone}})",
        "title_by_index": f"Changesets {{first}}{RANGE_DASH}{{last}} along changeset index",
        "overview": "Overview and range",
        "window": "Range, as a whole",
        "range": "Range",
        "first": "First",
        "last": "Last",
        "first_changeset": "First changeset",
        "last_changeset": "Last changeset",
        "end": "changeset {index}, {day}",
        "entry": f"{_ENTRY[:1].upper()}{_ENTRY[1:]}, or a named version",
        "all": "Show all",
        "all_hint": "Show all changesets",
        "month": "Last month",
        "month_hint": "The month before the newest push, {day}",
        "versions": "Since version …",
        "versions_hint": "Show the changesets after a named version",
        "undo": "Undo",
        "undo_hint": "Go back to the range before (Ctrl+Z)",
        "period": f"{{start}}{RANGE_DASH}{{stop}}",
        "about": "about {period}",
        "none_since": f"No changeset was pushed on or after {{day}}. {_CHANGESETS}",
        "none_before": f"No changeset was pushed before {{day}}. {_CHANGESETS}",
        "same_names": "{count} named versions are called “{text}”. Type an index: {indexes}.",
        "similar_names": "{count} named versions contain “{text}”. Type more of the name.",
        "unknown": f"“{{text}}” is not known. Type {_ENTRY}.",
        "unknown_with_versions": f"“{{text}}” is not known. Type {_ENTRY}, or a named version.",
    },
}
