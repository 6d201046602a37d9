from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from imodels_hub import Hub, Project, generate_project


@pytest.fixture(scope="session")
def project() -> Project:
    return generate_project()


@pytest.fixture(scope="session")
def hub(project: Project) -> Iterator[Hub]:
    """Yield a hub that no test changes."""
    with Hub(project) as running:
        yield running


@pytest.fixture
def start() -> Iterator[Callable[..., Hub]]:
    """Start hubs of a test's own."""
    with ExitStack() as running:

        def start(project: Project | None = None, **options: Any) -> Hub:
            return running.enter_context(Hub(project or generate_project(20), **options))

        yield start
