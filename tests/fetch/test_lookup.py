"""iModels found by name, and lists in the order of use, at the sample hub."""

import json
from collections.abc import Iterator

import pytest
from helpers.hub_requests import ask
from helpers.hubs import PLANT, build_itwin_hub

from imodels_hub import Hub
from imodels_nb.api import IModelsClient
from imodels_nb.errors import Forbidden, IModelsError
from imodels_nb.fetch import (
    fetch_changesets,
    fetch_imodel,
    fetch_imodels,
    fetch_imodels_by_use,
    fetch_itwins_by_use,
    fetch_newest_index,
    fetch_portfolio,
    find_imodel,
    find_imodel_id,
    find_itwin,
)


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    with build_itwin_hub(11, 5, 7) as running:
        yield running


def mark(hub: Hub, method: str, path: str) -> None:
    assert ask(f"{hub.base_url}{path}", method, b"{}", Authorization=f"Bearer {hub.token}", Accept="*/*").status == 204


@pytest.mark.parametrize("itwin", [None, "ITWIN NAME", "ITWIN ID"])
def test_a_name_is_found_in_any_case(hub: Hub, client: IModelsClient, itwin: str | None) -> None:
    given = {"ITWIN NAME": "riverside station UPGRADE", "ITWIN ID": hub.itwin_id}.get(itwin or "")
    imodel = find_imodel(client, " riverside STATION, part 3 ", given)
    assert imodel.equals(fetch_imodels(client, hub.itwin_id).loc[str(imodel.name)])
    assert imodel["display_name"] == "Riverside Station, part 3"


def test_a_search_takes_three_requests_and_one_for_each_itwin(hub: Hub, client: IModelsClient) -> None:
    before = len(hub.log)
    find_imodel(client, "Pump station")
    assert len(hub.log) - before == 3 + 3
    find_imodel(client, "Riverside Station", hub.itwin_id)
    assert len(hub.log) - before == 3 + 3 + 1


def test_an_id_is_used_without_a_request(hub: Hub, client: IModelsClient) -> None:
    before = len(hub.log)
    assert find_imodel_id(client, PLANT.imodel.id.upper()) == PLANT.imodel.id
    assert len(hub.log) == before
    assert find_imodel_id(client, "Pump station") == PLANT.imodel.id
    assert find_imodel(client, PLANT.imodel.id).equals(fetch_imodel(client, PLANT.imodel.id))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pump", r"named 'pump'\. Similar: 'Pump station' in 'Pump station' \(ec4f4b03-.*\)\. Pass one of these names"),
        ("Pomp statoin", r"Similar: 'Pump station'"),
        ("Bridge", r"named 'Bridge'\. choose_imodel\(client\) shows your iModels\."),
    ],
)
def test_a_name_that_no_imodel_has_is_an_error_with_similar_ones(
    client: IModelsClient, name: str, message: str
) -> None:
    with pytest.raises(IModelsError, match=message):
        find_imodel(client, name)


def test_an_itwin_is_found_by_name(hub: Hub, client: IModelsClient) -> None:
    assert find_itwin(client, "riverside rail")["display_name"] == "Riverside Rail"
    assert find_itwin(client, hub.itwin_id.upper()).name == hub.itwin_id
    with pytest.raises(IModelsError, match=r"No iTwin .* 'Riverside'\. Pass one of these ids: 'Riverside .*'"):
        find_imodel(client, "x", "Riverside")
    with pytest.raises(IModelsError, match=r"fetch_itwins\(client\) lists your iTwins"):
        find_imodel(client, "x", "Lakeside")


@pytest.mark.parametrize("name", ["", " ", None, 7, "x" * 300])
def test_an_invalid_name_is_an_error_before_any_request(hub: Hub, client: IModelsClient, name: str) -> None:
    before = len(hub.log)
    with pytest.raises(ValueError, match="name should be"):
        find_imodel(client, name)
    assert len(hub.log) == before


def test_a_name_in_place_of_an_id_is_an_error_that_says_how_to_find_it(client: IModelsClient) -> None:
    advice = r"find_imodel\(client, name\)\.name.*choose_imodel\(client\)"
    with pytest.raises(ValueError, match=advice):
        fetch_changesets(client, "Bridge")
    with pytest.raises(ValueError, match=advice):
        fetch_portfolio(client, ["Bridge"])
    with pytest.raises(ValueError, match=r"fetch_itwins\(client, search=\.\.\.\)"):
        fetch_imodels(client, "Riverside")


def test_lists_begin_with_recent_rows_and_favorites(hub: Hub, client: IModelsClient) -> None:
    plain = fetch_imodels_by_use(client, hub.itwin_id)
    assert plain["display_name"].tolist() == [
        "Riverside Station",
        *(f"Riverside Station, part {n}" for n in range(2, 12)),
    ], "numbers in names are sorted as numbers"
    for position in (4, 7):
        mark(hub, "POST", f"/imodels/recents/{plain.index[position]}")
    for position in (7, 9):
        mark(hub, "PUT", f"/imodels/favorites/{plain.index[position]}")
    rows = fetch_imodels_by_use(client, hub.itwin_id)
    assert rows.index[:4].tolist() == [plain.index[number] for number in (7, 4, 9, 0)]
    assert rows["is_recent"].head(4).tolist() == [True, True, False, False]
    assert rows["is_favorite"].head(4).tolist() == [True, False, True, False]
    assert sorted(rows.index) == sorted(plain.index)
    mark(hub, "POST", f"/itwins/favorites/{hub.itwin_id}")
    assert fetch_itwins_by_use(client).index[0] == hub.itwin_id
    mark(hub, "POST", f"/itwins/recents/{PLANT.imodel.itwin_id}")
    assert fetch_itwins_by_use(client).index[:2].tolist() == [PLANT.imodel.itwin_id, hub.itwin_id]


def test_a_service_without_favorites_is_enough(hub: Hub, client: IModelsClient) -> None:
    for name in ("favorites", "recents"):
        hub.inject(f"server-error:status=404,times=2,path={name}")
    assert not fetch_imodels_by_use(client, hub.itwin_id)[["is_recent", "is_favorite"]].any(axis=None)
    assert len(fetch_itwins_by_use(client)) == 3
    hub.clear_faults()
    hub.inject("server-error:status=403,times=0,path=/itwins")
    with pytest.raises(Forbidden):
        fetch_itwins_by_use(client)


def test_the_newest_changeset_takes_one_request(hub: Hub, client: IModelsClient) -> None:
    before = len(hub.log)
    assert fetch_newest_index(client, hub.imodel_id) == 5
    assert sum("changesets" in line for line in hub.log[before:]) == 1


def test_a_name_that_several_imodels_have_is_an_error_with_their_ids(hub: Hub, client: IModelsClient) -> None:
    made = []
    for itwin_id in (hub.itwin_id, PLANT.imodel.itwin_id):
        body = json.dumps({"iTwinId": itwin_id, "name": "Twice", "changesetIndex": 0})
        url = f"{hub.base_url}/imodels/{PLANT.imodel.id}/clone"
        response = ask(url, "POST", body, Authorization=f"Bearer {hub.token}")
        made.append(response.headers["location"].rpartition("/")[2])
    with pytest.raises(
        IModelsError, match=r"2 iModels are named 'twice': .* Pass one of these ids, or itwin=\."
    ) as error:
        find_imodel(client, "twice")
    assert all(imodel_id in str(error.value) for imodel_id in made)
    assert find_imodel(client, "twice", "Pump station").name == made[1]
