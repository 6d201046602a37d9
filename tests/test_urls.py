"""URLs that are parsed as they are sent; ambiguous ones are refused."""

import pytest

from imodels_nb._urls import is_loopback_url, parse_url
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential

AMBIGUOUS = [
    r"https://evil.invalid\.127.0.0.1",
    r"http://evil.invalid\@127.0.0.1",
    "https://evil.invalid\n.127.0.0.1",
    "https://evil.invalid .127.0.0.1",
    "http://127.0.0.1%2f.evil.invalid",
    "https://:hunter2@h",
    "https://user:hunter2@h",
    "https://hunter2@h/x?y#z",
    "https://@h",
    "http://127.0.0.1;hunter2@evil.invalid",
]
BROKEN = [
    "",
    "api.bentley.com",
    "https:api.bentley.com",
    "https://",
    "https:///x",
    "ftp://h",
    "http://[::1",
    "https://h:0",
]


@pytest.mark.parametrize("url", AMBIGUOUS + BROKEN)
def test_ambiguous_and_broken_urls_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\\]*$") as caught:
        parse_url(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert not is_loopback_url(url)


@pytest.mark.parametrize("url", AMBIGUOUS + BROKEN)
def test_base_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ValueError, match="base_url should look like https") as caught:
        IModelsClient(StaticTokenCredential("t"), base_url=url)
    assert "hunter2" not in str(caught.value)


def test_base_url_with_query_is_refused() -> None:
    with pytest.raises(ValueError, match="without a query"):
        IModelsClient(StaticTokenCredential("t"), base_url="https://api.bentley.com?x=1")


@pytest.mark.parametrize(
    ("url", "origin", "loopback"),
    [
        ("https://API.bentley.com:443/imodels", "https://api.bentley.com", False),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123", True),
        ("http://[::1]:80/x", "http://[::1]", True),
        ("HTTP://LocalHost/x?y=a@b", "http://localhost", True),
        ("https://exämple.com", "https://xn--exmple-cua.com", False),
        ("https://127.0.0.1.evil.invalid", "https://127.0.0.1.evil.invalid", False),
    ],
)
def test_origin_and_loopback(url: str, origin: str, loopback: bool) -> None:
    assert parse_url(url).origin == origin
    assert is_loopback_url(url) is loopback


def test_default_port_does_not_change_the_origin_of_a_credential() -> None:
    credential = StaticTokenCredential("t", allowed_origins=("https://api.bentley.com:443",))
    assert IModelsClient(credential, base_url="https://API.bentley.com").base_url == "https://API.bentley.com"
