"""Search for canary secrets, and the traceback that ``%xmode Verbose`` prints."""

import re
from collections.abc import Callable

import pytest
from IPython.core.ultratb import VerboseTB

from helpers.scripted_provider import CANARY


def contains_secret(text: str) -> bool:
    """Return whether a text contains a canary secret."""
    return re.search(rf"{CANARY}-\w", text) is not None


def verbose_traceback(call: Callable[[], object]) -> str:
    """Return what a notebook prints, with the variables of each frame."""
    with pytest.raises((Exception, KeyboardInterrupt)) as raised:
        call()
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None
    return VerboseTB(theme_name="nocolor").text(raised.type, raised.value, raised.tb)
