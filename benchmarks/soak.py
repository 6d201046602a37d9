"""Fetches with random faults: ``python -m benchmarks.soak [fetches [seed]]``.

Each round injects two random faults of the sample hub with random schedules. It then fetches with the store: one
iModel, a portfolio, or changesets and files. The result is compared with the timeline of the hub, which is read without
this package. Errors, logs and files are searched for tokens and for signatures of links.
"""

import io
import json
import random
import sys
import warnings
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

from benchmarks.process_state import collect_logs, count_threads_and_files, wait_until_settled
from imodels_hub import Hub, generate_itwin
from imodels_nb import IModelsClient, download_changesets, fetch_changesets, fetch_portfolio
from imodels_nb.api import throttle
from imodels_nb.auth import AccessToken
from imodels_nb.errors import DamagedValueWarning, IModelsError
from imodels_nb.sample import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

FETCHES = 200
SEED = 7
CHANGESETS = 2_345
IMODELS = 3
_QUICK = {
    "latency": "ms=20",
    "too-many-requests": "retry_after=0",
    "pushes": "count=30",
    "rolled-back": "count=5",
    "slow-bytes": "ms=0",
    "gzip-bomb": "megabytes=3",
}
_SLOW_FAULTS = {"endless-body", "endless-continue"}  # each takes a whole deadline
_SIGN_IN_FAULT = "oauth-error"
_HIDING_FAULT = "missing-rows"


class RenewingCredential:
    """A credential with a token of the hub, and a new one for each refusal."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.tokens = [hub.issue_token()]

    def get_token(self, *_scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return the newest token."""
        if force_refresh:
            self.tokens.append(self._hub.issue_token())
        return AccessToken(self.tokens[-1])


class Soak:
    """One hub, one client, one store, and the counts."""

    def __init__(self, hub: Hub, ids: list[str], folder: Path, dice: random.Random) -> None:
        self.hub = hub
        self.ids = ids
        self.folder = folder
        self.random = dice
        self.credential = RenewingCredential(hub)
        self.client = IModelsClient(self.credential, base_url=hub.base_url)
        self.output = io.StringIO()
        self.count: Counter[str] = Counter()

    def run_round(self) -> None:
        """Run one fetch with two faults, and one without."""
        before = [self._read_ids(imodel_id) for imodel_id in self.ids]
        faults = [self._draw_fault(), self._draw_fault()]
        self.hub.inject(*faults)
        fetch = self.random.choice([self._fetch_one, self._fetch_one, self._fetch_portfolio, self._download])
        frames = self._try_fetch(fetch)
        self.hub.clear_faults()
        after = [self._read_ids(imodel_id) for imodel_id in self.ids]
        is_shortened = any(fault.startswith(_HIDING_FAULT) for fault in faults)  # nothing names the newest row
        for number, frame in frames.items():
            expected = [index for index in before[number] if index in set(after[number])]
            self._compare(frame, expected[: len(frame)] if is_shortened else expected)
        for number, imodel_id in enumerate(self.ids):
            self._compare(fetch_changesets(self.client, imodel_id, cache=self.folder / "store"), after[number])

    def _compare(self, frame: "pd.DataFrame", expected: list[str]) -> None:
        ids = frame["id"].tolist()
        self.count["rows"] += len(ids)
        self.count["lost"] += len(set(expected) - set(ids))
        self.count["twice"] += len(ids) - len(set(ids)) + int(frame.index.duplicated().sum())
        self.count["torn"] += int((frame["parent_id"].to_numpy()[1:] != frame["id"].to_numpy()[:-1]).sum())

    def _draw_fault(self) -> str:
        name = self.random.choice([name for name in FAULTS if name not in {_SIGN_IN_FAULT, *_SLOW_FAULTS}])
        draw = self.random.randint
        schedule = f"after={draw(0, 5)},every={draw(1, 3)},times={draw(1, 4)}"
        path = ",path=/blobs" if name in {"reset", "server-error", "latency"} and self.random.random() < 1 / 3 else ""
        return f"{name}:{schedule}{path}" + (f",{_QUICK[name]}" if name in _QUICK else "")

    def _try_fetch(self, fetch: Callable[[], dict[int, "pd.DataFrame"]]) -> dict[int, "pd.DataFrame"]:
        self.count["fetches"] += 1
        try:
            frames = fetch()
        except IModelsError as error:
            self.count["raised"] += 1
            self.output.write(
                f"{error!r} {VerboseTB(theme_name='nocolor').text(type(error), error, error.__traceback__)}"
            )
            return {}
        for frame in frames.values():
            self.output.write(repr(frame) + repr(frame.attrs))
        return frames

    def _fetch_one(self) -> dict[int, "pd.DataFrame"]:
        number = self.random.randrange(len(self.ids))
        return {number: fetch_changesets(self.client, self.ids[number], cache=self.folder / "store")}

    def _fetch_portfolio(self) -> dict[int, "pd.DataFrame"]:
        changesets, failures = fetch_portfolio(self.client, self.ids, cache=self.folder / "store")
        self.output.write(failures.to_csv())
        self.count["raised"] += len(failures) > 0
        fetched = changesets.index.unique("imodel_id")
        return {self.ids.index(imodel_id): changesets.loc[imodel_id] for imodel_id in fetched}

    def _download(self) -> dict[int, "pd.DataFrame"]:
        frames = self._fetch_one()
        ((number, frame),) = frames.items()
        smallest = frame.nsmallest(4, "file_size")
        files = download_changesets(self.client, self.ids[number], smallest, self.folder / "files")
        downloaded = files[files["outcome"] != "waiting"]
        self.count["files"] += len(downloaded)
        sizes = [Path(path).stat().st_size for path in downloaded["path"]]
        self.count["wrong files"] += int((smallest.loc[downloaded.index, "file_size"].to_numpy() != sizes).sum())
        return frames

    def _read_ids(self, imodel_id: str) -> list[str]:
        """Read the ids of a timeline without this package."""
        connection = HTTPConnection(urlsplit(self.hub.base_url).netloc)
        ids: list[str] = []
        last = 0
        has_more = True
        while has_more:
            path = f"/imodels/{imodel_id}/changesets?$top=1000&afterIndex={last}"
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.hub.token}"})
            page = json.loads(connection.getresponse().read())
            ids += [row["id"] for row in page["changesets"]]
            last = page["changesets"][-1]["index"]
            has_more = page["_links"]["next"] is not None
        connection.close()
        return ids

    def count_secrets(self, log: str) -> int:
        """Return how many secrets are in errors, logs, file names and stored files."""
        names = [file.relative_to(self.folder).as_posix() for file in self.folder.rglob("*")]
        stored = b"".join(file.read_bytes() for file in (self.folder / "store").rglob("*") if file.is_file())
        texts = (self.output.getvalue(), log, "\n".join(names), stored.decode("latin-1"))
        secrets = [*self.credential.tokens, self.hub.token, "sig="]
        return sum(secret in text for secret in secrets for text in texts)


