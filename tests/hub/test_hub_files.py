"""Files behind signed links, over real HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from hub.asking import ask, get

from imodels_hub import Hub, synthesise


@pytest.fixture
def links(hub: Hub) -> list[dict[str, Any]]:
    rows = get(hub, "/changesets?$top=20", Prefer="return=representation").json["changesets"]
    return [{"size": row["fileSize"], **row["_links"]["download"]} for row in rows]


def test_a_link_gives_exactly_as_many_bytes_as_the_changeset_says(links: list[dict[str, Any]]) -> None:
    for link in links:
        reply = ask(link["href"])
        assert (reply.status, len(reply.body)) == (200, link["size"])
        assert link["storageType"] == "azure"
    assert ask(links[0]["href"]).body != ask(links[1]["href"]).body[: links[0]["size"]]


def test_the_giant_can_be_asked_for_in_parts(hub: Hub) -> None:
    rows = get(hub, "/changesets?$top=1000&afterIndex=3000", Prefer="return=representation").json["changesets"]
    giant = max(rows, key=lambda row: row["fileSize"])
    link = giant["_links"]["download"]["href"]
    last = giant["fileSize"] - 1
    part = ask(link, Range=f"bytes={last - 9}-")
    assert (part.status, len(part.body)) == (206, 10)
    assert part.headers["content-range"] == f"bytes {last - 9}-{last}/{giant['fileSize']}"
    whole = ask(link, Range="bytes=65000-66000").body
    assert ask(link, Range="bytes=65530-65545").body == whole[530:546]
    assert ask(link, Range=f"bytes={last + 1}-").status == 416


def test_a_link_to_a_checkpoint_gives_the_whole_of_it(hub: Hub) -> None:
    row = get(hub, "/changesets/0/checkpoint").json["checkpoint"]
    assert len(ask(row["_links"]["download"]["href"]).body) == row["size"] == 1_253_376


def test_a_token_is_refused_by_the_storage(hub: Hub, links: list[dict[str, Any]]) -> None:
    reply = ask(links[0]["href"], Authorization=f"Bearer {hub.token}")
    assert reply.status == 400
    assert b"InvalidAuthenticationInfo" in reply.body


@pytest.mark.parametrize(
    ("part", "other"),
    [("?", "?no"), ("sig=", "sig=0"), ("se=", "se=1"), ("sp=r", "sp=w"), ("sig=", "sig=%C3%A9"), ("se=", "se=%C3%A9")],
)
def test_a_link_that_was_tampered_with_opens_nothing(links: list[dict[str, Any]], part: str, other: str) -> None:
    reply = ask(links[0]["href"].replace(part, other))
    assert reply.status == 403
    assert b"AuthenticationFailed" in reply.body


def test_a_link_opens_one_file_only(links: list[dict[str, Any]]) -> None:
    path, _, _ = links[0]["href"].partition("?")
    _, _, other = links[1]["href"].partition("?")
    assert ask(f"{path}?{other}").status == 403


def test_a_link_lasts_as_long_as_a_slow_download_and_an_hour_at_most(start: Callable[..., Hub]) -> None:
    now = [1_000_000.0]
    hub = start(clock=lambda: now[0])
    sizes = {0: 300, 12_500_000: 1300, 10**9: 3600}
    links = [hub.push(file_size=size)[0]["_links"]["download"]["href"] for size in sizes]
    for link, lifetime in zip(links, sizes.values(), strict=True):
        now[0] = 1_000_000.0 + lifetime - 1
        assert ask(link, Range="bytes=0-0").status != 403
        now[0] += 1
        assert ask(link, Range="bytes=0-0").status == 403


def test_a_changeset_without_its_file_has_no_link(start: Callable[..., Hub]) -> None:
    (waiting,) = start(synthesise(1)).push(state="waitingForFile")
    assert waiting["_links"]["download"] is None


def test_links_and_their_signatures_stay_out_of_the_log(start: Callable[..., Hub]) -> None:
    hub = start()
    link = get(hub, "/changesets/1").json["changeset"]["_links"]["download"]["href"]
    ask(link)
    assert hub.log[-1] == "GET /blobs/… 200"
