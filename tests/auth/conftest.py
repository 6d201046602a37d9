from collections.abc import Iterator

import pytest
from helpers.scripted_provider import ScriptedProvider, SteppedClock

from imodels_nb.auth import DeviceCodeCredential, IdentityProvider
from imodels_nb.sample.provider import sample_provider


@pytest.fixture
def idp() -> Iterator[ScriptedProvider]:
    provider = ScriptedProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(idp: ScriptedProvider) -> IdentityProvider:
    return sample_provider(idp.identity_url)


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(free=True)


@pytest.fixture
def credential(provider: IdentityProvider, clock: SteppedClock) -> Iterator[DeviceCodeCredential]:
    made = DeviceCodeCredential(provider=provider, clock=clock, is_interactive=lambda: False)
    yield made
    made.close()
