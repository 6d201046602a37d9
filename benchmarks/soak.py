"""``python -m benchmarks.soak [fetches [seed]]``: fetch again and again while two things go wrong at random.

Each round orders two faults of the sample hub's catalogue on random schedules, then fetches with the store on: alone,
as a portfolio, or with downloads behind it. What comes is held against the ledger, which is read with no code of ours;
whatever is raised, logged or written is searched for every token that was in use, and for signatures of links.
"""

import io
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch
from urllib.parse import urlsplit

from IPython.core.ultratb import VerboseTB

from benchmarks.watch import everything_logged, held, settled
from imodels_hub import Hub, generate_itwin
from imodels_nb import IModelsClient, download_changesets, fetch_changesets, fetch_portfolio
from imodels_nb.api import throttle
from imodels_nb.auth import AccessToken
from imodels_nb.errors import IModelsError
from imodels_nb.sample import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

FETCHES, SEED = 200, 7
CHANGESETS, IMODELS = 2_345, 3
_QUICK = {
    "latency": "ms=20",
    "too-many-requests": "retry_after=0",
    "pushes": "count=30",
    "rolled-back": "count=5",
    "slow-bytes": "ms=0",
    "gzip-bomb": "megabytes=3",
}
_WAITS_LONG = {"endless-body", "endless-continue"}  # for a deadline, which is longer than a round
_OF_SIGN_IN, _HIDES_ROWS = "oauth-error", "missing-rows"


