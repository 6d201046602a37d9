"""Kills of pushing clients and their hubs: ``python -m benchmarks.kills``.

A client pushes changesets to a hub with a ledger file, locks objects, and creates and deletes iModels. At a random
moment the hub or the client is killed with SIGKILL. A new hub then opens the file, and everything that a response with
2xx has confirmed must be in it. The next client continues where the last one was killed. Arguments: number of kills,
seed.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from benchmarks.pushing_client import HUB_IS_GONE, Api, iterate_reports

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 50
SEED = 7
CHANGESETS = 20
_TOKEN = "of-the-kills"
_LONGEST_RUN = 1.2  # seconds from the first report of a client to the kill
_WITHOUT_LIMIT = ("kills of the hub", "kills of the client", "responses with 2xx", "pushes")


@dataclass
class Confirmed:
    """Records of all that responses with 2xx have confirmed.

    Parameters
    ----------
    pushed
        Digest of the file of each changeset, by id.
    versions, data
        Ids of the changesets with a named version, and with extended data.
    locks
        Briefcase that holds each exclusive lock, by object.
    briefcases
        Numbers of briefcases.
    imodels
        Digest of the baseline of each iModel, by id.
    deleted
        Ids of deleted iModels.
    unsure
        Request without a response: the hub may have handled it.
    """

    pushed: dict[str, str] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)
    data: set[str] = field(default_factory=set)
    locks: dict[str, int] = field(default_factory=dict)
    briefcases: set[int] = field(default_factory=set)
    imodels: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    unsure: dict[str, Any] | None = None

    def record(self, report: dict[str, Any]) -> None:
        """Record a report of a client."""
        self.unsure = report.get("try")
        if "done" in report:
            self.apply(report["done"])

    def apply(self, done: dict[str, Any]) -> None:
        """Record a request that the hub has handled."""
        match done:
            case {"what": "briefcase", "id": number}:
                self.briefcases.add(number)
            case {"what": "pushed", "id": changeset, "digest": digest}:
                self.pushed[changeset] = digest
            case {"what": "version", "name": changeset}:
                self.versions.add(changeset)
            case {"what": "data", "id": changeset}:
                self.data.add(changeset)
            case {"what": "lock", "object": name, "briefcase": number}:
                self.locks[name] = number
            case {"what": "unlock", "object": name}:
                self.locks.pop(name)
            case {"what": "imodel", "id": imodel_id, "digest": digest}:
                self.imodels[imodel_id] = digest
            case {"what": "deleted", "id": imodel_id}:
                self.deleted.add(imodel_id)


@dataclass
class Served:
    """Contents that a hub serves."""

    changesets: list[dict[str, Any]]
    versions: set[str]
    data: set[str]
    locks: list[tuple[str, int]]
    briefcases: set[int]
    imodels: set[str]

    @property
    def uploaded(self) -> set[str]:
        """Ids of the changesets whose files are uploaded."""
        return {row["id"] for row in self.changesets if row["state"] == "fileUploaded"}

    @classmethod
    def read(cls, api: Api, imodel_id: str, itwin_id: str) -> "Served":
        """Read all lists of a hub."""
        path = f"/imodels/{imodel_id}"
        groups = [
            (row["briefcaseId"], group)
            for row in api.read_list(f"{path}/locks?lockLevel=exclusive", "locks")
            for group in row["lockedObjects"]
        ]
        return cls(
            changesets=api.read_list(f"{path}/changesets", "changesets"),
            versions={row["changesetId"] for row in api.read_list(f"{path}/namedversions", "namedVersions")},
            data={row["changesetId"] for row in api.read_list(f"{path}/changesets/extendeddata", "extendedData")},
            locks=[(name, number) for number, group in groups for name in group["objectIds"]],
            briefcases={int(row["id"]) for row in api.read_list(f"{path}/briefcases", "briefcases")},
            imodels={row["id"] for row in api.read_list(f"/imodels?iTwinId={itwin_id}", "iModels")},
        )

    def has(self, request: dict[str, Any]) -> bool:
        """Return whether the hub has handled a request."""
        locked = {name for name, _ in self.locks}
        sets = {
            "pushed": self.uploaded,
            "version": self.versions,
            "data": self.data,
            "lock": locked,
        }
        key = request.get("object") or request.get("name") or request.get("id")
        if request["what"] in {"unlock", "deleted"}:
            return key not in locked | self.imodels
        return key in sets.get(request["what"], set())


class Kills:
    """One ledger file with its hubs, and the counts; a context manager."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._ledger = folder / "ledger.sqlite"
        self._random = random.Random(seed)
        self._confirmed = Confirmed()
        self._compared: set[str] = set()
        self._running = ExitStack()
        self.count: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._start_hub()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _start_hub(self) -> None:
        self._running.close()
        options = ("--changesets", str(CHANGESETS), "--token", _TOKEN, "--ledger-file", str(self._ledger))
        self._hub = self._running.enter_context(_run("imodels_nb.sample", *options))
        self._address: dict[str, Any] = json.loads(_read_line(self._hub))

    def run_round(self) -> None:
        """Run a client, kill it or the hub, and compare what the next hub serves."""
        briefcase = max(self._confirmed.briefcases, default=0)
        names = ("base_url", "token", "itwin_id", "imodel_id")
        arguments = [
            str(argument) for argument in (*map(self._address.get, names), briefcase, self._random.getrandbits(32))
        ]
        with _run("benchmarks.pushing_client", *arguments) as client:
            lines = [_read_line(client)]
            time.sleep(self._random.uniform(0, _LONGEST_RUN))
            victim = self._random.choice(["hub", "client"])
            (self._hub if victim == "hub" else client).send_signal(signal.SIGKILL)
            output, errors = client.communicate()
        if client.returncode != (HUB_IS_GONE if victim == "hub" else -signal.SIGKILL):
            raise RuntimeError(f"The client ended with status {client.returncode}: {errors}")
        self.count[f"kills of the {victim}"] += 1
        for report in iterate_reports([*lines, *output.splitlines()]):
            self.count["responses with 2xx"] += "done" in report
            self._confirmed.record(report)
        if victim == "hub":
            self._start_hub()
        self._compare(Api(self._address["base_url"], _TOKEN))

    def _compare(self, api: Api) -> None:
        imodel_id = self._address["imodel_id"]
        served = Served.read(api, imodel_id, self._address["itwin_id"])
        known = self._confirmed
        if known.unsure and served.has(known.unsure):
            known.apply(known.unsure)
        known.unsure = None
        missing: dict[str, set[Any]] = {
            "changesets lost": known.pushed.keys() - served.uploaded,
            "named versions lost": known.versions - served.versions,
            "extended data lost": known.data - served.data,
            "locks lost": known.locks.items() - set(served.locks),
            "briefcases lost": known.briefcases - served.briefcases,
            "iModels lost": known.imodels.keys() - known.deleted - served.imodels,
            "deleted iModels that came back": known.deleted & served.imodels,
            "locks held twice": set(range(len(served.locks) - len(dict(served.locks)))),
        }
        self.count.update({name: len(lost) for name, lost in missing.items()})
        self._compare_chain(served.changesets)
        changesets = f"/imodels/{imodel_id}/changesets"
        for changeset in known.pushed.keys() & served.uploaded - self._compared:
            self._compare_file(api, changeset, api.send("GET", f"{changesets}/{changeset}")["changeset"])
        for imodel_id in known.imodels.keys() & served.imodels - self._compared:
            self._compare_file(api, imodel_id, api.send("GET", f"/imodels/{imodel_id}/baselinefile")["baselineFile"])
        self.count["pushes"] = len(known.pushed)

    def _compare_chain(self, rows: list[dict[str, Any]]) -> None:
        """Check the chain of parents, and whose changesets these are."""
        self.count["broken chains"] += sum(after["parentId"] != before["id"] for before, after in pairwise(rows))
        self.count["half changesets"] += sum(row["state"] != "fileUploaded" for row in rows[:-1])
        new = {row["id"] for row in rows[CHANGESETS:] if row["state"] == "fileUploaded"}
        self.count["changesets of no client"] += len(new - self._confirmed.pushed.keys())

    def _compare_file(self, api: Api, name: str, row: dict[str, Any]) -> None:
        """Check that a file has the bytes that were uploaded."""
        content = api.transfer("GET", row["_links"]["download"]["href"])
        digest = (self._confirmed.pushed | self._confirmed.imodels)[name]
        self.count["torn files"] += len(content) != row["fileSize"] or sha256(content).hexdigest() != digest
        self._compared.add(name)


@contextmanager
def _run(module: str, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Run a module in a process of its own, and end it."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _read_line(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"The process ended early: {process.communicate()[1]}")
    return line


def run(kills: int, seed: int) -> dict[str, int]:
    """Run the kills, and return the figures."""
    with TemporaryDirectory() as folder, Kills(Path(folder), seed) as rounds:
        for _ in range(kills):
            rounds.run_round()
    return dict(rounds.count)


def find_missed(figures: dict[str, int]) -> set[str]:
    """Return the figures that should be 0 and are more."""
    return {name for name, figure in figures.items() if name not in _WITHOUT_LIMIT and figure > 0}


def main() -> int:
    """Run the kills and print the figures; the status is 1 if one is missed."""
    numbers = [int(text) for text in sys.argv[1:]]
    figures = run(*(numbers + [KILLS, SEED][len(numbers) :]))
    for name, figure in figures.items():
        print(f"{name:<32} {figure:>10,}")
    return int(bool(find_missed(figures)))


if __name__ == "__main__":
    sys.exit(main())
