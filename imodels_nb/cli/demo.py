"""The commands ``demo`` and ``notebooks``: the quickstart as a page, and to run."""

import argparse
import os
import shutil
import sys
import webbrowser
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from imodels_nb._files import validate_output_path
from imodels_nb.cli.connection import Commands, report_error
from imodels_nb.engine import render_page_script, render_theme_script

_QUICKSTART = "01-quickstart.ipynb"
_CARD = "sign_in"  # the name of the sign-in card in the quickstart
_HIDDEN = "not-in-demo"  # the tag of a cell that is of use in a notebook only
_TIMEOUT = 300  # seconds for a cell
_DARK = "static/theme-dark.css"
_NEEDED = """The demo runs a notebook, and {} is not installed. Install what it needs, then run it again:
{} -m pip install "imodels-nb[notebook]\""""


def add_demo(commands: Commands) -> None:
    """Add the commands ``demo`` and ``notebooks`` to the command line."""
    demo = commands.add_parser("demo", help="run the quickstart on sample data, and open it as a page")
    demo.add_argument("-o", "--output", type=Path, default=Path("quickstart.html"), help="by default quickstart.html")
    demo.add_argument("--no-browser", action="store_true", help="print the address of the page, and do not open it")
    demo.set_defaults(run=_run_demo)
    notebooks = commands.add_parser("notebooks", help="copy the notebooks into a folder, to run and to change them")
    notebooks.add_argument("folder", nargs="?", type=Path, default=Path("notebooks"), help="by default notebooks")
    notebooks.set_defaults(run=_run_notebooks)


def _run_demo(options: argparse.Namespace) -> int:
    output = validate_output_path(options.output, ".html")
    started = monotonic()
    try:
        nbformat = import_module("nbformat")
        print("Running the quickstart on the sample hub, about half a minute ...", flush=True)
        notebook = execute_notebook(nbformat.read(find_notebooks() / _QUICKSTART, as_version=4))
        page = convert_notebook(notebook)
    except ModuleNotFoundError as error:
        return report_error(_NEEDED.format(error.name, _format_python()))
    output.write_text(page, encoding="utf-8")
    address = output.resolve().as_uri()
    print(
        f"Done in {monotonic() - started:.0f} s: {len(page.encode()) / 1e6:.1f} MB that need no server and no internet."
    )
    print(address)
    if not options.no_browser and _has_screen():
        webbrowser.open(address)
    return 0


def find_notebooks() -> Path:
    """Return the folder of the notebooks: in the package, or in the checkout."""
    packaged = Path(__file__).parents[1] / "notebooks"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "notebooks"


def execute_notebook(notebook: Any, folder: Path | None = None) -> Any:
    """Run a notebook on the sample, whose sign-in approves itself, and return it.

    A card of the sign-in is shown as it is at the end of the run.

    Parameters
    ----------
    notebook
        Notebook of nbformat 4; it is changed.
    folder
        Folder in which it runs; by default that of this process.

    Raises
    ------
    ModuleNotFoundError
        If the extra ``notebook`` is not installed.
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    with_card = [cell for cell in notebook.cells if cell.source.endswith(f"\n{_CARD}")][:1]
    notebook.cells += [import_module("nbformat").v4.new_code_cell(_CARD) for _ in with_card]
    with TemporaryDirectory() as sockets:
        # Without stored widget state the page falls back to the charts' own HTML, which needs no kernel.
        runner = import_module("nbclient").NotebookClient(
            notebook,
            timeout=_TIMEOUT,
            store_widget_state=False,
            config=_configure_kernel(Path(sockets, "kernel")),
            resources={"metadata": {"path": str(folder or Path.cwd())}},
        )
        runner.execute(env=os.environ | {"IMODELS_NB_SAMPLE_AUTO_APPROVE": "1"})
    for cell in with_card:
        (card,) = notebook.cells.pop().outputs
        cell.outputs = [card | {"execution_count": cell.execution_count}]
    return notebook


def _configure_kernel(socket: Path) -> Any:
    """Return the settings of a kernel that talks over files of this user.

    Over TCP, the default, the kernel warns that others could listen. Windows has no other transport.
    """
    config = import_module("traitlets.config")
    return config.Config() if os.name == "nt" else config.Config(KernelManager={"transport": "ipc", "ip": str(socket)})


def convert_notebook(notebook: Any) -> str:
    """Return a notebook with outputs as one HTML page, as light or dark as the system.

    Parameters
    ----------
    notebook
        Notebook of nbformat 4. Cells with the tag ``not-in-demo`` are left out.

    Raises
    ------
    ModuleNotFoundError
        If the extra ``notebook`` is not installed.
    """
    config, nbconvert = import_module("traitlets.config"), import_module("nbconvert")
    exporter = nbconvert.HTMLExporter(
        mathjax_url="",
        require_js_url="",
        mermaid_js_url="",
        config=config.Config(TagRemovePreprocessor={"remove_cell_tags": [_HIDDEN]}),
    )
    title = {"metadata": {"name": "The history of an iModel"}}
    body, _ = exporter.from_notebook_node(notebook, resources=title)
    dark, _, _ = exporter.environment.loader.get_source(exporter.environment, _DARK)
    style = f'<style media="(prefers-color-scheme: dark)">{dark}</style>{render_theme_script()}'
    page: str = body.replace("</head>", f"{style}</head>", 1)
    return page.replace("</body>", f"{render_page_script()}</body>")


def _has_screen() -> bool:
    """Return whether a page can be opened; a browser in a terminal would fill it."""
    return sys.platform in {"win32", "darwin"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _run_notebooks(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in sorted(find_notebooks().glob("*.ipynb")):
        target = folder / notebook.name
        if target.exists():
            print(f"{target} exists and stays as it is")
        else:
            shutil.copyfile(notebook, target)
            print(target)
    print(f'Open them with: {_format_python()} -m jupyter lab "{folder}"')
    return 0


def _format_python() -> str:
    """Return the command of this Python, short if it is below the working folder."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return f'"{python}"' if " " in str(python) else str(python)
