"""Summary of a timeline in five statements."""

from datetime import datetime
from html import escape
from typing import NamedTuple

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb.insights.checkpoint_debt import build_debt
from imodels_nb.insights.findings import find_all
from imodels_nb.insights.named_versions import drop_hidden
from imodels_nb.insights.statistics import Ints
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData, format_day

NOTHING_STANDS_OUT = "Nothing stands out"
NO_FINDING = f"{NOTHING_STANDS_OUT}: no rule passed its threshold."

RECENT_WEEKS = 13
EARLIER_WEEKS = 26
RECENT_DAYS = 90
MAX_SAME_PACE_RATIO = 1.5  # ratio of the pushes a week
MIN_PUSHES_FOR_HOURS = 20
MAX_HOURS = 14  # hours of a day
HOURS_SHARE = 0.8  # share of the pushes
WORKING_SHARE = 0.9  # share of the pushes that are on weekdays
_WEEK_SECONDS = 7 * DAY_SECONDS
_SATURDAY = 5  # days after Monday
_NO_CHANGESETS = "There are no changesets yet."
_NO_VERSIONS = "Named versions and checkpoints were not passed, so their state is unknown."


class Summary(NamedTuple):
    """Five statements about a timeline, in the order of reading.

    Parameters
    ----------
    size
        Changesets, bytes and pace.
    rhythm
        Days, hours and pauses.
    people
        People and automation.
    versions
        Named versions and checkpoints.
    first
        What to look at first, with the advice.
    """

    size: str
    rhythm: str
    people: str
    versions: str
    first: str

    def __str__(self) -> str:
        return "\n".join(filter(None, self))

    def _repr_html_(self) -> str:
        items = [f"<li>{escape(statement)}</li>" for statement in self if statement]
        return f"<ul>{''.join(items)}</ul>"


def summary(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    checkpoints: pd.DataFrame | None = None,
    *,
    groups: pd.DataFrame | None = None,
    changes: pd.DataFrame | None = None,
    storage_limit: int | None = None,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
) -> Summary:
    """Return five statements about a timeline, for a reader in a hurry.

    They are about size and pace, rhythm, people and automation, versions and checkpoints, and what to look at first.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`, in any order. It is not changed.
    named_versions, users, checkpoints, groups
        The frames of :func:`fetch_named_versions`, :func:`fetch_users`, :func:`fetch_checkpoints` and
        :func:`fetch_changeset_groups`. What needs a missing one is left out.
    changes
        The frame of :func:`fetch_changes`, for findings about contents.
    storage_limit
        Bytes that all files together should not reach, for the finding that says when they will.
    now
        The time that ages are counted to, in UTC if it has no time zone. The default is the latest push, so that the
        same data have the same summary.
    time_zone
        IANA name of the time zone of dates, working days and hours.

    Returns
    -------
    Summary
        A tuple of five texts: ``size``, ``rhythm``, ``people``, ``versions`` and ``first``. Printed, each has its line.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.

    Examples
    --------
    >>> verdict = summary(sample.load_changesets(), sample.load_named_versions())
    >>> verdict.size.split(";")[0]
    '12,000 changesets with 7.87 GB were pushed from 8 January 2024 to 19 December 2025'
    >>> len(verdict)
    5
    """
    timeline = TimelineData.from_frames(
        changesets,
        named_versions,
        users,
        checkpoints,
        groups=groups,
        changes=changes,
        storage_limit=storage_limit,
        now=now,
        time_zone=time_zone,
    )
    return build_summary(timeline, find_all(timeline))


def build_summary(timeline: TimelineData, found: pd.DataFrame) -> Summary:
    """Return the summary of a timeline.

    Parameters
    ----------
    timeline
        The checked frames.
    found
        The findings of the timeline.
    """
    if not len(timeline):
        return Summary(_NO_CHANGESETS, *[""] * 4)
    return Summary(
        _describe_size(timeline),
        _describe_rhythm(timeline),
        _describe_people(timeline),
        _describe_versions(timeline),
        _describe_first(found),
    )


def _describe_size(timeline: TimelineData) -> str:
    order = timeline.time_order
    size = format_bytes(int(timeline.size[timeline.is_uploaded].sum()))
    ends = [timeline.format_day(int(order[end])) for end in (0, -1)]
    were = format_count(len(timeline), f"changeset with {size} was", f"changesets with {size} were")
    when = f"on {ends[0]}" if ends[0] == ends[1] else f"from {ends[0]} to {ends[1]}"
    return f"{were} pushed {when}{_describe_pace(timeline)}."


def _describe_pace(timeline: TimelineData) -> str:
    """Return how the pushes of the last quarter compare with the half year before."""
    second = timeline.second[timeline.time_order]
    end = int(second[-1]) + 1
    start = end - (RECENT_WEEKS + EARLIER_WEEKS) * _WEEK_SECONDS
    if second[0] > start:
        return ""
    since, middle = np.searchsorted(second, [start, end - RECENT_WEEKS * _WEEK_SECONDS])
    before = float(middle - since) / EARLIER_WEEKS
    after = float(len(second) - middle) / RECENT_WEEKS
    pace = f"; {_format_pace(after)} a week in the last quarter"
    if max(before, after) <= MAX_SAME_PACE_RATIO * min(before, after):
        return f"{pace}, about as many as in the half year before"
    return f"{pace}, {'more' if after > before else 'fewer'} than in the half year before ({_format_pace(before)})"


