"""Pages of the documentation: README, docs/, notebooks and the rest, as HTML."""

import html
import json
import os
import re
import shutil
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jinja2
import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.util import ClassNotFound

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).with_name("docs_template")
INDEX = "docs/README.md"  # lists the pages for users and for developers, in order
PROJECT = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md", "imodels_hub/README.md", "LICENSE")
API_FOLDER = "api"  # of pages that pdoc writes
_ROW = re.compile(r"^\| \[.*?\]\((.*?)\)", re.MULTILINE)  # of the index
_LINK = re.compile(r'\s(?:href|src|srcset)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]+)"')
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Parameters
    ----------
    source
        Path of its source in the repository, with slashes.
    title
        Its first heading.
    """

    source: str
    title: str

    @property
    def target(self) -> str:
        """Path of the page in the site; that of the README is the first one."""
        if self.source == "README.md":
            return "index.html"
        path = Path(self.source)
        return path.with_name("index.html" if path.name == "README.md" else f"{path.stem}.html").as_posix()


class Renderer(mistune.HTMLRenderer):
    """HTML of a page, whose links lead to pages.

    Parameters
    ----------
    page
        The page.
    pages
        All pages by source.
    repository
        Address of the repository for links to other files, or "".
    """

    def __init__(self, page: Page, pages: dict[str, Page], repository: str) -> None:
        super().__init__(escape=False)
        self._page, self._pages, self._repository = page, pages, repository

    def heading(self, text: str, level: int, **_attributes: object) -> str:
        """Return a heading with the id that GitHub gives it."""
        plain = html.unescape(re.sub("<[^>]+>", "", text))
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        return f'<h{level} id="{slug}">{text}</h{level}>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        """Return code in color."""
        return render_code(code, info or "")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link to a page, to a file of the repository, or its text alone."""
        address = self._resolve(url)
        return super().link(text, address, title) if address else text

    def _resolve(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme or not parts.path:
            return url
        folder = Path(self._page.source).parent
        path = Path(os.path.normpath(folder / unquote(parts.path))).as_posix()
        if path == "notebooks":
            path = next(source for source in self._pages if source.startswith("notebooks/"))
        if path in self._pages:
            anchor = f"#{parts.fragment}" if parts.fragment else ""
            return find_relative(self._page.target, self._pages[path].target) + anchor
        return f"{self._repository}/{path}" if self._repository else ""


def build_site(target: Path, notebooks: dict[str, dict] | None = None, script: str = "") -> list[Page]:
    """Write all pages, and return them.

    Parameters
    ----------
    target
        Folder of the site.
    notebooks
        Notebooks with outputs by source; those of the repository, without outputs, by default.
    script
        HTML for the end of a page with charts.
    """
    pages = {page.source: page for page in list_pages()}
    sections = list_sections(pages)
    repository = find_repository()
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    template = environment.get_template("page.html.jinja2")
    for page in pages.values():
        file = target / page.target
        file.parent.mkdir(parents=True, exist_ok=True)
        renderer = Renderer(page, pages, repository)
        body = render_page(page, renderer, (notebooks or {}).get(page.source))
        links = [(name, [build_link(page, other) for other in listed]) for name, listed in sections]
        text = template.render(
            page=page,
            body=body,
            sections=links,
            style=find_relative(page.target, "style.css"),
            api=find_relative(page.target, f"{API_FOLDER}/imodels_nb.html"),
            script=script if "imodels-nb-chart" in body else "",
        )
        file.write_text(text, encoding="utf-8")
    copy_files(target)
    return list(pages.values())


def list_pages() -> list[Page]:
    """Return all pages, in the order of the index."""
    text = (ROOT / INDEX).read_text("utf-8")
    listed = [os.path.normpath(f"docs/{link}") for link in _ROW.findall(text)]
    notebooks = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    return [Page(source, read_title(source)) for source in ("README.md", INDEX, *listed, *notebooks, *PROJECT)]


def list_sections(pages: dict[str, Page]) -> list[tuple[str, list[Page]]]:
    """Return the sections of the navigation: those of the index, and ours."""
    text = (ROOT / INDEX).read_text("utf-8")
    sections = [("", [pages["README.md"], pages[INDEX]])]
    for heading, rows in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL):
        sections.append((heading, [pages[os.path.normpath(f"docs/{link}")] for link in _ROW.findall(rows)]))
    notebooks = ("Notebooks", [page for source, page in pages.items() if source.endswith(".ipynb")])
    project = ("Project", [pages[source] for source in PROJECT])
    return [sections[0], notebooks, *sections[1:], project]


