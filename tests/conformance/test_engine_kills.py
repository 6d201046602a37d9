"""Kills of the vendor's engine and its hub during pushes, ``ENGINE_KILLS`` in all."""

import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from helpers.hub_requests import ask

from imodels_nb import IModelsClient, download_changesets, fetch_changesets, verify_files
from imodels_nb.auth import StaticTokenCredential

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "build" / "engine"
KILLS = int(os.environ.get("ENGINE_KILLS", "3"))
TOKEN = "of-the-kills"
LONGEST_RUN = 2  # seconds from the open briefcase to the kill

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(60 * (KILLS + 2))]


@contextmanager
def run(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return json.loads(line)


def test_kills_lose_no_changeset_of_the_engine(tmp_path: Path) -> None:
    if not (MODULES / "node_modules").is_dir():
        pytest.skip("NOT CHECKED WITH THE ENGINE: npm could not fetch it into build/engine.")
    dice, counts = random.Random(KILLS), Counter[str]()
    options = ("--changesets", "5", "--token", TOKEN, "--ledger-file", str(tmp_path / "hub.sqlite"))
    command = (sys.executable, "-m", "imodels_nb.sample", *options)
    confirmed: list[str] = []
    imodel_id = ""
    with ExitStack() as running:
        hub = running.enter_context(run(*command))
        address = read_line(hub)
        for number in range(KILLS):
            arguments = (str(MODULES), str(tmp_path / f"{number}"), json.dumps({**address, "imodel_id": imodel_id}))
            with run("node", str(HERE / "pushing_engine.cjs"), *arguments) as engine:
                imodel_id = read_line(engine)["imodel_id"]
                briefcase = read_line(engine)["briefcase"]
                time.sleep(dice.uniform(0, LONGEST_RUN))
                victim = dice.choice(["hub", "engine"])
                (hub if victim == "hub" else engine).send_signal(signal.SIGKILL)
                engine.kill()  # without its hub, it would try again for a while
                output, _ = engine.communicate()
            counts[victim] += 1
            confirmed += [json.loads(line)["id"] for line in output.splitlines() if line.endswith("}")]
            if victim == "hub":
                hub.communicate()
                hub = running.enter_context(run(*command))
                address = read_line(hub)
            compare(address["base_url"], imodel_id, confirmed, tmp_path / "files")
            url = f"{address['base_url']}/imodels/{imodel_id}/briefcases/{briefcase}"
            assert ask(url, "DELETE", Authorization=f"Bearer {TOKEN}").status == 204
            logging.getLogger(__name__).info("kills %s, changesets %d", dict(counts), len(confirmed))
    assert sum(counts.values()) == KILLS


def compare(base_url: str, imodel_id: str, confirmed: list[str], folder: Path) -> None:
    """Check that all pushes of the engine are stored, complete and in one chain."""
    with IModelsClient(StaticTokenCredential(TOKEN), base_url=base_url) as client:
        changesets = fetch_changesets(client, imodel_id)
        uploaded = changesets[changesets["state"] == "fileUploaded"]
        assert set(confirmed) <= set(uploaded["id"])
        assert len(changesets) - len(uploaded) <= 1
        if len(uploaded):
            download_changesets(client, imodel_id, uploaded, folder)
            assert verify_files(uploaded, folder)["matches"].all()
