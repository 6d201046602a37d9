"""The evidence: the frames that were given, read once into the arrays that every rule looks at."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb._timezones import parse_time_zone, to_local_naive
from imodels_nb.frames import ContainingChanges, pseudonymize, validate_changesets, validate_frame
from imodels_nb.insights.boundary import NEEDED, moment_of

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY_S = 86_400
NO_GROUP = -1
_GROUPS = ("description", "state", "created_date_time", "first_index", "last_index", "changesets")


@dataclass(frozen=True, eq=False)
class Runs:
    """Pushes in a row that belong to one changeset group, one item a run.

    Parameters
    ----------
    first, last
        Positions of the first and the last push of each run.
    positions
        Positions of all pushes that belong to a group.
    starts
        Where in `positions` each run begins.
    """

    first: Ints
    last: Ints
    positions: Ints
    starts: Ints


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that a rule may look at.

    Parameters
    ----------
    changesets
        The changesets frame, ascending.
    named_versions, users, checkpoints, groups
        The other frames, ``None`` where they were not given.
    now
        The moment to judge from; by default that of the latest push.
    zone
        The time zone of dates and hours.
    """

    changesets: pd.DataFrame
    named_versions: pd.DataFrame | None
    users: pd.DataFrame | None
    checkpoints: pd.DataFrame | None
    groups: pd.DataFrame | None
    now: pd.Timestamp
    zone: ZoneInfo

    @classmethod
    def of(
        cls,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        users: pd.DataFrame | None = None,
        checkpoints: pd.DataFrame | None = None,
        *,
        groups: pd.DataFrame | None = None,
        now: object = None,
        time_zone: str = "UTC",
    ) -> Self:
        """Check and take what was given.

        Raises
        ------
        TypeError, ValueError
            If one of the frames is none, or lacks a column.
        """
        changesets = validate_changesets(changesets, NEEDED)
        if named_versions is not None:
            named_versions = validate_frame(named_versions, "named_versions", ("name", "created_date_time", "state"))
        if users is not None:
            users = validate_frame(users, "users", ("label",), index="id")
        if checkpoints is not None:
            checkpoints = validate_frame(checkpoints, "checkpoints", ("state",))
        if groups is not None:
            groups = validate_frame(groups, "changeset_groups", _GROUPS, index="id")
        rows = changesets if changesets.index.is_monotonic_increasing else changesets.sort_index()
        latest = rows["push_date_time"].max() if len(rows) else pd.Timestamp(0, tz="UTC")
        moment = latest if now is None else moment_of(now)
        return cls(rows, named_versions, users, checkpoints, groups, moment, parse_time_zone(time_zone))

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
    def uploaded(self) -> Bools:
        """Whether the file has arrived."""
        return self._is_in_state("fileUploaded")

    @cached_property
    def waiting(self) -> Bools:
        """Whether the file is still to come. A changeset of an unknown state is neither uploaded nor waiting."""
        return self._is_in_state("waitingForFile")

    @cached_property
    def second(self) -> Ints:
        """Push time in whole seconds since 1970-01-01T00:00Z."""
        microseconds = self.changesets["push_date_time"].to_numpy("datetime64[us]").view(np.int64)
        return np.asarray(microseconds // 1_000_000)

    @cached_property
    def local_second(self) -> Ints:
        """What a clock on the wall showed, as seconds since 1970-01-01T00:00 there."""
        times = to_local_naive(self.changesets["push_date_time"], self.zone)
        return np.asarray(times.view(np.int64) // 1_000_000)

    @cached_property
    def day(self) -> Ints:
        """Day of the push in the time zone, counted from 1970-01-01, a Thursday."""
        return self.local_second // DAY_S

    @cached_property
    def briefcase(self) -> Ints:
        """Briefcase of the push."""
        return self.changesets["briefcase_id"].to_numpy(np.int64)

    @cached_property
    def group(self) -> npt.NDArray[np.integer]:
        """A number for the changeset group of the push, `NO_GROUP` where there is none."""
        return self.changesets["group_id"].astype("category").cat.codes.to_numpy()

    @cached_property
    def creator(self) -> npt.NDArray[np.integer]:
        """A number for who pushed, -1 where that is unknown."""
        return self.changesets["creator_id"].astype("category").cat.codes.to_numpy()

    @cached_property
    def schema(self) -> Bools:
        """Whether the push changed the schema."""
        flags = self.changesets["containing_changes"].to_numpy(np.int64)
        return np.asarray(flags & int(ContainingChanges.SCHEMA) != 0)

    @cached_property
    def by_hand(self) -> Ints:
        """Positions of the pushes that belong to no group."""
        return np.flatnonzero(self.group == NO_GROUP)

    @cached_property
    def runs(self) -> Runs | None:
        """The synchronisation runs; ``None`` if no push belongs to a group."""
        positions = np.flatnonzero(self.group != NO_GROUP)
        if not len(positions):
            return None
        starts = np.append(0, 1 + np.flatnonzero(np.diff(self.group[positions])))
        ends = np.append(starts[1:], len(positions)) - 1
        return Runs(positions[starts], positions[ends], positions, starts)

    @property
    def checkpoints_or_versions(self) -> pd.DataFrame | None:
        """Whatever tells where checkpoints are."""
        return self.named_versions if self.checkpoints is None else self.checkpoints

    def _is_in_state(self, state: str) -> Bools:
        states = self.changesets["state"].astype("category").cat
        if state not in states.categories:
            return np.zeros(len(self), dtype=np.bool_)
        return np.asarray(states.codes.to_numpy() == states.categories.get_loc(state))

    def who(self, creator: int) -> str:
        """Give the pseudonym of somebody by their number."""
        if creator < 0:
            return "somebody unknown"
        user = str(self.changesets["creator_id"].astype("category").cat.categories[creator])
        named = None if self.users is None else self.users["label"].get(user)
        return pseudonymize(user) if named is None or pd.isna(named) else str(named)

    def date(self, position: int) -> str:
        """Give the date of a push, in the time zone."""
        return str(np.datetime64(int(self.day[position]), "D"))

    def between(self, first: int, last: int) -> int:
        """Count the changesets of an index range, both ends inclusive."""
        return int(np.searchsorted(self.index, last, side="right") - np.searchsorted(self.index, first))
