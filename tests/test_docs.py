"""Tests of the README and of the pages in docs/."""

import importlib
import re
import subprocess
import tomllib
from functools import cache
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


def _link_targets(page: Path) -> set[Path]:
    return {target for target, _ in _links(page)}


def _anchors(page: Path) -> set[str]:
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    named = re.findall(r'<a id="(.+?)">', text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(named)


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_have_targets(page: Path) -> None:
    assert not [target for target in _link_targets(page) if not target.exists()]
    assert not [(target, anchor) for target, anchor in _links(page) if anchor and anchor not in _anchors(target)]


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs/README.md"
    assert index in _link_targets(ROOT / "README.md")
    assert ROOT / "docs/architecture.md" in _link_targets(ROOT / "CONTRIBUTING.md")
    assert set(index.parent.glob("*.md")) - {index} <= _link_targets(index)


def test_every_folder_of_the_hub_is_on_its_page() -> None:
    hub = ROOT / "imodels_hub"
    folders = {f"`{file.parent.name}/`" for file in hub.glob("*/__init__.py")}
    assert folders <= set(re.findall(r"`\w+/`", (hub / "README.md").read_text("utf-8")))


def test_tests_named_on_a_page_exist() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    paths = set(re.findall(r"`(tests/[\w/.]+)`", text))
    names = set(re.findall(r"`(test_\w+\.py)`", text))
    assert len(paths) > 10
    assert not [path for path in paths if not (ROOT / path).exists()]
    assert names <= {path.name for path in (ROOT / "tests").rglob("test_*.py")}


@cache
def _list_files() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


@cache
def _read_words() -> set[str]:
    """Read the words of the code and of the file names."""
    code = re.compile(r".*\.(?:py|pyi|js|ts|css|toml|ipynb|sh)|Makefile|binder/.*")
    texts = [(ROOT / name).read_text("utf-8") for name in _list_files() if code.fullmatch(name)]
    return {word for text in (*texts, *_list_files()) for word in re.findall(r"\w+", text)}


def _find_code(page: Path) -> list[str]:
    return re.findall("`([^`\n]+)`", re.sub(r"(?ms)^```.*?^```", "", page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_on_a_page_exist(page: Path) -> None:
    suffixes = r"[\w./*-]+\.(?:py|pyi|js|d\.ts|css|toml|md|ipynb|sh|json|txt)\b"
    named = {name for code in _find_code(page) for name in re.findall(suffixes, code)}
    assert not [name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in _list_files())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_on_a_page_are_in_the_code(page: Path) -> None:
    named = {name for code in _find_code(page) if "…" not in code for name in re.findall(r"\b[A-Za-z_]\w{2,}", code)}
    assert not named - _read_words()


def test_names_of_the_map_are_in_the_files_beside_them() -> None:
    pairs = re.findall(r"`(\w+)`\s\(`([\w/.]+\.\w+)`\)", (ROOT / "docs/architecture.md").read_text("utf-8"))
    sources = {
        (name, file): [(ROOT / found).read_text("utf-8") for found in _list_files() if found.endswith(f"/{file}")]
        for name, file in pairs
    }
    assert len(sources) > 20
    assert not [
        pair
        for pair, texts in sources.items()
        if not any(re.search(rf"(def|class|function) {pair[0]}\b", text) for text in texts)
    ]


def test_pictures_of_the_readme_exist_and_are_small() -> None:
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', (ROOT / "README.md").read_text("utf-8"))
    assert shown == ["docs/pictures/slider-dark.gif", "docs/pictures/slider-light.gif"]
    assert all((ROOT / picture).stat().st_size < 1_000_000 for picture in shown)


def test_the_binder_button_is_that_of_the_address_in_pyproject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    links = importlib.import_module("repository_links")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    button = links.build_button(project.get("urls", {}).get("Repository"), project["version"])
    example = links.build_button("https://github.com/ada/bridge.git", "1.2.3")
    assert "(https://mybinder.org/v2/gh/ada/bridge/v1.2.3?urlpath=lab/tree/notebooks/01-quickstart.ipynb)" in example
    for name in links.PAGES:
        page = (ROOT / name).read_text("utf-8")
        assert page == links.replace_button(page, button)
        assert links.replace_button(page, example).count("mybinder.org/v2") == 1
    with pytest.raises(ValueError, match="OWNER/REPOSITORY"):
        links.build_button("https://example.com", "1.2.3")


def test_the_readme_starts_with_make_demo_and_make_test() -> None:
    top = (ROOT / "README.md").read_text("utf-8").partition("\n## ")[0]
    assert "make demo" in top
    assert "make test" in top


def test_every_example_of_the_readme_runs() -> None:
    fences = re.findall(r"^```(\w*)", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    assert set(fences) <= {"python", "sh", "powershell", ""}  # Sybil runs the first kind, and nothing else