class Renewing:
    """Hands out a token of the hub, and another when the one at hand is refused."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self.given = hub, [hub.issue_token()]

    def get_token(self, *_scopes: str, force_refresh: bool = False) -> AccessToken:
        """Give a token."""
        if force_refresh:
            self.given.append(self._hub.issue_token())
        return AccessToken(self.given[-1])


class Soak:
    """One hub, one client, one store, and what was counted."""

    def __init__(self, hub: Hub, ids: list[str], folder: Path, dice: random.Random) -> None:
        self.hub, self.ids, self.folder, self.dice = hub, ids, folder, dice
        self.credential = Renewing(hub)
        self.client = IModelsClient(self.credential, base_url=hub.base_url)
        self.seen = io.StringIO()
        self.count: Counter[str] = Counter()

    def round(self) -> None:
        """Fetch once under two faults, and once when they are over."""
        before = [self._ledger(imodel_id) for imodel_id in self.ids]
        faults = [self._fault(), self._fault()]
        self.hub.inject(*faults)
        came = self._tried(self.dice.choice([self._one, self._one, self._portfolio, self._files]))
        self.hub.clear_faults()
        after = [self._ledger(imodel_id) for imodel_id in self.ids]
        shortened = any(fault.startswith(_HIDES_ROWS) for fault in faults)  # the last row of all leaves no trace
        for place, frame in came.items():
            there = frame["id"].tolist()
            due = [one for one in before[place] if one in set(after[place])]
            self._hold(frame, due[: len(there)] if shortened else due)
        for place, imodel_id in enumerate(self.ids):
            self._hold(fetch_changesets(self.client, imodel_id, cache=self.folder / "store"), after[place])

    def _hold(self, frame: "pd.DataFrame", due: list[str]) -> None:
        there = frame["id"].tolist()
        self.count["rows"] += len(there)
        self.count["lost"] += len(set(due) - set(there))
        self.count["twice"] += len(there) - len(set(there)) + int(frame.index.duplicated().sum())
        self.count["torn"] += int((frame["parent_id"].to_numpy()[1:] != frame["id"].to_numpy()[:-1]).sum())

    def _fault(self) -> str:
        name = self.dice.choice([name for name in FAULTS if name not in {_OF_SIGN_IN, *_WAITS_LONG}])
        schedule = f"after={self.dice.randrange(6)},every={self.dice.randint(1, 3)},times={self.dice.randint(1, 4)}"
        place = ",path=/blobs" if name in {"reset", "server-error", "latency"} and self.dice.random() < 1 / 3 else ""
        return f"{name}:{schedule}{place}" + (f",{_QUICK[name]}" if name in _QUICK else "")

    def _tried(self, fetch: Callable[[], dict[int, "pd.DataFrame"]]) -> dict[int, "pd.DataFrame"]:
        self.count["fetches"] += 1
        try:
            came = fetch()
        except IModelsError as error:
            self.count["raised"] += 1
            self.seen.write(
                f"{error!r} {VerboseTB(theme_name='nocolor').text(type(error), error, error.__traceback__)}"
            )
            return {}
        for frame in came.values():
            self.seen.write(repr(frame) + repr(frame.attrs))
        return came

    def _one(self) -> dict[int, "pd.DataFrame"]:
        place = self.dice.randrange(len(self.ids))
        return {place: fetch_changesets(self.client, self.ids[place], cache=self.folder / "store")}

    def _portfolio(self) -> dict[int, "pd.DataFrame"]:
        changesets, failures = fetch_portfolio(self.client, self.ids, cache=self.folder / "store")
        self.seen.write(failures.to_csv())
        self.count["raised"] += len(failures) > 0
        return {
            self.ids.index(one): changesets.loc[one] for one in changesets.index.levels[0] if one in changesets.index
        }

    def _files(self) -> dict[int, "pd.DataFrame"]:
        came = self._one()
        ((place, frame),) = came.items()
        few = frame.nsmallest(4, "file_size")
        files = download_changesets(self.client, self.ids[place], few, self.folder / "files")
        there = files[files["outcome"] != "waiting"]
        self.count["files"] += len(there)
        sizes = [Path(path).stat().st_size for path in there["path"]]
        self.count["wrong files"] += int((few.loc[there.index, "file_size"].to_numpy() != sizes).sum())
        return came

    def _ledger(self, imodel_id: str) -> list[str]:
        """Read the ids of a timeline as they stand, with no code of ours."""
        connection = HTTPConnection(urlsplit(self.hub.base_url).netloc)
        ids: list[str] = []
        last, more = 0, True
        while more:
            path = f"/imodels/{imodel_id}/changesets?$top=1000&afterIndex={last}"
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.hub.token}"})
            page = json.loads(connection.getresponse().read())
            ids += [row["id"] for row in page["changesets"]]
            last, more = page["changesets"][-1]["index"], page["_links"]["next"] is not None
        connection.close()
        return ids

    def leaks(self, log: str) -> int:
        """Count the secrets that stand where none should."""
        names = [file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*")]
        kept = b"".join(file.read_bytes() for file in (self.folder / "store").rglob("*") if file.is_file())
        texts = (self.seen.getvalue(), log, "\n".join(names), kept.decode("latin-1"))
        secrets = [*self.credential.given, self.hub.token, "sig="]
        return sum(secret in text for secret in secrets for text in texts)


@contextmanager
def soaking(folder: Path, seed: int) -> "Iterator[Soak]":
    """Give a hub and a client on it."""
    project, *neighbors = generate_itwin(IMODELS, CHANGESETS, seed)
    ids = [one.imodel.id for one in (project, *neighbors)]
    with Hub(project, neighbors=neighbors) as hub:
        soak = Soak(hub, ids, folder, random.Random(seed))
        with soak.client:
            yield soak


def run(fetches: int, seed: int) -> dict[str, int]:
    """Soak, and give the figures."""
    with TemporaryDirectory() as name, everything_logged() as log, patch.object(throttle, "_FIRST_DELAY", 0.001):
        with soaking(Path(name) / "warm", seed):
            pass
        before = held()
        with soaking(Path(name) / "soak", seed) as soak:
            for _ in range(fetches):
                soak.round()
        after = settled(before)
        unfinished = [file for file in Path(name).rglob("*") if file.suffix == ".tmp"]
        leaks = soak.leaks(log.getvalue())
    return {
        **soak.count,
        "secrets seen outside": leaks,
        "temporary files left": len(unfinished),
        "threads more than before": after[0] - before[0],
        "open files more than before": after[1] - before[1],
    }


_FREE = ("fetches", "raised", "rows", "files")


def missed(figures: dict[str, int]) -> set[str]:
    """Name the figures that should be nought, or less, and are more."""
    return {name for name, figure in figures.items() if name not in _FREE and figure > 0}


def main() -> int:
    """Print the figures; the status is 0 when none is missed."""
    given = [int(text) for text in sys.argv[1:]]
    figures = run(*(given + [FETCHES, SEED][len(given) :]))
    for name, figure in figures.items():
        print(f"{name:<28} {figure:>10,}")
    return int(bool(missed(figures)))


if __name__ == "__main__":
    sys.exit(main())
