"""Whether somebody is there who could sign in."""

import sys


def somebody_is_there() -> bool:
    """Whether a person can answer: a notebook whose front end takes input, or a terminal.

    A front end says with every cell whether it takes input; programs that execute a notebook say no.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdin is not None and sys.stdin.isatty()
