"""The input of all rules: validated frames, and arrays read from them once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb._format import MONTH_NAMES
from imodels_nb._timezones import convert_to_local_times, parse_time_zone
from imodels_nb.frames import (
    UPLOADED,
    WAITING,
    ContainingChanges,
    label_creators,
    merge_creators,
    pseudonymize,
    validate_changesets,
    validate_frame,
)
from imodels_nb.insights.push_contents import PushContents
from imodels_nb.insights.statistics import Bools, Ints

REQUIRED_COLUMNS = (
    "id",
    "parent_id",
    "creator_id",
    "group_id",
    "state",
    "push_date_time",
    "file_size",
    "briefcase_id",
    "containing_changes",
)
"""Columns of the changesets frame that rules read."""

DAY_SECONDS = 86_400
YEAR_DAYS = 365
NO_GROUP = -1
_GROUP_COLUMNS = ("description", "state", "created_date_time", "first_index", "last_index", "changesets")
_CHANGE_COLUMNS = ("operation", "entity", "class_name", "label", "indirect")
_CHANGE_INDEX = ["changeset_index", "instance_id"]
_MONDAY = 4  # days from 1970-01-01 to the first Monday
_PRESENT = ("now", "today")  # pandas reads them in the machine's own time zone


@dataclass(frozen=True, eq=False)
class Runs:
    """Synchronization runs, which are consecutive pushes of one changeset group.

    Parameters
    ----------
    first, last
        Positions of the first and the last push of each run.
    positions
        Positions of all pushes that belong to a group.
    starts
        Where each run starts in `positions`.
    """

    first: Ints
    last: Ints
    positions: Ints
    starts: Ints


@dataclass(frozen=True, eq=False)
class TimelineData:
    """The data of a timeline that rules read.

    Parameters
    ----------
    changesets
        The changesets frame, ascending.
    named_versions, users, checkpoints, groups
        The other frames, ``None`` where they are missing.
    now
        The time that ages are counted to. The default is the latest push.
    zone
        Time zone of dates and hours.
    changes
        The frame of element changes, ``None`` without it.
    storage_limit
        Bytes that all files together should not reach, ``None`` without a limit.
    """

    changesets: pd.DataFrame
    named_versions: pd.DataFrame | None
    users: pd.DataFrame | None
    checkpoints: pd.DataFrame | None
    groups: pd.DataFrame | None
    now: pd.Timestamp
    zone: ZoneInfo
    changes: pd.DataFrame | None = None
    storage_limit: int | None = None

    @classmethod
    def from_frames(
        cls,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        users: pd.DataFrame | None = None,
        checkpoints: pd.DataFrame | None = None,
        *,
        groups: pd.DataFrame | None = None,
        changes: pd.DataFrame | None = None,
        storage_limit: object = None,
        now: object = None,
        time_zone: str = "UTC",
    ) -> Self:
        """Validate frames and build the timeline data.

        Raises
        ------
        TypeError, ValueError
            If an argument is not a DataFrame or lacks a column, or `storage_limit`, `now` or `time_zone` is invalid.
        """
        changesets = validate_changesets(changesets, REQUIRED_COLUMNS)
        if named_versions is not None:
            columns = ("name", "created_date_time", "state")
            named_versions = validate_frame(named_versions, "named_versions", columns)
        if users is not None:
            users = validate_frame(users, "users", ("label",), index="id")
        if checkpoints is not None:
            checkpoints = validate_frame(checkpoints, "checkpoints", ("state",))
        if groups is not None:
            groups = validate_frame(groups, "changeset_groups", _GROUP_COLUMNS, index="id")
        rows = changesets if changesets.index.is_monotonic_increasing else changesets.sort_index()
        latest = rows["push_date_time"].max() if len(rows) else pd.Timestamp(0, tz="UTC")
        moment = latest if now is None else parse_timestamp(now)
        zone = parse_time_zone(time_zone)
        checked = None if changes is None else _check_element_changes(changes)
        limit = None if storage_limit is None else _parse_limit(storage_limit)
        return cls(rows, named_versions, users, checkpoints, groups, moment, zone, checked, limit)

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def index(self) -> Ints:
        """Changeset index, ascending."""
        return self.changesets.index.to_numpy(np.int64)

    @cached_property
    def size(self) -> Ints:
        """File size in bytes."""
        return self.changesets["file_size"].to_numpy(np.int64)

    @cached_property
    def is_uploaded(self) -> Bools:
        """Whether the file has arrived."""
        return self._is_in_state(UPLOADED)

    @cached_property
    def is_waiting(self) -> Bools:
        """Whether the service waits for the file. An unknown state is not waiting."""
        return self._is_in_state(WAITING)

    @cached_property
    def second(self) -> Ints:
        """Push time in whole seconds since 1970-01-01T00:00Z."""
        microseconds = self.changesets["push_date_time"].to_numpy("datetime64[us]").view(np.int64)
        return np.asarray(microseconds // 1_000_000)

    @cached_property
    def local_second(self) -> Ints:
        """Local push time in the time zone, in seconds since 1970-01-01T00:00 local time."""
        times = convert_to_local_times(self.changesets["push_date_time"], self.zone)
        return np.asarray(times.view(np.int64) // 1_000_000)

    @cached_property
    def day(self) -> Ints:
        """Day of the push in the time zone, in days since 1970-01-01, a Thursday."""
        return self.local_second // DAY_SECONDS

    @cached_property
    def week(self) -> Ints:
        """Week of the push in the time zone, in weeks since the first Monday of 1970."""
        return (self.day - _MONDAY) // 7

    @cached_property
    def weekday(self) -> Ints:
        """Weekday of the push in the time zone, 0 for Monday."""
        return (self.day - _MONDAY) % 7

    @cached_property
    def briefcase(self) -> Ints:
        """Briefcase of the push."""
        return self.changesets["briefcase_id"].to_numpy(np.int64)

    @cached_property
    def group(self) -> npt.NDArray[np.integer]:
        """Number of the changeset group of the push, `NO_GROUP` without a group."""
        return self.changesets["group_id"].astype("category").cat.codes.to_numpy()

    @cached_property
    def creator(self) -> npt.NDArray[np.integer]:
        """Number of the person who pushed, -1 if unknown."""
        return self._creators.cat.codes.to_numpy()

    @cached_property
    def _creators(self) -> pd.Series:
        return merge_creators(self.changesets["creator_id"])

    @cached_property
    def _labels(self) -> dict[str, Any]:
        labels = (
            {}
            if self.users is None
            else {str(creator_id).lower(): name for creator_id, name in self.users["label"].items()}
        )
        return labels | (label_creators(self.changesets) if "creator_name" in self.changesets else {})

    @cached_property
    def time_order(self) -> Ints:
        """Positions of the pushes by time; not always those by index."""
        if len(self) and np.diff(self.second).min(initial=0) < 0:
            return np.argsort(self.second, kind="stable")
        return np.arange(len(self))

    @cached_property
    def sorted_second(self) -> Ints:
        """Push times in whole seconds, ascending."""
        return self.second[self.time_order]

    @cached_property
    def is_manual(self) -> Bools:
        """Whether each push belongs to no group."""
        return np.asarray(self.group == NO_GROUP)

    @cached_property
    def has_schema(self) -> Bools:
        """Whether the push changed the schema."""
        flags = self.changesets["containing_changes"].to_numpy(np.int64)
        return np.asarray(flags & int(ContainingChanges.SCHEMA) != 0)

    @cached_property
    def manual_pushes(self) -> Ints:
        """Positions of the pushes that belong to no group."""
        return np.flatnonzero(self.is_manual)

    @cached_property
    def runs(self) -> Runs | None:
        """The synchronization runs, ``None`` if no push belongs to a group."""
        positions = np.flatnonzero(self.group != NO_GROUP)
        if not len(positions):
            return None
        starts = np.append(0, 1 + np.flatnonzero(np.diff(self.group[positions])))
        ends = np.append(starts[1:], len(positions)) - 1
        return Runs(positions[starts], positions[ends], positions, starts)

    @cached_property
    def push_contents(self) -> PushContents:
        """The changes of these changesets, for rules that require `changes`."""
        if self.changes is None:
            raise ValueError("A rule that reads push_contents should require changes.")
        return PushContents.from_changes(self.changes, self.index, self._run_start)

    @property
    def _run_start(self) -> Ints:
        """First position of the run of each push, its own without a run."""
        start = np.arange(len(self))
        if self.runs is not None:
            number = np.searchsorted(self.runs.starts, np.arange(len(self.runs.positions)), side="right") - 1
            start[self.runs.positions] = self.runs.first[number]
        return start

    @property
    def checkpoints_or_versions(self) -> pd.DataFrame | None:
        """The checkpoints, or else the named versions."""
        return self.named_versions if self.checkpoints is None else self.checkpoints

    def format_account(self, creator: int) -> str:
        """Return the label of an account: its name if it is known, or else a pseudonym."""
        if creator < 0:
            return "an unknown account"
        user = str(self._creators.cat.categories[creator])
        label = self._labels.get(user.lower())
        return pseudonymize(user) if label is None or pd.isna(label) else str(label)

    def format_date(self, position: int) -> str:
        """Return the date of a push in the time zone."""
        return str(np.datetime64(int(self.day[position]), "D"))

    def format_day(self, position: int) -> str:
        """Return the date of a push in the time zone, as a person writes it: 4 June 2025."""
        return format_day(int(self.day[position]))

    def count_in_range(self, first: int, last: int) -> int:
        """Return the number of changesets in an index range, both ends inclusive."""
        return int(np.searchsorted(self.index, last, side="right") - np.searchsorted(self.index, first))

    def _is_in_state(self, state: str) -> Bools:
        states = self.changesets["state"].astype("category").cat
        if state not in states.categories:
            return np.zeros(len(self), dtype=np.bool_)
        return np.asarray(states.codes.to_numpy() == states.categories.get_loc(state))


def _check_element_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Check a frame of element changes and return it.

    Raises
    ------
    TypeError, ValueError
        If it is not a DataFrame, lacks a column, or is not indexed by changeset and element.
    """
    if not isinstance(changes, pd.DataFrame):
        raise TypeError(f"changes should be a DataFrame from fetch_changes, not {type(changes).__name__}.")
    if missing := [name for name in _CHANGE_COLUMNS if name not in changes]:
        raise ValueError(f"The changes frame lacks {', '.join(missing)}; pass a frame from fetch_changes.")
    is_indexed = changes.index.names == _CHANGE_INDEX
    if not is_indexed or (len(changes) and not pd.api.types.is_integer_dtype(changes.index.get_level_values(0))):
        raise ValueError(f"The changes frame should be indexed by {' and '.join(_CHANGE_INDEX)}; pass one as fetched.")
    return changes


