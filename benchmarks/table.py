"""The table: what was measured, the figure, the budget, and whether it is kept."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
NOTES = """\
Slider steps: the first repaint is the browser's alone. The exact one also takes a question to the kernel and back, past
the Jupyter server, and a second repaint, and each waits for a share of the cores. Traced step by step, the exact
picture came after 20 to 33 ms (the first after 6 to 12) at a load of 3 on two cores, and after 50 to 120 ms (10 to 40)
at a load of 8: these ratios tell of the load, too.

VegaFusion computes on all cores. A step of its chart took 0.2 to 0.4 s while they were idle and 1.7 s while they were
not, ours 18 to 37 ms, most of it Vega's own drawing: 8 to 46 times as long, where the budget was set at 33 to 60.
"""
_HEAD = ("what", "figure", "budget", "verdict")


@dataclass(frozen=True)
class Row:
    """One line; `kept` is ``None`` where there is no budget, or nothing could be measured."""

    what: str
    figure: str
    budget: str
    kept: bool | None

    def cells(self) -> tuple[str, ...]:
        """Give the texts of the line."""
        unknown = "no budget" if self.budget == "-" else "not measured"
        verdict = {True: "kept", False: "MISSED", None: unknown}[self.kept]
        return self.what, self.figure, self.budget, verdict


def text(cells: list[tuple[str, ...]]) -> str:
    """Write the table as aligned Markdown."""
    lines = [_HEAD, *cells]
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


def known() -> dict[str, tuple[str, ...]]:
    """Read the lines that RESULTS.md has, by what they measure."""
    lines = [line.strip("| ").split("|") for line in RESULTS.read_text().splitlines() if line.startswith("| ")]
    cells = (tuple(cell.strip() for cell in line) for line in lines[1:])
    return {line[0]: line for line in cells}


def write(rows: list[Row], *, whole: bool) -> None:
    """Print the table, and keep it in RESULTS.md; what only some topics give replaces their lines there."""
    cells = [row.cells() for row in rows]
    kept = cells if whole else [*(known() | {line[0]: line for line in cells}).values()]
    RESULTS.write_text(
        "# Results\n\nWritten by `make bench`. Ratios are medians of interleaved runs on one machine; cores that are "
        f"shared make single figures wobble.\n\nMachine: {machine()}.\n\n{text(kept)}\n\n{NOTES}"
    )
    print(text(cells))