@contextmanager
def start_soak(folder: Path, seed: int) -> "Iterator[Soak]":
    """Start a hub with a client."""
    project, *others = generate_itwin(IMODELS, CHANGESETS, seed)
    ids = [served.imodel.id for served in (project, *others)]
    with Hub(project, neighbors=others) as hub:
        soak = Soak(hub, ids, folder, random.Random(seed))
        with soak.client:
            yield soak


def run(fetches: int, seed: int) -> dict[str, int]:
    """Run the soak, and return the figures."""
    with (
        TemporaryDirectory() as name,
        collect_logs() as log,
        patch.object(throttle, "_FIRST_DELAY", 0.001),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", DamagedValueWarning)  # some faults damage a value, which is read around
        with start_soak(Path(name) / "warm", seed):
            pass
        before = count_threads_and_files()
        with start_soak(Path(name) / "soak", seed) as soak:
            for _ in range(fetches):
                soak.run_round()
        after = wait_until_settled(before)
        unfinished = [file for file in Path(name).rglob("*") if file.suffix == ".tmp"]
        secrets = soak.count_secrets(log.getvalue())
    return {
        **soak.count,
        "secrets seen outside": secrets,
        "temporary files left": len(unfinished),
        "threads more than before": after[0] - before[0],
        "open files more than before": after[1] - before[1],
    }


_WITHOUT_LIMIT = ("fetches", "raised", "rows", "files")


def find_missed(figures: dict[str, int]) -> set[str]:
    """Return the figures that should be 0 and are more."""
    return {name for name, figure in figures.items() if name not in _WITHOUT_LIMIT and figure > 0}


def main() -> int:
    """Run the soak and print the figures; the status is 1 if one is missed."""
    numbers = [int(text) for text in sys.argv[1:]]
    figures = run(*(numbers + [FETCHES, SEED][len(numbers) :]))
    for name, figure in figures.items():
        print(f"{name:<28} {figure:>10,}")
    return int(bool(find_missed(figures)))


if __name__ == "__main__":
    sys.exit(main())
