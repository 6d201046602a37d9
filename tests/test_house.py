"""Tests of the project as a whole."""

import inspect
import re
import socket
import subprocess
import sys
import tomllib
from enum import Enum
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Protocol

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pytest_socket import SocketConnectBlockedError

import imodels_nb

ROOT = Path(__file__).parents[1]


def _pins(file: str) -> set[str]:
    return {line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith("#")}


def test_binder_uses_pinned_constraints() -> None:
    assert _pins("binder/requirements.txt") <= _pins("constraints.txt")


def test_constraints_pin_what_pyproject_requires() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = settings["project"]["optional-dependencies"].values()
    groups = settings["dependency-groups"].values()
    lines = [*settings["project"]["dependencies"], *chain(*extras), *chain(*groups)]
    pins = {
        canonicalize_name(name): version for name, version in (line.split("==") for line in _pins("constraints.txt"))
    }
    required = [Requirement(line) for line in lines if isinstance(line, str)]
    assert len(required) > 40
    assert not [
        str(requirement)
        for requirement in required
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]


def test_binder_has_no_development_tools() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    named = [line for group in ("docs", "lint", "release", "types", "test") for line in groups[group]]
    tools = {re.split(r"[\[<>=]", line)[0] for line in named if isinstance(line, str)}
    assert {"pytest", "ruff", "mypy", "build", "pdoc", "PyYAML"} <= tools
    tools.remove("PyYAML")  # Jupyter's server reads YAML, too
    assert not tools & {pin.split("==")[0].replace("_", "-") for pin in _pins("binder/requirements.txt")}


def test_dependencies_have_accepted_licenses() -> None:
    command = [sys.executable, "tools/licenses.py", "binder/requirements.txt"]
    table = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    licenses = [row.split("|")[1].strip() for row in table]
    known = r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public|any-OSI|not installed here"
    assert len(licenses) > 10
    assert [license_ for license_ in licenses if not re.search(known, license_) or "GPL" in license_] == []


def test_pins_are_versions_without_addresses() -> None:
    assert all(re.fullmatch(r"[\w.\-]+==[\w.]+", pin) for pin in _pins("constraints.txt"))


def test_the_version_has_one_source() -> None:
    assert imodels_nb.__version__ == version("imodels-nb")


def test_tests_reach_only_loopback() -> None:
    with socket.socket() as probe, pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        probe.connect(("192.0.2.1", 80))


@pytest.mark.parametrize("name", imodels_nb.__all__)
def test_help_on_every_public_name_is_complete(name: str) -> None:
    value = getattr(imodels_nb, name)
    text = inspect.getdoc(value) or ""
    assert not re.search(r"^ *(as (for|in|those|given)\b|see :)", text, flags=re.MULTILINE | re.IGNORECASE)
    if inspect.ismodule(value):
        assert ":func:" in text
        return
    assert inspect.getdoc(dict) != text
    assert "Metadata(" not in (str(inspect.signature(value)) if callable(value) else repr(value))
    assert "\nExamples\n" in text
    if inspect.isfunction(value) or (inspect.isclass(value) and not issubclass(value, Enum | Protocol)):
        parameters = re.findall(r"(?m)^[*\w, ]+$", text.partition("\nParameters\n")[2])
        named = {part.strip(" *") for line in parameters for part in line.split(",")}
        assert set(inspect.signature(value).parameters) <= named


@pytest.mark.parametrize("name", [n for n in imodels_nb.__all__ if inspect.isfunction(getattr(imodels_nb, n))])
def test_public_functions_annotate_every_parameter(name: str) -> None:
    signature = inspect.signature(getattr(imodels_nb, name))
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())


def test_no_outputs_in_notebooks_and_no_local_paths() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    texts = {name: (ROOT / name).read_text(errors="replace") for name in files if (ROOT / name).is_file()}
    assert not [name for name, text in texts.items() if re.search(r"(?<![\w.])/(?:work|root|home)/\w", text)]
    assert not [name for name in texts if name.endswith(".ipynb") and '"output_type"' in texts[name]]
