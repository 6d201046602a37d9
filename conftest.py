"""The examples in the README, in docs/ and in the docstrings are tests."""

import os
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser


def _setup(namespace: dict[str, Any]) -> None:
    os.environ["IMODELS_NB_SAMPLE_AUTO_APPROVE"] = "1"  # nobody clicks in a test
    import imodels_nb  # noqa: PLC0415 - so that collecting other tests does not pay for it

    namespace |= {name: getattr(imodels_nb, name) for name in imodels_nb.__all__}


def _teardown(namespace: dict[str, Any]) -> None:
    del os.environ["IMODELS_NB_SAMPLE_AUTO_APPROVE"]
    for key in ("client", "timeline", "sizes", "signin"):
        if key in namespace:
            namespace[key].close()
    if "hub" in namespace:
        namespace["hub"].stop()


pytest_collect_file = (
    Sybil(
        parsers=[DocTestParser(optionflags=ELLIPSIS | NORMALIZE_WHITESPACE)],
        patterns=["imodels_nb/**/*.py", "imodels_hub/**/*.py"],
        setup=_setup,
        teardown=_teardown,
    )
    + Sybil(parsers=[PythonCodeBlockParser()], patterns=["README.md", "docs/*.md"], setup=_setup, teardown=_teardown)
).pytest()
