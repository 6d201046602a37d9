"""What importing the package costs, beside its third parties."""

import os
import statistics
import subprocess
import sys
import time

from benchmarks.table import Row

ROUNDS = 7
MOST = 1.15
THIRD_PARTIES = (  # in the order in which ours come: a large grammar among them takes longer, the more there is already
    "import msal, msal_extensions, platformdirs, requests, numpy, pandas, pyarrow.json, pyarrow.parquet, "
    "tornado.web, tqdm.auto, ipywidgets, anywidget, vl_convert, altair"
)
EVERY_NAME = "from imodels_nb import *"


def measure() -> list[Row]:
    """Measure all of this topic."""
    _seconds(EVERY_NAME)  # compiles what is new
    times = [(_seconds(EVERY_NAME), _seconds(THIRD_PARTIES), _seconds("import imodels_nb")) for _ in range(ROUNDS)]
    every, theirs, alone = (statistics.median(column) for column in zip(*times, strict=True))
    return [
        Row(
            "import imodels_nb, against importing its third parties",
            f"{alone / theirs:.2f} x of {theirs:.2f} s",
            f"≤ {MOST} x",
            alone <= MOST * theirs,
        ),
        Row("the same with every public name used, and what is behind them", f"{every / theirs:.2f} x", "-", None),
    ]


def _seconds(statement: str) -> float:
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], env=compiled, check=True)
    return time.perf_counter() - began
