"""The table of figures, budgets and verdicts."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
NOTES = """\
Slider steps: the browser makes the first repaint alone. The exact repaint also needs a message to the kernel and back
through the Jupyter server, and each part waits for a core. With a load of 3 on two cores, the exact picture came after
20 to 33 ms (the first after 6 to 12). With a load of 8 it came after 50 to 120 ms (10 to 40). So these ratios depend on
the load.

VegaFusion computes on all cores. A step of its chart took 0.2 to 0.4 s on idle cores and 1.7 s on busy ones. A step of
ours took 18 to 37 ms, most of it drawing in Vega.
"""
_HEAD = ("what", "figure", "budget", "verdict")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `is_within_budget` is ``None`` without a budget, or if nothing could be measured.
    """

    what: str
    figure: str
    budget: str
    is_within_budget: bool | None

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the line."""
        unknown = "no budget" if self.budget == "-" else "not measured"
        verdict = {True: "kept", False: "MISSED", None: unknown}[self.is_within_budget]
        return self.what, self.figure, self.budget, verdict


def format_table(cells: list[tuple[str, ...]]) -> str:
    """Format the table as aligned Markdown."""
    lines = [_HEAD, *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([padded[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *padded[1:]])


def describe_machine() -> str:
    """Return the size of this machine and its load."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}; "
        f"load at the end {load:.1f}"
    )


def read_results() -> dict[str, tuple[str, ...]]:
    """Read the lines of RESULTS.md, by their first cell."""
    lines = [line.strip("| ").split("|") for line in RESULTS.read_text().splitlines() if line.startswith("| ")]
    cells = (tuple(cell.strip() for cell in line) for line in lines[1:])
    return {line[0]: line for line in cells}


def write(rows: list[Row], *, whole: bool) -> None:
    """Write the table to RESULTS.md and print it.

    If only some topics were measured, their lines replace those in the file.
    """
    cells = [row.cells() for row in rows]
    lines = cells if whole else [*(read_results() | {line[0]: line for line in cells}).values()]
    RESULTS.write_text(
        "# Results\n\nWritten by `make bench`. Ratios are medians of interleaved runs on one machine. On shared cores, "
        f"single figures vary.\n\nMachine: {describe_machine()}.\n\n{format_table(lines)}\n\n{NOTES}"
    )
    print(format_table(cells))
