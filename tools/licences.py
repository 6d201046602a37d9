"""Print under which licences the pinned distributions of a file may be used, as they say themselves."""

import sys
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path


def main(pins: Path) -> None:
    """Print a table in Markdown, a licence a row.

    Parameters
    ----------
    pins
        Lines of ``name==version``.
    """
    under = defaultdict(list)
    for line in pins.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            under[licence(line.partition("==")[0])].append(line.partition("==")[0])
    print("| licence | distributions |", "|---|---|", sep="\n")
    for name, distributions in sorted(under.items(), key=lambda item: (-len(item[1]), item[0])):
        print(f"| {name} | {', '.join(distributions)} |")


def licence(distribution: str) -> str:
    """Return the licence of an installed distribution: its expression, else its classifiers, else its own words.

    Parameters
    ----------
    distribution
        Name of it.
    """
    try:
        said = metadata(distribution)
    except PackageNotFoundError:
        return "not installed here"  # some are for other systems only
    if expression := said.get("License-Expression"):
        return expression
    classes = [each.split(" :: ") for each in said.get_all("Classifier", [])]
    words = (said.get("License") or "not said").splitlines()[0]
    return ", ".join(names[-1] for names in classes if names[0] == "License") or words


if __name__ == "__main__":
    main(Path(sys.argv[1]))
