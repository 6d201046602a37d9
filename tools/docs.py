"""The API reference in build/docs, from the docstrings of the public names.

Run it as ``python -W error tools/docs.py``, so that a warning of pdoc is an error.
"""

import warnings
from pathlib import Path

import pdoc

import imodels_nb

PAGES = ("aggregate", "charts", "errors", "sample")  # the modules that a user names, beside the package itself
TEMPLATE = Path(__file__).with_name("docs_template")
TARGET = Path(__file__).parents[1] / "build" / "docs"


def main() -> None:
    """Write the pages, and fail if a public name is missing."""
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
    pdoc.pdoc("imodels_nb", "imodels_nb.errors", rf"!imodels_nb\.(?!({'|'.join(PAGES)})$)", output_directory=TARGET)
    page = (TARGET / "imodels_nb.html").read_text(encoding="utf-8")
    if missing := [name for name in imodels_nb.__all__ if not has_section(name, page)]:
        raise SystemExit(f"These public names are not in the reference: {', '.join(missing)}.")
    print(f"{len(imodels_nb.__all__)} public names, {1 + len(PAGES)} pages: {TARGET / 'index.html'}")


def load_public_names() -> None:
    """Load every public name: pdoc reads the dictionary of the module, which is lazy."""
    vars(imodels_nb).update({name: getattr(imodels_nb, name) for name in imodels_nb.__all__})


def has_section(name: str, page: str) -> bool:
    """Return whether a name has its own section or page."""
    return f'id="{name}"' in page or (TARGET / "imodels_nb" / f"{name}.html").is_file()


if __name__ == "__main__":
    main()
