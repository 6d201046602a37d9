"""Fixtures for the tests of login cards."""

from collections.abc import Iterator
from threading import enumerate as threads

import ipywidgets
import pytest
from helpers.scripted_provider import ScriptedProvider, SteppedClock
from helpers.waiting import wait_until

from imodels_nb.auth import DeviceCodeCredential
from imodels_nb.sample.provider import build_sample_provider
from imodels_nb.widgets.login import login
from imodels_nb.widgets.login_widget import InteractiveLoginWidget


@pytest.fixture
def no_widget_outlives_its_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("IMODELS_NB_ACCESS_TOKEN", "JUPYTERHUB_SERVICE_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    yield
    ipywidgets.Widget.close_all()
    wait_until(lambda: not [thread for thread in threads() if thread.name == "imodels-nb-countdown"])


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def card(idp: ScriptedProvider, clock: SteppedClock) -> InteractiveLoginWidget:
    """Show a card with its code that has polled once; each tick polls again."""
    credential = DeviceCodeCredential(provider=build_sample_provider(idp.identity_url), clock=clock)
    shown = login(credential=credential)
    assert isinstance(shown, InteractiveLoginWidget)
    wait_until(lambda: clock.waiting)
    return shown