def _parse_limit(limit: object) -> int:
    if isinstance(limit, bool) or not isinstance(limit, int | np.integer):
        raise TypeError(f"storage_limit should be a whole number of bytes, not {limit!r}.")
    if limit <= 0:
        raise ValueError(f"storage_limit should be more than 0 bytes, not {limit}.")
    return int(limit)


def format_day(day: int) -> str:
    """Return a day, counted from 1970-01-01, as a person writes it.

    Examples
    --------
    >>> format_day(20_243)
    '4 June 2025'
    """
    year, month, date = str(np.datetime64(day, "D")).rsplit("-", 2)
    return f"{int(date)} {MONTH_NAMES[int(month) - 1]} {year}"


def parse_timestamp(now: object) -> pd.Timestamp:
    """Parse a time, or ``now``, to microseconds; a time without a time zone is in UTC.

    Raises
    ------
    ValueError
        If `now` is not a time.
    """
    if isinstance(now, str) and now in _PRESENT:
        return pd.Timestamp.now("UTC")
    text = str(now) if isinstance(now, int | float) else now  # pandas reads a number as nanoseconds
    try:
        moment = pd.Timestamp(text).as_unit("us")  # type: ignore[arg-type]  # pandas raises for other types
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"now should be a time such as '2026-01-31T12:00Z', not {now!r}.") from error
    if pd.isna(moment):
        raise ValueError("now should be a time such as '2026-01-31T12:00Z'.")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
