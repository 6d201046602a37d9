"""Tests of the workflow files, which were never run here."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github/workflows").glob("*.yml"))


def _jobs(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text("utf-8"))["jobs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    actions = [step["uses"] for job in _jobs(path).values() for step in job["steps"] if "uses" in step]
    assert actions
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in actions)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_minimal_permissions(path: Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {}
    assert all(job["permissions"] in ({"contents": "read"}, {"id-token": "write"}) for job in _jobs(path).values())


def test_only_the_publish_job_gets_an_id_token() -> None:
    trusted = [name for path in WORKFLOWS for name, job in _jobs(path).items() if "id-token" in job["permissions"]]
    assert trusted == ["publish"]
    publish = next(_jobs(path)["publish"] for path in WORKFLOWS if path.name == "publish.yml")
    assert publish["environment"] == "pypi"
    assert not any("run" in step for step in publish["steps"])
