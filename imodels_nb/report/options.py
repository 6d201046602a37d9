"""Options that all pages have: the suffix of the file, the title, and flags."""

from typing import Any

import numpy as np

SUFFIXES = (".html", ".htm")


def check_options(*, title: Any, **flags: Any) -> None:
    """Raise a TypeError if a title is not text, or a flag neither true nor false."""
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title should be text, not {type(title).__name__}; pass frames as named_versions=, users=, ….")
    for name, flag in flags.items():
        if not isinstance(flag, bool | np.bool_):  # "no" would be true, and show names
            raise TypeError(f"{name} should be True or False, not {flag!r}.")
