"""Say what dist/ holds, and end with an error if it holds too much or too little."""

import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("imodels_nb", "imodels_hub")
PACKAGE = {
    path.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file()
}
IN_SDIST = ("tests/", "docs/", "notebooks/", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml")


def main() -> None:
    """Compare wheel and sdist with the checkout."""
    faults = [*wheel_faults(only("*.whl")), *sdist_faults(only("*.tar.gz"))]
    if faults:
        sys.exit("\n".join(faults))
    print("dist: the wheel holds the package and nothing else, the sdist what it takes to test it")


def only(pattern: str) -> Path:
    """Return the one file of its kind."""
    (path,) = (ROOT / "dist").glob(pattern)
    return path


def wheel_faults(path: Path) -> list[str]:
    """Hold the wheel against the package's folder, and its metadata against PEP 639."""
    with zipfile.ZipFile(path) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        facts = message_from_bytes(wheel.read(metadata))
    wanted = {name for name in PACKAGE if "__pycache__" not in name}
    return [
        *(f"wheel: {name} is missing" for name in sorted(wanted - names)),
        *(f"wheel: {name} does not belong there" for name in sorted(names - wanted)),
        *metadata_faults(facts),
    ]


def metadata_faults(facts: Message) -> list[str]:
    """Name the fields that a reader of the index would miss."""
    fields = ("License-Expression", "License-File", "Requires-Python", "Keywords", "Summary")
    missing = [f"metadata: no {field}" for field in fields if not facts[field]]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    described = facts.get_payload(decode=True).decode().strip() == readme.strip()  # type: ignore[union-attr] # not multipart
    return missing if described else [*missing, "metadata: the description is not the README"]


def sdist_faults(path: Path) -> list[str]:
    """Ask for what a packager needs to run the tests, and for nothing that was built."""
    with tarfile.open(path) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    missing = [part for part in IN_SDIST if not any(name.startswith(part) for name in names)]
    built = [name for name in names if name.startswith(("build/", "dist/", ".venv/", ".ci/"))]
    return [*(f"sdist: {part} is missing" for part in missing), *(f"sdist: {name} was built" for name in built)]


if __name__ == "__main__":
    main()
