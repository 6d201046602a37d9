"""Tests of the examples in the README, in docs/ and in docstrings."""

import gc
import os
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

gc.disable()  # until the tests are collected: these are some hundred thousand objects, and none of them is garbage


def pytest_collection_finish() -> None:
    """Leave what was collected out of each later garbage collection."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Release it at the end; libraries would report it as a leak."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the examples of pages as slow: each page starts a sample hub."""
    for item in items:
        if item.path.suffix == ".md":
            item.add_marker(pytest.mark.slow)


def _set_up(namespace: dict[str, Any]) -> None:
    os.environ["IMODELS_NB_SAMPLE_AUTO_APPROVE"] = "1"  # no user clicks in a test
    import imodels_nb  # noqa: PLC0415 - so that the collection of other tests does not load it

    namespace |= {name: getattr(imodels_nb, name) for name in imodels_nb.__all__}


def _tear_down(namespace: dict[str, Any]) -> None:
    del os.environ["IMODELS_NB_SAMPLE_AUTO_APPROVE"]
    for key in ("client", "timeline", "sizes", "sign_in"):
        if key in namespace:
            namespace[key].close()
    if "hub" in namespace:
        namespace["hub"].stop()


def _set_up_page(namespace: dict[str, Any]) -> None:
    """Run the examples of a page in an empty folder, which takes the files that they write."""
    _set_up(namespace)
    namespace["_folder"] = TemporaryDirectory()
    namespace["_before"] = os.getcwd()  # noqa: PTH109 - os.chdir takes it back
    os.chdir(namespace["_folder"].name)


def _tear_down_page(namespace: dict[str, Any]) -> None:
    os.chdir(namespace["_before"])
    namespace["_folder"].cleanup()
    _tear_down(namespace)


pytest_collect_file = (
    Sybil(
        parsers=[DocTestParser(optionflags=ELLIPSIS | NORMALIZE_WHITESPACE)],
        patterns=["imodels_nb/**/*.py", "imodels_hub/**/*.py"],
        setup=_set_up,
        teardown=_tear_down,
    )
    + Sybil(
        parsers=[PythonCodeBlockParser()],
        patterns=["README.md", "docs/*.md"],
        setup=_set_up_page,
        teardown=_tear_down_page,
    )
).pytest()
