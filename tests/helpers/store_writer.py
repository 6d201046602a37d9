"""Processes that keep a timeline bit by bit, to be killed at any moment."""

import json
import os
import random
import sys
from pathlib import Path

import pyarrow.parquet as pq

from imodels_nb import store

ORIGIN = "https://a.example"
IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"


def write(root: Path, file: Path) -> None:
    store._MAX_SEGMENTS = 3
    timeline, here = pq.read_table(file), store.ChangesetStore(root, ORIGIN, IMODEL)
    while (known := here.read().num_rows) < timeline.num_rows:
        here.append(timeline.slice(known, random.randint(1, 9)), after=known)


def fork(root: Path, file: Path) -> int:
    """Start a writer; forking saves the seconds of an import each."""
    child = os.fork()
    if child == 0:
        write(root, file)
        os._exit(0)
    return child


if __name__ == "__main__":
    writers = [fork(Path(sys.argv[1]), Path(sys.argv[2])) for _ in range(6)]
    sys.stdout.write(f"{json.dumps(writers)}\n")
    sys.stdout.flush()
    for writer in writers:
        os.waitpid(writer, 0)
