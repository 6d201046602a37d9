"""The pages of ``make docs``, without the API reference."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def docs_pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("docs_pages")


def test_links_between_pages_work_and_a_dead_one_is_reported(docs_pages: ModuleType, tmp_path: Path) -> None:
    pages = docs_pages.build_site(tmp_path)
    reference = tmp_path / docs_pages.API_FOLDER / "imodels_nb.html"
    reference.parent.mkdir()
    reference.touch()
    assert docs_pages.find_dead_links(tmp_path, pages) == []
    home = (tmp_path / "index.html").read_text("utf-8")
    assert 'href="docs/glossary.html#imodel"' in home
    assert 'href="notebooks/01-quickstart.html"' in home
    assert "https://" not in (tmp_path / "style.css").read_text("utf-8")  # needs no internet
    (tmp_path / "docs/glossary.html").write_text('<a href="nowhere.html">x</a><a href="../index.html#nowhere">y</a>')
    dead = docs_pages.find_dead_links(tmp_path, pages)
    assert {"docs/glossary.html: nowhere.html", "docs/glossary.html: ../index.html#nowhere"} < set(dead)


def test_every_page_is_in_the_navigation(docs_pages: ModuleType) -> None:
    pages = {page.source: page for page in docs_pages.list_pages()}
    listed = [page.source for _, links in docs_pages.list_sections(pages) for page in links]
    assert sorted(listed) == sorted(pages)
    assert {path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/*.ipynb")} <= set(listed)


def test_a_notebook_that_was_run_shows_its_outputs(docs_pages: ModuleType, tmp_path: Path) -> None:
    source = "notebooks/01-quickstart.ipynb"
    notebook = json.loads((ROOT / source).read_text("utf-8"))
    outputs = [
        {"output_type": "stream", "text": ["\x1b[1m<fetched>\x1b[0m"]},
        {
            "output_type": "display_data",
            "data": {"text/plain": "chart", "text/html": "<b class=imodels-nb-chart>7</b>"},
        },
    ]
    next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")["outputs"] = outputs
    docs_pages.build_site(tmp_path, {source: notebook}, "<script>start()</script>")
    page = (tmp_path / "notebooks/01-quickstart.html").read_text("utf-8")
    assert "<pre>&lt;fetched&gt;</pre>" in page
    assert "<b class=imodels-nb-chart>7</b>" in page
    assert "<script>start()</script>" in page
    assert "<script>start()</script>" not in (tmp_path / "index.html").read_text("utf-8")
