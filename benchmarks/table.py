"""The table: what was measured, the figure, the budget, and whether it is kept."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = ("what", "figure", "budget", "verdict")


@dataclass(frozen=True)
class Row:
    """One line; `kept` is ``None`` where nothing could be measured."""

    what: str
    figure: str
    budget: str
    kept: bool | None

    def cells(self) -> tuple[str, ...]:
        """Give the texts of the line."""
        verdict = {True: "kept", False: "MISSED", None: "not measured"}[self.kept]
        return self.what, self.figure, self.budget, verdict


def text(rows: list[Row]) -> str:
    """Write the table as aligned Markdown."""
    lines = [_HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([padded[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *padded[1:]])


def machine() -> str:
    """Tell the size of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}; "
        f"load at the end {load:.1f}"
    )


def write(rows: list[Row]) -> None:
    """Print the table, and keep it in RESULTS.md."""
    RESULTS.write_text(
        "# Results\n\nWritten by `make bench`. Ratios are medians of interleaved runs on one machine; cores that are "
        f"shared make single figures wobble.\n\nMachine: {machine()}.\n\n{text(rows)}\n"
    )
    print(text(rows))
