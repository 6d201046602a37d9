"""Detection of a person who can respond to a prompt."""

import sys


def is_interactive() -> bool:
    """Return whether a person can respond to a prompt in this terminal or notebook.

    With every cell, the front end of a notebook sends whether it accepts input. Programs that execute a notebook send
    that they do not.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdin is not None and sys.stdin.isatty()
