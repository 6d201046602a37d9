"""A hub of its own for each test of the store, and a client on it."""

from collections.abc import Iterator

import pytest

from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential


@pytest.fixture
def ledger() -> Iterator[Hub]:
    with Hub(generate_project(1_200)) as hub:
        yield hub


@pytest.fixture
def reader(ledger: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(ledger.token), base_url=ledger.base_url) as client:
        yield client
