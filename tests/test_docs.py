"""Tests of the README and of the pages in docs/."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks/RESULTS.md"]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_the_map_shows_the_layers_of_import_linter() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in settings if contract["name"] == "Layers of imodels_nb")
    drawn = (ROOT / "docs/architecture.md").read_text("utf-8").split("## Layers")[1].split("## Third-party")[0]
    rows = re.findall(r"^\| (`.+?`) \|", drawn, flags=re.MULTILINE)
    assert [row.replace("`", "").replace(" · ", " | ") for row in rows] == layers


def test_the_map_shows_who_may_import_third_party_packages() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    contracts = {
        (frozenset(contract["protected_modules"]), frozenset(contract["allowed_importers"]))
        for contract in settings
        if contract["type"] == "protected" and contract["protected_modules"] != ["imodels_hub"]
    }
    section = (ROOT / "docs/architecture.md").read_text("utf-8").split("## Third-party")[1].split("\n## ")[0]
    lines = [line.split("|")[1:3] for line in section.splitlines() if re.match("\\|.+`", line)]
    rows = [[re.findall("`(.+?)`", cell) for cell in cells] for cells in lines]
    named = {
        (frozenset(packages), frozenset(name if name == "imodels_hub" else f"imodels_nb.{name}" for name in importers))
        for packages, importers in rows
    }
    assert named == contracts


def test_every_package_has_a_contract_for_its_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    exhaustive = [contract for contract in settings if contract["type"] == "layers" and contract["exhaustive"]]
    packages = {package for contract in exhaustive for package in contract["containers"]}
    folders = [file.parent for source in ("imodels_nb", "imodels_hub") for file in (ROOT / source).rglob("__init__.py")]
    large = [folder for folder in folders if len([*folder.glob("*.py"), *folder.glob("*/__init__.py")]) > 4]
    assert {".".join(folder.relative_to(ROOT).parts) for folder in large} <= packages


def _links(page: Path) -> list[tuple[Path, str]]:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text("utf-8"))
    return [((page.parent / target).resolve() if target else page, anchor) for target, anchor in links]


def _linked(page: Path) -> set[Path]:
    return {target for target, _ in _links(page)}


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda page: page.name)
def test_links_have_targets(page: Path) -> None:
    assert not [target for target in _linked(page) if not target.exists()]
    assert not [(target, anchor) for target, anchor in _links(page) if anchor and anchor not in _anchors(target)]


def test_every_page_is_on_the_map() -> None:
    map_of_all = ROOT / "docs/architecture.md"
    assert map_of_all in _linked(ROOT / "CONTRIBUTING.md")
    assert set(map_of_all.parent.glob("*.md")) - {map_of_all} <= _linked(map_of_all)


def test_tests_named_on_a_page_exist() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    paths = set(re.findall(r"`(tests/[\w/.]+)`", text))
    names = set(re.findall(r"`(test_\w+\.py)`", text))
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]
    assert names <= {path.name for path in (ROOT / "tests").rglob("test_*.py")}


def test_pictures_of_the_readme_exist_and_are_small() -> None:
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', (ROOT / "README.md").read_text("utf-8"))
    assert shown == ["docs/pictures/slider-dark.gif", "docs/pictures/slider-light.gif"]
    assert all((ROOT / picture).stat().st_size < 1_000_000 for picture in shown)


def test_the_readme_starts_with_make_demo_and_make_test() -> None:
    top = (ROOT / "README.md").read_text("utf-8").partition("\n## ")[0]
    assert "make demo" in top
    assert "make test" in top


def test_every_example_of_the_readme_runs() -> None:
    fences = re.findall(r"^```(\w*)", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    assert set(fences) <= {"python", "sh", ""}  # Sybil runs the first kind, and nothing else
