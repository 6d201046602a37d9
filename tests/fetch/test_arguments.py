"""Arguments of the functions that fetch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.hub_faults import count_requests

import imodels_nb
from imodels_hub import Hub
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.fetch import fetch_changesets


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        *(({"imodel_id": given}, "imodel_id should be a GUID") for given in ("abc", "", None, 7, True, b"abc")),
        *(
            ({"after_index": given}, "after_index should be a whole number of at least 0")
            for given in (-1, 1.5, 1.0, True, "5", "", np.True_, np.float64(3), np.array([1]), 2**63)
        ),
        ({"after_index": 5, "last_index": 4}, "last_index should be a whole number of at least 5"),
        ({"last_index": "9"}, "last_index should be a whole number"),
        *(({"detail": given}, "'minimal' or 'full'") for given in ("x", "", None, [], True)),
        *(({"cache": given}, "cache should be True, False, or the folder") for given in (7, None, "", 1.5, b"x")),
        ({"cache": "a\0b"}, "it contains a null character"),
        ({"cache": "~missing-user/x"}, "there is no such home directory"),
        *(({"progress": given}, "progress should be True, False or None") for given in ("no", 1, [])),
    ],
    ids=repr,
)
def test_a_bad_argument_raises_before_any_request(
    hub: Hub, client: IModelsClient, arguments: dict[str, Any], said: str
) -> None:
    before = count_requests(hub)
    with pytest.raises(ValueError, match=said):
        fetch_changesets(client, **{"imodel_id": hub.imodel_id} | arguments)
    assert count_requests(hub) == before


def test_numpy_integers_are_accepted(hub: Hub, client: IModelsClient) -> None:
    part = fetch_changesets(client, hub.imodel_id, after_index=np.uint8(5), last_index=np.int64(9))
    assert part.index.tolist() == [6, 7, 8, 9]
    with IModelsClient(StaticTokenCredential("t"), max_workers=np.int32(3)) as other:
        assert other.max_workers == 3


FETCHES: dict[str, Callable[[Any, str], object]] = {
    "changesets": imodels_nb.fetch_changesets,
    "changeset": lambda client, imodel_id: imodels_nb.fetch_changeset(client, imodel_id, 1),
    "groups": imodels_nb.fetch_changeset_groups,
    "checkpoints": imodels_nb.fetch_checkpoints,
    "versions": imodels_nb.fetch_named_versions,
    "users": imodels_nb.fetch_users,
    "imodels": imodels_nb.fetch_imodels,
    "itwins": lambda client, _: imodels_nb.fetch_itwins(client),
    "portfolio": imodels_nb.fetch_portfolio,
    "files": lambda client, imodel_id: imodels_nb.download_changesets(client, imodel_id, [1], "."),
}


@pytest.mark.parametrize("fetch", FETCHES)
@pytest.mark.parametrize("client", ["5e19bee0-3aea-4355-a9f0-c6df9989ee7d", None, StaticTokenCredential("t")], ids=repr)
def test_an_object_that_is_not_a_client_is_refused(fetch: str, client: Any) -> None:
    with pytest.raises(TypeError, match=r"client should be an IModelsClient, not \w+\. Build one"):
        FETCHES[fetch](client, "5e19bee0-3aea-4355-a9f0-c6df9989ee7d")


@pytest.mark.parametrize("personal", ["no", 1, None, "False"])
def test_names_are_fetched_only_with_personal_true(hub: Hub, client: IModelsClient, personal: Any) -> None:
    before = count_requests(hub)
    with pytest.raises(ValueError, match="personal should be True or False"):
        imodels_nb.fetch_users(client, hub.imodel_id, personal=personal)
    assert count_requests(hub) == before


@pytest.mark.parametrize("folder", [True, "~/x"])
def test_a_missing_home_directory_is_an_error_before_any_request(
    hub: Hub, client: IModelsClient, monkeypatch: pytest.MonkeyPatch, folder: Any
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as in a container whose user is not in /etc/passwd
    before = count_requests(hub)
    with pytest.raises(ValueError, match=r"no (such )?home directory"):
        fetch_changesets(client, hub.imodel_id, cache=folder)
    with pytest.raises(ValueError, match=r"no (such )?home directory"):
        imodels_nb.fetch_portfolio(client, [hub.imodel_id], cache=folder)
    assert count_requests(hub) == before


HUGE = 10**5_000


@pytest.mark.parametrize("name", ["imodel_id", "after_index", "last_index", "detail", "cache", "progress"])
def test_huge_numbers_are_refused(hub: Hub, client: IModelsClient, name: str) -> None:
    arguments: Any = {"imodel_id": hub.imodel_id} | {name: HUGE}
    with pytest.raises(ValueError, match=rf"{name} should be .*a number of more than 4,300 digits"):
        fetch_changesets(client, **arguments)


@pytest.mark.parametrize(
    "call",
    [
        lambda client, imodel_id: imodels_nb.fetch_changeset(client, imodel_id, HUGE),
        lambda client, imodel_id: imodels_nb.fetch_users(client, imodel_id, personal=HUGE),
        lambda client, _: imodels_nb.fetch_portfolio(client, HUGE),
        lambda client, _: imodels_nb.fetch_portfolio(client, [HUGE]),
        lambda client, imodel_id: imodels_nb.download_changesets(client, imodel_id, [HUGE], "."),
    ],
    ids=["changeset", "personal", "ids", "id", "index"],
)
def test_huge_numbers_are_refused_by_every_function(
    hub: Hub, client: IModelsClient, call: Callable[[Any, str], object]
) -> None:
    with pytest.raises(ValueError, match="a number of more than 4,300 digits"):
        call(client, hub.imodel_id)


def test_a_huge_number_as_a_folder_is_refused(hub: Hub, client: IModelsClient) -> None:
    folder: Any = HUGE
    with pytest.raises(ValueError, match=r"folder should be a folder to write in\. int .* not a path"):
        imodels_nb.download_changesets(client, hub.imodel_id, [1], folder)
