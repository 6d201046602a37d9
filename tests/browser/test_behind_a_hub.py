"""The card's link through a server such as JupyterHub or Binder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.servers import serving
from helpers.waiting import wait_until
from playwright.sync_api import Page, expect

from imodels_nb import login, sample
from imodels_nb.auth import LoginState

pytestmark = pytest.mark.browser

PREFIX = "/user/ada/"
TOKEN = "only-ada-has-it"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve a user's server with jupyter-server-proxy at the path of JupyterHub."""
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", PREFIX)
    (folder := tmp_path / "notebooks").mkdir()
    options = {"ServerApp.base_url": PREFIX, "IdentityProvider.token": TOKEN}
    with serving("jupyter_server", folder, **options) as url:
        yield url


def test_the_card_links_to_the_page_through_the_proxy(page: Page, server: str, screenshots: Path) -> None:
    with sample.start(changesets=10) as hub:
        card = login("device_code", provider=hub.provider)
        wait_until(lambda: card.state is LoginState.AWAITING_USER)
        response = page.request.get(f"{server}/proxy/{hub.base_url.rpartition(':')[2]}/idp/device")
        assert "/login" in response.url
        page.goto(f"{server}/?token={TOKEN}")
        page.set_content(card._body.value)
        with page.expect_popup() as opened:
            page.get_by_role("link").click()
        sign_in = opened.value
        assert sign_in.url.startswith(f"{server}/proxy/")
        sign_in.screenshot(path=screenshots / "sign-in-page-through-the-proxy.png")
        sign_in.get_by_role("button", name="Approve").click()
        expect(sign_in.locator("h1")).to_have_text("Signed in")
        wait_until(lambda: card.state is LoginState.SIGNED_IN)
        card.close()
