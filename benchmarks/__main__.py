"""``python -m benchmarks [topic ...]``: measure, print the table, write RESULTS.md or the topics' lines of it."""

import importlib
import sys

from benchmarks.table import write

TOPICS = ("fetching", "decoding", "imports", "sample_hub", "insights", "report", "charts")


def main() -> int:
    """Measure the topics named on the command line, or all."""
    topics = [importlib.import_module(f"benchmarks.{topic}") for topic in sys.argv[1:] or TOPICS]
    rows = [row for topic in topics for row in topic.measure()]
    write(rows, whole=not sys.argv[1:])
    return int(any(row.kept is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
