"""Print what an environment has beyond a list of pins, each distribution with its size on the disk."""

import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

_LARGE = 1_000_000  # bytes; the rest is one line


def main(base: Path) -> None:
    """Print a table in Markdown.

    Parameters
    ----------
    base
        What was there before, as pip freeze has it.
    """
    had = set(base.read_text("utf-8").split())
    added = {f"{each.name}=={each.version}": _size(each) for each in distributions()}
    sizes = {pin: size for pin, size in added.items() if pin not in had and not pin.startswith("pip==")}
    large = {pin: size for pin, size in sizes.items() if size >= _LARGE}
    print("| distribution | MB |", "|---|---|", sep="\n")
    for pin, size in sorted(large.items(), key=lambda item: -item[1]):
        print(f"| {pin.replace('==', ' ')} | {size / 1e6:.1f} |")
    print(f"| {len(sizes) - len(large)} smaller ones | {(sum(sizes.values()) - sum(large.values())) / 1e6:.1f} |")
    print(f"| together | {sum(sizes.values()) / 1e6:.1f} |")


def _size(distribution: Distribution) -> int:
    files = [Path(str(file.locate())) for file in distribution.files or []]
    return sum(file.stat().st_size for file in files if file.is_file())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
