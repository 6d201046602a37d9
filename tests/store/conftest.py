"""A hub of its own for each test of the store, and a client on it."""

from collections.abc import Iterator

import pytest

from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential


@pytest.fixture
def own_hub() -> Iterator[Hub]:
    with Hub(generate_project(1_200)) as hub:
        yield hub


@pytest.fixture
def reader(own_hub: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(own_hub.token), base_url=own_hub.base_url) as client:
        yield client
