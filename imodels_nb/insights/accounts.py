"""Pushes of each account, and the time when it stopped."""

from typing import NamedTuple

import numpy as np

from imodels_nb.insights.statistics import Bools, Floats, Ints, compute_log_chance
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData

_OWN_SHARES = (1.0, 0.98, 0.95, 0.9)
"""Parts of an account's pushes after which it may have stopped: a few late pushes change nothing."""


class AccountPushes(NamedTuple):
    """The pushes of all known accounts of one kind, by time.

    Parameters
    ----------
    positions
        Positions of the pushes in the timeline.
    creator
        Number of the account of each push.
    second
        Time of each push.
    """

    positions: Ints
    creator: Ints
    second: Ints


class Stops(NamedTuple):
    """The push after which each account makes fewer pushes than chance explains.

    Parameters
    ----------
    last
        Position of that push among all pushes.
    share
        Share of the account in the pushes of the year up to that push.
    own
        Number of its pushes in that year.
    first
        Position of its first push of that year among all pushes.
    own_after, after
        Number of its pushes after that push, and of those of all accounts.
    log_chance
        Logarithm of the chance that an account of that share makes so few.
    """

    last: Ints
    share: Floats
    own: Ints
    first: Ints
    own_after: Ints
    after: Ints
    log_chance: Floats


def select_pushes(timeline: TimelineData, is_included: Bools) -> AccountPushes:
    """Return the included pushes of known accounts, by time."""
    order = timeline.time_order
    positions = order[is_included[order] & (timeline.creator[order] >= 0)]
    return AccountPushes(positions, timeline.creator[positions].astype(np.int64), timeline.second[positions])


def find_stops(pushes: AccountPushes) -> Stops:
    """Find when each account stopped: where the silence after is least likely.

    Parameters
    ----------
    pushes
        At least one push.
    """
    by_account = np.argsort(pushes.creator, kind="stable")
    count = np.bincount(pushes.creator)
    starts = np.append(0, np.cumsum(count)[:-1])
    options = [_find_stops_at(pushes, by_account, (starts, count), share) for share in _OWN_SHARES]
    best = np.argmin([option.log_chance for option in options], axis=0)
    columns = [np.stack(column)[best, np.arange(len(count))] for column in zip(*options, strict=True)]
    return Stops(*columns)


def _find_stops_at(pushes: AccountPushes, by_account: Ints, accounts: tuple[Ints, Ints], own_share: float) -> Stops:
    """Find the stops if each account stopped after this share of its own pushes."""
    starts, count = accounts
    total = len(pushes.creator)
    position = starts + np.maximum(np.ceil(own_share * count).astype(np.int64) - 1, 0)
    last = by_account[np.minimum(position, total - 1)]
    year = np.searchsorted(pushes.second, pushes.second[last] - YEAR_DAYS * DAY_SECONDS)
    keys = pushes.creator[by_account] * total + by_account
    first_position = np.searchsorted(keys, np.arange(len(count)) * total + year)
    own = np.where(count > 0, position - first_position + 1, 0)
    share = own / np.maximum(last - year + 1, 1)
    own_after = np.where(count > 0, starts + count - 1 - position, 0)
    after = total - 1 - last
    log_chance = compute_log_chance(own_after.astype(np.float64), after.astype(np.float64), share)
    first = by_account[np.minimum(first_position, total - 1)]
    return Stops(last, share, own, first, own_after, after, np.where(count > 0, log_chance, 0.0))
