"""The documentation in build/docs: pages, notebooks and the API reference.

Run it as ``python -W error tools/docs.py``, so that a warning of pdoc is an error. With ``--execute``, the notebooks
are run, and their pages have outputs.
"""

import argparse
import shutil
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pdoc
from docs_pages import API_FOLDER, ROOT, build_site, find_dead_links
from pygments.formatters import HtmlFormatter

import imodels_nb
from imodels_nb.cli.demo import execute_notebook
from imodels_nb.engine import render_page_script

MODULES = ("aggregate", "charts", "errors", "sample")  # those that a user names, beside the package itself
TEMPLATE = Path(__file__).with_name("docs_template")
TARGET = ROOT / "build" / "docs"
REFERENCE = TARGET / API_FOLDER


def main() -> None:
    """Write all pages, and fail if a public name is missing or a link is dead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--execute", action="store_true", help="run the notebooks, and show their outputs")
    notebooks = execute_notebooks() if parser.parse_args().execute else {}
    shutil.rmtree(TARGET, ignore_errors=True)
    write_reference()
    pages = build_site(TARGET, notebooks, render_page_script() if notebooks else "")
    if dead := find_dead_links(TARGET, pages):
        sys.exit("These links lead nowhere:\n" + "\n".join(dead))
    print(f"{len(pages)} pages, and {len(imodels_nb.__all__)} public names: {TARGET / 'index.html'}")


def write_reference() -> None:
    """Write the API reference from the docstrings of the public names."""
    load_public_names()
    warnings.filterwarnings(
        "ignore", message=r"Error parsing type annotation .* for altair\."
    )  # a bug of altair's annotations
    pdoc.render.configure(
        docformat="numpy",
        show_source=False,
        template_directory=TEMPLATE,
        footer_text=f"imodels_nb {imodels_nb.__version__}",
    )
    dark = HtmlFormatter(style="github-dark", cssclass="pdoc-code").get_style_defs()
    pdoc.render.env.globals["dark_code"] = dark
    modules = rf"!imodels_nb\.(?!({'|'.join(MODULES)})$)"
    pdoc.pdoc("imodels_nb", "imodels_nb.errors", modules, output_directory=REFERENCE)
    page = (REFERENCE / "imodels_nb.html").read_text(encoding="utf-8")
    if missing := [name for name in imodels_nb.__all__ if not has_section(name, page)]:
        sys.exit(f"These public names are not in the reference: {', '.join(missing)}.")


def load_public_names() -> None:
    """Load every public name: pdoc reads the dictionary of the module, which is lazy."""
    vars(imodels_nb).update({name: getattr(imodels_nb, name) for name in imodels_nb.__all__})


def has_section(name: str, page: str) -> bool:
    """Return whether a name has its own section or page."""
    return f'id="{name}"' in page or (REFERENCE / "imodels_nb" / f"{name}.html").is_file()


def execute_notebooks() -> dict[str, Any]:
    """Run the notebooks on the sample, and return them by source."""
    import nbformat  # noqa: PLC0415 - only with --execute

    notebooks = {}
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(f"Running {file.name} ...", flush=True)
        with TemporaryDirectory() as folder:
            notebooks[file.relative_to(ROOT).as_posix()] = execute_notebook(nbformat.read(file, 4), Path(folder))
    return notebooks


if __name__ == "__main__":
    main()
