"""Execution of the notebooks without a user."""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
_KINDS = ("image/svg+xml", "text/html", "text/plain")


def run_notebook(name: str) -> list[str]:
    """Run a notebook of the gallery, and return what each code cell shows, as text."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    quiet = Config(KernelManager={"transport": "ipc"})  # over TCP the kernel warns that others could listen
    NotebookClient(notebook, kernel_name="python3", config=quiet).execute()
    return ["".join(map(_text, cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"]


def _text(output: Any) -> str:
    data = output.get("data", {})
    return output.get("text") or next((data[kind] for kind in _KINDS if kind in data), "")
