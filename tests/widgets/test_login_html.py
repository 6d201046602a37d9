"""URLs of the pages that the card opens in a new tab."""

import pytest

from imodels_nb.auth import IMS
from imodels_nb.sample.provider import build_sample_provider
from imodels_nb.widgets import login_html as module
from imodels_nb.widgets.login_html import build_proxied_url

SAMPLE = build_sample_provider("http://127.0.0.1:8123/idp")
PAGE = "http://127.0.0.1:8123/idp/device?user_code=BCDF-GHJK"


@pytest.fixture(autouse=True)
def behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada%40example/")


def test_sample_page_on_jupyterhub_is_below_the_users_server() -> None:
    assert build_proxied_url(PAGE, SAMPLE) == "/user/ada%40example/proxy/8123/idp/device?user_code=BCDF-GHJK"


def test_a_real_provider_is_never_sent_through_the_proxy() -> None:
    for page in ("https://ims.bentley.com/device", PAGE):
        assert build_proxied_url(page, IMS) == page


def test_with_no_hub_around_the_page_is_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX")
    assert build_proxied_url(PAGE, SAMPLE) == PAGE


def test_no_address_on_jupyterhub_without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    assert build_proxied_url(PAGE, SAMPLE) is None


@pytest.mark.parametrize("prefix", ["", "/", "//elsewhere.example/", "elsewhere", "javascript:alert(1)//"])
def test_any_prefix_stays_on_the_users_server(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", prefix)
    address = build_proxied_url(PAGE, SAMPLE)
    assert address
    assert address[0] == "/" != address[1]
