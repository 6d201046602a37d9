"""Names that the variables of a notebook have."""

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

_OUTPUT = re.compile(r"_\d+")


def find_name(value: Any, names: Mapping[str, Any] | None = None) -> str | None:
    """Return the name of a value in the notebook, to build code that runs there.

    Parameters
    ----------
    value
        Any object; an equal one does not count.
    names
        Values by name; by default those of the notebook. Voila shows no code, so that it has none.

    Returns
    -------
    str or None
        The name that was given last, or that of an output such as ``_5``; None if it has no name.
    """
    names = _read_namespace() if names is None else names
    found = [name for name, other in list(names.items()) if other is value]
    public = [name for name in found if not name.startswith("_")]
    outputs = [name for name in found if _OUTPUT.fullmatch(name)]
    candidates = public or outputs
    return candidates[-1] if candidates else None


def _read_namespace() -> Mapping[str, Any]:
    """Return the variables of the notebook; none in Voila and in plain Python."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return {}
    variables: Mapping[str, Any] = shell.user_ns
    return variables
