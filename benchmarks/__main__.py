"""The command ``python -m benchmarks [topic ...]``, which writes RESULTS.md."""

import importlib
import sys

from benchmarks.table import write

TOPICS = ("fetching", "decoding", "changes", "imports", "charts")


def main() -> int:
    """Run the topics of the command line, or all."""
    topics = [importlib.import_module(f"benchmarks.{topic}") for topic in sys.argv[1:] or TOPICS]
    rows = [row for topic in topics for row in topic.measure()]
    write(rows, whole=not sys.argv[1:])
    return int(any(row.is_within_budget is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
