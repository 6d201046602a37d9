"""Rules about accounts that stop: departures and hand-overs."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.accounts import AccountPushes, Stops, find_stops, select_pushes
from imodels_nb.insights.rule import Finding, Rule, join_words, summarize
from imodels_nb.insights.statistics import Bools, Floats, Ints
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData

MAX_CHANCE = 0.001
MAX_SEPARATE = 2  # findings
MAX_NAMED = 3  # accounts in a sentence

MIN_DEPARTURE_SHARE = 0.2  # share of all pushes by hand of a year
MIN_DEPARTURE_PUSHES = 30  # pushes by hand
MIN_SILENT_DAYS = 120
MIN_DEPARTURE_DROP = 5  # ratio of the share before to that after
_DEPARTURE_THRESHOLD = (
    f"at least {MIN_DEPARTURE_PUSHES} pushes by hand, and {MIN_DEPARTURE_SHARE:.0%} of all pushes by hand of a year. "
    f"Afterwards, for at least {MIN_SILENT_DAYS} days, at most {1 / MIN_DEPARTURE_DROP:.0%} of that share"
)
_DEPARTURE_ADVICE = "Ask who knows their part now. Check that their briefcases and locks are released."

MIN_HAND_OVER_PUSHES = 5  # pushes of each account
MIN_HAND_OVER_SHARE = 0.05  # share of all pushes by hand, or in runs
MAX_DAYS_BETWEEN = 90
MAX_PUSHES_BETWEEN = 8
MAX_HAND_OVER_RATIO = 4.0  # ratio of the shares of both accounts
_HAND_OVER_THRESHOLD = (
    f"one account stops for good and another one starts within {MAX_DAYS_BETWEEN} days. Each has at least "
    f"{MIN_HAND_OVER_PUSHES} pushes, and {MIN_HAND_OVER_SHARE:.0%} of all by hand or in runs"
)
_HAND_OVER_ADVICE = (
    "Check that the briefcases and locks of the first account are released, and that what it did is known and goes on."
)


class HandOver(NamedTuple):
    """An account that stops and one that starts, by their last and first push."""

    leaver: int
    successor: int
    last: int
    first: int
    pushes: tuple[int, int]
    share: float
    chance: float


def _find_departures(timeline: TimelineData) -> Iterable[Finding]:
    pushes = select_pushes(timeline, timeline.is_manual)
    if len(pushes.positions) < MIN_DEPARTURE_PUSHES:
        return ()
    stops = find_stops(pushes)
    silent_days = (pushes.second[-1] - pushes.second[stops.last]) / DAY_SECONDS
    has_left = (
        (stops.own >= MIN_DEPARTURE_PUSHES)
        & (stops.share >= MIN_DEPARTURE_SHARE)
        & (stops.log_chance < np.log(MAX_CHANCE))
        & (silent_days >= MIN_SILENT_DAYS)
        & (stops.own_after * MIN_DEPARTURE_DROP <= stops.share * stops.after)
    )
    if not has_left.any():
        return ()
    has_left[[hand_over.leaver for hand_over in _list_hand_overs(timeline) if hand_over.leaver < len(has_left)]] = False
    leavers = np.flatnonzero(has_left)
    leavers = leavers[np.argsort(-stops.last[leavers])]
    found = [_build_departure(timeline, pushes, stops, account) for account in leavers.tolist()]
    return summarize(found, lambda _: _describe_departures(timeline, pushes, stops, leavers), MAX_SEPARATE)


def _build_departure(timeline: TimelineData, pushes: AccountPushes, stops: Stops, account: int) -> Finding:
    last = int(pushes.positions[stops.last[account]])
    first = int(pushes.positions[stops.first[account]])
    share = float(stops.share[account])
    own_after = int(stops.own_after[account])
    others = format_count(int(stops.after[account]), "push", "pushes")
    is_recent = timeline.now.timestamp() - timeline.second[last] < YEAR_DAYS * DAY_SECONDS
    since = (
        f"Since then it has made {own_after:,} of {others}" if own_after else f"It has made none of the {others} since"
    )
    ends = sorted((int(timeline.index[first]), int(timeline.index[last])))
    return Finding(
        severity="warning" if is_recent else "notice",
        sentence=(
            f"{timeline.format_account(account)} made {share:.0%} of the pushes by hand in the year to "
            f"{timeline.format_day(last)}. {since}."
        ),
        first_index=ends[0],
        last_index=ends[1],
        changesets=int(stops.own[account]),
        statistic=f"share {share:.1%} of that year, {own_after / max(int(stops.after[account]), 1):.1%} since",
        chance=float(np.exp(stops.log_chance[account])),
        stake=share,
    )


def _describe_departures(timeline: TimelineData, pushes: AccountPushes, stops: Stops, leavers: Ints) -> str:
    """Return a sentence about many departures, the latest first."""
    named = [
        f"{timeline.format_account(account)} on {timeline.format_day(int(pushes.positions[stops.last[account]]))} "
        f"({stops.share[account]:.0%})"
        for account in leavers[:MAX_NAMED].tolist()
    ]
    return (
        f"{len(leavers)} accounts that made {MIN_DEPARTURE_SHARE:.0%} or more of the pushes by hand of a year have "
        f"stopped or nearly stopped. The latest are {join_words(named)}."
    )


def _find_hand_overs(timeline: TimelineData) -> Iterable[Finding]:
    hand_overs = sorted(_list_hand_overs(timeline), key=lambda hand_over: -hand_over.share)
    found = [_build_hand_over(timeline, hand_over) for hand_over in hand_overs]
    return summarize(found, lambda _: _describe_hand_overs(timeline, hand_overs), MAX_SEPARATE)


def _list_hand_overs(timeline: TimelineData) -> list[HandOver]:
    pushes, is_large = _select_manual_pushes_and_runs(timeline)
    if len(pushes.positions) < 2 * MIN_HAND_OVER_PUSHES:
        return []
    creator = pushes.creator
    count = np.bincount(creator)
    first = np.zeros(len(count), dtype=np.int64)
    last = np.zeros(len(count), dtype=np.int64)
    first[creator[::-1]] = np.arange(len(creator))[::-1]
    last[creator] = np.arange(len(creator))
    share = count / (last - first + 1)
    leavers = np.flatnonzero(is_large & _is_silent(share, len(creator) - 1 - last))
    starters = np.flatnonzero(is_large & _is_silent(share, first))
    chosen = [
        (leaver, _choose_successor(pushes, leaver, (first, last, share), starters)) for leaver in leavers.tolist()
    ]
    return [
        HandOver(
            leaver,
            successor,
            int(pushes.positions[last[leaver]]),
            int(pushes.positions[first[successor]]),
            (int(count[leaver]), int(count[successor])),
            float(count[leaver] / len(creator)),
            float((1 - min(share[leaver], 0.99)) ** (len(creator) - 1 - last[leaver])),
        )
        for leaver, successor in chosen
        if successor is not None
    ]


def _select_manual_pushes_and_runs(timeline: TimelineData) -> tuple[AccountPushes, Bools]:
    """Return the pushes by hand and one of each run, and which accounts count."""
    is_unit = timeline.is_manual.copy()
    if timeline.runs is not None:
        is_unit[timeline.runs.first] = True
    pushes = select_pushes(timeline, is_unit)
    is_manual = timeline.is_manual[pushes.positions]
    accounts = int(pushes.creator.max()) + 1 if len(pushes.creator) else 0
    is_large = np.zeros(accounts, dtype=np.bool_)
    for of_kind in (is_manual, ~is_manual):
        count = np.bincount(pushes.creator[of_kind], minlength=accounts)
        is_large |= count >= max(MIN_HAND_OVER_PUSHES, MIN_HAND_OVER_SHARE * of_kind.sum())
    return pushes, is_large


def _is_silent(share: Floats, pushes: Ints) -> Bools:
    """Return whether no push at all is improbable for accounts with these shares."""
    return np.asarray((1 - np.minimum(share, 0.99)) ** pushes < MAX_CHANCE)


def _choose_successor(
    pushes: AccountPushes, leaver: int, accounts: tuple[Ints, Ints, Floats], starters: Ints
) -> int | None:
    """Return the account that starts nearest to the leaver's last push, if one does."""
    first, last, share = accounts
    distance = np.abs(first[starters] - last[leaver])
    seconds = np.abs(pushes.second[first[starters]] - pushes.second[last[leaver]])
    ratio = np.maximum(share[leaver] / share[starters], share[starters] / share[leaver])
    is_successor = (
        (distance <= MAX_PUSHES_BETWEEN / np.minimum(share[leaver], share[starters]))
        & (seconds <= MAX_DAYS_BETWEEN * DAY_SECONDS)
        & (ratio <= MAX_HAND_OVER_RATIO)
        & (starters != leaver)
    )
    if not is_successor.any():
        return None
    return int(starters[is_successor][np.argmin(distance[is_successor])])


