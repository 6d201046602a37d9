"""Write build/docs: the reference of the public names, from their docstrings.

What pdoc warns of ends the build: run as ``python -W error tools/docs.py``.
"""

import warnings
from pathlib import Path

import pdoc

import imodels_nb

PAGES = ("aggregate", "charts", "errors", "sample")  # the modules that a user names, beside the package itself
TEMPLATE = Path(__file__).with_name("docs_template")
TARGET = Path(__file__).parents[1] / "build" / "docs"


def main() -> None:
    """Write the pages, and fail if a public name has none."""
    load_public_names()
    warnings.filterwarnings("ignore", message=r"Error parsing type annotation .* for altair\.")  # not ours to mend
    pdoc.render.configure(
        docformat="numpy",
        show_source=False,
        template_directory=TEMPLATE,
        footer_text=f"imodels_nb {imodels_nb.__version__}",
    )
    pdoc.pdoc("imodels_nb", "imodels_nb.errors", rf"!imodels_nb\.(?!({'|'.join(PAGES)})$)", output_directory=TARGET)
    page = (TARGET / "imodels_nb.html").read_text(encoding="utf-8")
    if missing := [name for name in imodels_nb.__all__ if not documented(name, page)]:
        raise SystemExit(f"These public names are not in the reference: {', '.join(missing)}.")
    print(f"{len(imodels_nb.__all__)} public names, {1 + len(PAGES)} pages: {TARGET / 'index.html'}")


def load_public_names() -> None:
    """Put every public name where pdoc looks: a lazy module's dictionary has none before it is used."""
    vars(imodels_nb).update({name: getattr(imodels_nb, name) for name in imodels_nb.__all__})


def documented(name: str, page: str) -> bool:
    """Whether a name has its own section, or page."""
    return f'id="{name}"' in page or (TARGET / "imodels_nb" / f"{name}.html").is_file()


if __name__ == "__main__":
    main()
