"""The licenses of pinned distributions, from their own metadata."""

import sys
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path


def main(pins: Path) -> None:
    """Write a table in Markdown, with one row for each license.

    Parameters
    ----------
    pins
        Lines of ``name==version``.
    """
    under = defaultdict(list)
    for line in pins.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            under[find_license(line.partition("==")[0])].append(line.partition("==")[0])
    print("| license | distributions |", "|---|---|", sep="\n")
    for name, distributions in sorted(under.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"| {name} | {', '.join(distributions)} |")


def find_license(distribution: str) -> str:
    """Return the license of a distribution: its expression, classifiers or text.

    Parameters
    ----------
    distribution
        Its name.
    """
    try:
        fields = metadata(distribution)
    except PackageNotFoundError:
        return "not installed here"  # some are for other systems only
    if expression := fields.get("License-Expression"):
        return expression
    classes = [classifier.split(" :: ") for classifier in fields.get_all("Classifier", [])]
    words = (fields.get("License") or "not stated").splitlines()[0]
    return ", ".join(names[-1] for names in classes if names[0] == "License") or words


if __name__ == "__main__":
    main(Path(sys.argv[1]))