def _build_hand_over(timeline: TimelineData, hand_over: HandOver) -> Finding:
    ends = sorted((int(timeline.index[hand_over.last]), int(timeline.index[hand_over.first])))
    days = abs(int(timeline.second[hand_over.first] - timeline.second[hand_over.last])) / DAY_SECONDS
    leaver_pushes, successor_pushes = (format_count(count, "push", "pushes") for count in hand_over.pushes)
    return Finding(
        severity="notice",
        sentence=(
            f"{timeline.format_account(hand_over.leaver)} pushed for the last time on "
            f"{timeline.format_day(hand_over.last)}, after {leaver_pushes}, and "
            f"{timeline.format_account(hand_over.successor)} for the first time on "
            f"{timeline.format_day(hand_over.first)}, with {successor_pushes} since. This looks like a hand-over."
        ),
        first_index=ends[0],
        last_index=ends[1],
        changesets=timeline.count_in_range(ends[0], ends[1]),
        statistic=f"{days:.0f} days between the two; the first had {hand_over.share:.1%} of all pushes and runs",
        chance=hand_over.chance,
        stake=min(1.0, 0.4 + hand_over.share),
    )


def _describe_hand_overs(timeline: TimelineData, hand_overs: Sequence[HandOver]) -> str:
    named = [
        f"{timeline.format_account(hand_over.leaver)} to {timeline.format_account(hand_over.successor)} on "
        f"{timeline.format_day(hand_over.last)}"
        for hand_over in hand_overs[:MAX_NAMED]
    ]
    return (
        f"{len(hand_overs)} times one account stopped as another started, which looks like a hand-over. The largest "
        f"are {join_words(named)}."
    )


