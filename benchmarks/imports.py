"""Time of importing the package, against its third-party packages."""

import os
import statistics
import subprocess
import sys
import time

from benchmarks.table import Row

ROUNDS = 7
MAX_RATIO = 1.15
THIRD_PARTIES = (  # in the order of our imports, because the time of altair depends on what was imported before
    "import msal, msal_extensions, platformdirs, requests, numpy, pandas, pyarrow.json, pyarrow.parquet, "
    "tornado.web, tqdm.auto, ipywidgets, anywidget, vl_convert, altair"
)
EVERY_NAME = "from imodels_nb import *"


def measure() -> list[Row]:
    """Return the rows of this topic."""
    _time_import(EVERY_NAME)  # compiles new modules
    times = [
        (_time_import(EVERY_NAME), _time_import(THIRD_PARTIES), _time_import("import imodels_nb"))
        for _ in range(ROUNDS)
    ]
    every, theirs, alone = (statistics.median(column) for column in zip(*times, strict=True))
    return [
        Row(
            "import imodels_nb, against its third-party packages",
            f"{alone / theirs:.2f} x of {theirs:.2f} s",
            f"≤ {MAX_RATIO} x",
            alone <= MAX_RATIO * theirs,
        ),
        Row("import of every public name, against the same", f"{every / theirs:.2f} x", "-", None),
    ]


def _time_import(statement: str) -> float:
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], env=compiled, check=True)
    return time.perf_counter() - began
