"""The quickstart as one HTML page that needs no server and no internet."""

import argparse
import os
import sys
from pathlib import Path
from time import monotonic

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from traitlets.config import Config

from imodels_nb.engine import render_page_script

NOTEBOOK = Path("notebooks/01-quickstart.ipynb")


def main() -> None:
    """Run the notebook, convert it, and print the URI of the page."""
    options = _parse_options()
    started = monotonic()
    print(
        f"Running {NOTEBOOK} on the sample hub. Without a user, the sign-in is approved automatically ...", flush=True
    )
    notebook = _execute()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(_convert(notebook), encoding="utf-8")
    print(_find_last_output(notebook))
    size = options.output.stat().st_size / 1e6
    print(f"Done in {monotonic() - started:.0f} s. The page needs no server and no internet ({size:.1f} MB); open")
    print(options.output.resolve().as_uri())


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/quickstart.html"))
    return parser.parse_args()


def _execute() -> nbformat.NotebookNode:
    os.environ["IMODELS_NB_SAMPLE_AUTO_APPROVE"] = "1"
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # Without stored widget state the page falls back to the charts' own HTML, which needs no kernel.
    quiet = Config(KernelManager={"transport": "ipc"})  # over TCP the kernel warns that others could listen
    client = NotebookClient(notebook, timeout=300, store_widget_state=False, config=quiet)
    return client.execute()


def _convert(notebook: nbformat.NotebookNode) -> str:
    exporter = HTMLExporter(mathjax_url="", require_js_url="", mermaid_js_url="")
    body, _ = exporter.from_notebook_node(notebook)
    return body.replace("</body>", f"{render_page_script()}</body>")


def _find_last_output(notebook: nbformat.NotebookNode) -> str:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return "".join(output.get("text", "") for output in code[-1].outputs).rstrip()


if __name__ == "__main__":
    sys.exit(main())
