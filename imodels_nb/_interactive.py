"""Detect whether a person can answer a prompt."""

import sys


def is_interactive() -> bool:
    """Return whether a person can answer a prompt: in a terminal, or in a notebook whose front end takes input.

    A front end sends with every cell whether it takes input. Programs that execute a notebook send no.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdin is not None and sys.stdin.isatty()
