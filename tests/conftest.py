"""A sample hub with a client on it, and a scripted identity provider."""

import os
import signal
from collections.abc import Iterator

import pytest
from helpers.scripted_provider import ScriptedProvider
from hypothesis import settings

from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.auth import IdentityProvider, StaticTokenCredential
from imodels_nb.sample.provider import build_sample_provider

# No deadline: the machine may be busy with something else. `make test` tries the same examples each time, so that a
# change is judged by what it changes; `make test-all` draws new ones.
settings.register_profile("same-examples", deadline=None, derandomize=True)
settings.register_profile("new-examples", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_EXAMPLES", "same-examples"))


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Handle Ctrl-C, which a shell ignores for tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    with Hub(generate_project(2_345)) as hub:
        yield hub


@pytest.fixture
def hub(running_hub: Hub) -> Iterator[Hub]:
    """Return the hub of the module, without faults of the test before."""
    running_hub.clear_faults()
    yield running_hub
    running_hub.clear_faults()


@pytest.fixture
def client(hub: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client:
        yield client


@pytest.fixture
def idp() -> Iterator[ScriptedProvider]:
    provider = ScriptedProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(idp: ScriptedProvider) -> IdentityProvider:
    return build_sample_provider(idp.identity_url)
