"""Comparison of the wheel and the sdist in dist/ with the checkout."""

import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = {"imodels_nb": "imodels_nb", "imodels_hub": "imodels_hub", "notebooks": "imodels_nb/notebooks"}
PACKAGE = {
    f"{target}/{path.relative_to(ROOT / source).as_posix()}"
    for source, target in FOLDERS.items()
    for path in (ROOT / source).rglob("*")
    if path.is_file() and ".ipynb_checkpoints" not in path.parts
}
IN_SDIST = ("tests/", "docs/", "notebooks/", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml")


def main() -> None:
    """Check wheel and sdist, and end with status 1 if one is wrong."""
    faults = [*check_wheel(find_file("*.whl")), *check_sdist(find_file("*.tar.gz"))]
    if faults:
        sys.exit("\n".join(faults))
    print("dist: the wheel contains the package and nothing else, the sdist also its tests")


def find_file(pattern: str) -> Path:
    """Return the only file of a pattern."""
    (path,) = (ROOT / "dist").glob(pattern)
    return path


def check_wheel(path: Path) -> list[str]:
    """Check the files of the wheel, and its metadata."""
    with zipfile.ZipFile(path) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        facts = message_from_bytes(wheel.read(metadata))
    expected = {name for name in PACKAGE if "__pycache__" not in name}
    return [
        *(f"wheel: {name} is missing" for name in sorted(expected - names)),
        *(f"wheel: {name} does not belong there" for name in sorted(names - expected)),
        *check_metadata(facts),
    ]


def check_metadata(facts: Message) -> list[str]:
    """Check that the fields that an index shows are there."""
    fields = ("License-Expression", "License-File", "Requires-Python", "Keywords", "Summary")
    missing = [f"metadata: no {field}" for field in fields if not facts[field]]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    described = facts.get_payload(decode=True).decode().strip() == readme.strip()  # type: ignore[union-attr] # not multipart
    return missing if described else [*missing, "metadata: the description is not the README"]


def check_sdist(path: Path) -> list[str]:
    """Check that the sdist can run the tests, and contains nothing that was built."""
    with tarfile.open(path) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    missing = [part for part in IN_SDIST if not any(name.startswith(part) for name in names)]
    built = [name for name in names if name.startswith(("build/", "dist/", ".venv/", ".ci/"))]
    return [*(f"sdist: {part} is missing" for part in missing), *(f"sdist: {name} was built" for name in built)]


if __name__ == "__main__":
    main()
