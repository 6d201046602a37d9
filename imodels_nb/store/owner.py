"""Whose a folder is: what others can write there is not to be believed, and what we write there is not for them."""

import errno
import os
import stat
from pathlib import Path

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def is_ours(folder: Path) -> bool:
    """Tell whether nobody but us can write in a folder, or it is not there yet."""
    try:
        found = folder.stat()
    except FileNotFoundError:
        return True
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & _OTHERS)


def insist_on_ours(folder: Path) -> None:
    """Raise :class:`PermissionError` when others can write in a folder."""
    if not is_ours(folder):
        raise PermissionError(errno.EPERM, "others can write there", str(folder))