def read_title(source: str) -> str:
    """Read the first heading of a page or a notebook."""
    text = (ROOT / source).read_text("utf-8")
    if source.endswith(".ipynb"):
        text = "".join(json.loads(text)["cells"][0]["source"])
    heading = re.search(r"^# (.+)$", text, flags=re.MULTILINE)
    return heading[1] if heading else source


def find_repository() -> str:
    """Return the address of the files of this version, or "" without a repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    address = project.get("urls", {}).get("Repository", "")
    return f"{address.removesuffix('.git')}/blob/v{project['version']}" if address else ""


def find_relative(source: str, target: str) -> str:
    """Return the link from a page to another one."""
    return Path(os.path.relpath(target, Path(source).parent)).as_posix()


def build_link(page: Page, other: Page) -> tuple[str, str, bool]:
    """Return text and address of a link, and whether it leads to the page itself."""
    return other.title, find_relative(page.target, other.target), page is other


def render_page(page: Page, renderer: Renderer, notebook: dict | None) -> str:
    """Return the HTML of a page, a notebook or a plain text."""
    markdown = mistune.create_markdown(renderer=renderer, plugins=["table", "strikethrough"])
    text = (ROOT / page.source).read_text("utf-8")
    if page.source.endswith(".ipynb"):
        cells = (notebook or json.loads(text))["cells"]
        download = f'<p class="download"><a href="{Path(page.source).name}" download>Download this notebook</a></p>'
        return download + "".join(render_cell(cell, markdown) for cell in cells)
    return str(markdown(text)) if page.source.endswith(".md") else f"<pre>{html.escape(text)}</pre>"


def render_cell(cell: dict, markdown: mistune.Markdown) -> str:
    """Return the HTML of a cell with its outputs."""
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        return str(markdown(source))
    outputs = "".join(f'<div class="output">{shown}</div>' for shown in map(render_output, cell["outputs"]) if shown)
    return render_code(source, "python") + outputs


def render_output(output: dict) -> str:
    """Return the HTML of an output in its richest form."""
    data = {mime: "".join(part) for mime, part in output.get("data", {}).items() if isinstance(part, str | list)}
    for mime in ("text/html", "image/svg+xml"):
        if mime in data:
            return data[mime]
    if "image/png" in data:
        return f'<img alt="Output of the cell" src="data:image/png;base64,{data["image/png"]}">'
    text = data.get("text/plain") or "".join(output.get("text", ""))
    return f"<pre>{html.escape(_ANSI.sub('', text))}</pre>" if text.strip() else ""


def render_code(code: str, language: str) -> str:
    """Return code in color, as text if the language is not known."""
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = TextLexer()
    return str(highlight(code, lexer, HtmlFormatter(cssclass="code")))


def copy_files(target: Path) -> None:
    """Write the style, the pictures, and the notebooks to download."""
    dark = HtmlFormatter(style="github-dark", cssclass="code").get_style_defs()
    light = HtmlFormatter(style="default", cssclass="code").get_style_defs()
    style = (TEMPLATES / "style.css").read_text("utf-8")
    text = f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{style}"
    (target / "style.css").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs/pictures", target / "docs/pictures", dirs_exist_ok=True)
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copyfile(notebook, target / "notebooks" / notebook.name)


def find_dead_links(target: Path, pages: Iterable[Page]) -> list[str]:
    """Return the links of the pages that lead to no file, or to no place in it."""
    texts = {page.target: (target / page.target).read_text("utf-8") for page in pages}
    ids = {name: set(_ID.findall(text)) for name, text in texts.items()}
    dead = []
    for name, text in texts.items():
        for link in _LINK.findall(text):
            parts = urlsplit(html.unescape(link))
            if parts.scheme:
                continue
            path = os.path.normpath(Path(name).parent / unquote(parts.path)) if parts.path else name
            is_dead = not (target / path).is_file()
            if is_dead or (parts.fragment and path in ids and parts.fragment not in ids[path]):
                dead.append(f"{name}: {link}")
    return dead