def _format_pace(pushes: float) -> str:
    return f"{pushes:,.0f}" if pushes >= 10 or pushes == int(pushes) else f"{pushes:.1f}"  # noqa: PLR2004


def _describe_rhythm(timeline: TimelineData) -> str:
    order = timeline.time_order
    seconds = timeline.second[order]
    gaps = np.diff(seconds) / DAY_SECONDS
    days = len(np.unique(timeline.day))
    span = int(timeline.day.max() - timeline.day.min()) + 1
    usual = f"Pushes came on {days:,} of {format_count(span, 'day')}{_describe_hours(timeline)}"
    longest = int(np.argmax(gaps)) if len(gaps) else 0
    pause = (
        f"; the longest pause took {gaps[longest]:.0f} days, from {timeline.format_day(int(order[longest]))}"
        if len(gaps) and gaps[longest] >= 1
        else ""
    )
    silent = (timeline.now.timestamp() - seconds[-1]) / DAY_SECONDS
    since = f" The last push was {format_count(int(silent), 'day')} ago." if silent >= 1 else ""
    return f"{usual}{pause}.{since}"


def _describe_hours(timeline: TimelineData) -> str:
    """Return the time of the week in which most pushes come, if there is one."""
    if len(timeline) < MIN_PUSHES_FOR_HOURS:
        return ""
    hour = timeline.local_second % DAY_SECONDS // 3600
    counts = np.bincount(hour, minlength=24)
    is_working = float(np.mean(timeline.weekday < _SATURDAY)) >= WORKING_SHARE
    by_day = ", mostly from Monday to Friday" if is_working else ", on all days of the week"
    for length in range(1, MAX_HOURS + 1):
        windows = np.array([np.take(counts, range(start, start + length), mode="wrap").sum() for start in range(24)])
        if windows.max() >= HOURS_SHARE * len(timeline):
            start = int(np.argmax(windows))
            return (
                f"{by_day}, {HOURS_SHARE:.0%} between {start}:00 and {(start + length) % 24}:00 ({timeline.zone.key})"
            )
    return f"{by_day} and at all hours"


def _describe_people(timeline: TimelineData) -> str:
    manual = timeline.creator[timeline.is_manual]
    jobs = timeline.creator[~timeline.is_manual]
    parts = []
    if len(manual):
        recent = timeline.second[timeline.is_manual] >= timeline.second.max() - RECENT_DAYS * DAY_SECONDS
        accounts = format_count(_count_accounts(manual), "account")
        busy = np.bincount(manual[recent & (manual >= 0)]) if np.any(recent & (manual >= 0)) else np.zeros(0, dtype=int)
        active = f"{int(np.count_nonzero(busy)):,} of them in the last {RECENT_DAYS} days"
        parts.append(f"{accounts} pushed {format_count(len(manual), 'changeset')} by hand, {active}")
        if len(busy) and busy.max() > recent.sum() / 2:
            top = int(np.argmax(busy))
            parts[-1] += f" ({timeline.format_account(top)} {busy[top] / recent.sum():.0%})"
    if len(jobs):
        share = len(jobs) / len(timeline)
        part = f"{share:.0%}" if share >= 0.01 else "less than 1%"  # noqa: PLR2004  # 0% would be wrong
        parts.append(f"{format_count(_count_accounts(jobs), 'automation account')} pushed {part} of all changesets")
    else:
        parts.append("no changeset belongs to a synchronization run")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _count_accounts(creator: Ints | np.ndarray) -> int:
    return len(np.unique(creator[creator >= 0]))


def _describe_versions(timeline: TimelineData) -> str:
    if timeline.checkpoints_or_versions is None:
        return _NO_VERSIONS
    parts = []
    if timeline.named_versions is not None:
        versions = drop_hidden(timeline.named_versions)
        parts.append(f"There {'is' if len(versions) == 1 else 'are'} {format_count(len(versions), 'named version')}")
        if len(versions):
            created = versions["created_date_time"].iloc[-1].tz_convert(timeline.zone)
            day = format_day((created.tz_localize(None) - pd.Timestamp(0)).days)
            parts[-1] += f", the latest of {day} at changeset {versions.index[-1]:,}"
    if timeline.checkpoints is not None and len(timeline.checkpoints):
        failed = int((timeline.checkpoints["state"].astype("str") == "failed").sum())
        all_ = len(timeline.checkpoints)
        parts.append(f"{failed:,} of {format_count(all_, 'checkpoint')} failed" if failed else "no checkpoint failed")
    tip = build_debt(timeline, timeline.checkpoints, timeline.named_versions).iloc[-1]
    count = format_count(int(tip["changesets"]), "changeset")
    parts.append(
        f"to open the tip, {count} with {format_bytes(int(tip['bytes']))} must be applied"
        if tip["changesets"]
        else "the tip has a checkpoint"
    )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _describe_first(found: pd.DataFrame) -> str:
    if found.empty:
        return NO_FINDING
    top = found.iloc[0]
    left_out = sum(found.attrs.get("left_out", {}).values())
    others = len(found) - 1 + left_out
    more = f" There {'is' if others == 1 else 'are'} {format_count(others, 'more finding')}." if others else ""
    return f"Look first at this: {top['sentence']} {top['advice']}{more}"