RULES = (
    Rule(
        "departure",
        _find_departures,
        looks_for="Accounts that made a large part of the pushes by hand, and stopped.",
        threshold=_DEPARTURE_THRESHOLD,
        why="What they knew of the model may be lost, and their locks and briefcases may still be open.",
        advice=_DEPARTURE_ADVICE,
        method=(
            "The rule computes the chance that so few pushes since then are a coincidence, such as a quiet season. It "
            "compares them with what the account would have made at its earlier share. There is a finding only if so "
            f"few have a chance below {MAX_CHANCE:.1%} (Chernoff's bound of the binomial distribution). The account "
            "may come back for up to a tenth of its pushes. Its work ends where the chance is smallest."
        ),
    ),
    Rule(
        "hand-over",
        _find_hand_overs,
        looks_for="An account, of a person or a job, that stops at about the time when another starts.",
        threshold=_HAND_OVER_THRESHOLD,
        why="At a hand-over, knowledge, locks and half-done work get lost most easily.",
        advice=_HAND_OVER_ADVICE,
        method=(
            "Time is counted in pushes by hand and in runs, so holidays do not matter. Between the two, an account of "
            f"this pace makes at most {MAX_PUSHES_BETWEEN} pushes. Neither account is more than "
            f"{MAX_HAND_OVER_RATIO:g} times as busy as the other. The first account is silent afterwards, and the "
            f"second one before, for so long that the chance is below {MAX_CHANCE:.1%}. An account with every tenth "
            "push, for example, misses the next 66 with this chance. In general, an account with a share p of the "
            "pushes misses the next n with a chance of (1 - p) to the power of n."
        ),
        explains=("ended job", "stalled synchronization"),
    ),
)
