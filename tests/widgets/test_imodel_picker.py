"""The list of iModels without a browser, at the sample hub."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from helpers.hub_faults import edit_body
from helpers.hub_requests import ask
from helpers.hubs import PLANT, build_itwin_hub
from helpers.waiting import wait_until

from imodels_hub import Hub
from imodels_nb import IModelPicker, IModelsClient, IModelsError, choose_imodel, login, sample
from imodels_nb.errors import AuthenticationRequiredError
from imodels_nb.fetch import fetch_imodels_by_use
from imodels_nb.widgets.imodel_rows import PickerRows

MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def running_hub() -> Iterator[Hub]:
    with build_itwin_hub(23, 5, 7) as running:
        yield running


@pytest.fixture
def picker(hub: Hub, client: IModelsClient) -> IModelPicker:
    shown = choose_imodel(client, itwin=hub.itwin_id)
    wait_until(lambda: "changeset" in shown.choice.get("text", ""))
    return shown


def request(picker: IModelPicker, **message: Any) -> Any:
    picker._handle_custom_msg(message, [])
    return picker.page


def names(page: Any) -> list[str]:
    return [row["display_name"] for row in page["rows"]]


def test_the_first_imodel_is_chosen_and_the_next_cell_can_use_it(hub: Hub, client: IModelsClient) -> None:
    before = len(hub.log)
    started = time.monotonic()
    picker = choose_imodel(client)
    assert time.monotonic() - started < 0.5
    assert picker.imodel_id == PLANT.imodel.id, "the first iTwin by name"
    assert picker.itwin_id == PLANT.imodel.itwin_id
    assert picker.imodel["display_name"] == "Pump station"
    wait_until(lambda: "changeset" in picker.choice["text"])
    assert len(hub.log) - before == 7, "three lists of iTwins, three of iModels, one newest changeset"
    assert picker.choice == {
        "id": PLANT.imodel.id,
        "name": "Pump station",
        "text": "newest changeset 228 · last push 2025-12-12 08:45 UTC",
    }
    assert repr(picker) == f"IModelPicker('Pump station', imodel_id='{PLANT.imodel.id}')"


def test_the_imodel_used_last_is_chosen_first(hub: Hub, client: IModelsClient) -> None:
    listed = fetch_imodels_by_use(client, hub.itwin_id)
    headers = {"Authorization": f"Bearer {hub.token}", "Accept": "*/*"}
    paths = [f"/itwins/recents/{hub.itwin_id}", f"/imodels/recents/{listed.index[12]}"]
    assert [ask(f"{hub.base_url}{path}", "POST", b"{}", **headers).status for path in paths] == [204, 204]
    picker = choose_imodel(client)
    assert picker.imodel_id == listed.index[12]
    assert picker.page["rows"][0]["mark"] == "recent"
    ask(f"{hub.base_url}{paths[1]}", "DELETE", **headers)


def test_a_name_is_chosen_and_its_page_shown(client: IModelsClient) -> None:
    picker = choose_imodel(client, name="riverside station, part 15")
    assert picker.imodel["display_name"] == "Riverside Station, part 15"
    assert picker.page["page"] == 1
    assert picker.page["itwin"] == "Riverside Station upgrade"
    other = choose_imodel(client, name="pump station", itwin="pump station")
    assert other.imodel_id == PLANT.imodel.id


def test_a_name_that_no_imodel_has_is_shown_and_raised(client: IModelsClient) -> None:
    picker = choose_imodel(client, name="Bridge")
    with pytest.raises(IModelsError, match="named 'Bridge'"):
        _ = picker.imodel_id
    assert picker.status["kind"] == "error"
    assert "named 'Bridge'" in picker.status["text"]
    assert picker.page["level"] == "itwins"
    request(picker, level="itwins", choose=PLANT.imodel.itwin_id)
    assert picker.imodel_id == PLANT.imodel.id, "a choice by hand is enough"


def test_pages_are_searched_and_sorted(picker: IModelPicker) -> None:
    page: Any = picker.page
    assert (page["page"], page["pages"], page["matching"], page["total"]) == (0, 3, 23, 23)
    assert names(page)[:3] == ["Riverside Station", "Riverside Station, part 2", "Riverside Station, part 3"]
    assert names(request(picker, level="imodels", page=2, request=7))[-1] == "Riverside Station, part 23"
    assert picker.page["request"] == 7
    found = request(picker, level="imodels", search="STATION part", page=9)
    assert (found["matching"], found["page"], len(found["rows"])) == (22, 2, 2)
    assert request(picker, level="imodels", search="no such")["matching"] == 0
    assert request(picker, level="imodels", search="2025")["matching"] == 0, "words in texts, not in times"
    assert request(picker, level="imodels", search=picker.imodel_id[:12])["rows"][0]["id"] == picker.imodel_id
    pushed = [
        row["last_push_date_time"]
        for row in request(picker, level="imodels", page=0, sort="last_push_date_time")["rows"]
    ]
    assert pushed == sorted(pushed)
    last = request(picker, level="imodels", page=0, sort="last_push_date_time", descending=True)["rows"]
    assert last[0]["last_push_date_time"] >= pushed[-1]
    assert names(request(picker, level="imodels", page=0, sort="display_name", descending=True))[0].endswith("part 23")


def test_a_click_chooses_an_imodel_or_an_itwin(hub: Hub, picker: IModelPicker) -> None:
    seen = []
    picker.observe(lambda change: seen.append(change["new"]["id"]), "choice")
    row = picker.page["rows"][3]
    request(picker, level="imodels", choose=row["id"])
    assert picker.imodel_id == row["id"]
    assert seen[0] == row["id"]
    wait_until(lambda: "newest changeset 5" in picker.choice["text"])
    itwins = names(request(picker, level="itwins"))
    assert sorted(itwins) == ["Pump station", "Riverside Rail", "Riverside Station upgrade"]
    request(picker, level="itwins", choose=PLANT.imodel.itwin_id)
    wait_until(lambda: picker.page["itwin"] == "Pump station")
    assert picker.imodel_id == row["id"], "another iTwin is shown, and the choice stays"
    request(picker, level="imodels", choose=PLANT.imodel.id)
    assert (picker.imodel_id, picker.itwin_id) == (PLANT.imodel.id, PLANT.imodel.itwin_id)
    request(picker, level="imodels", choose="unknown")
    assert picker.imodel_id == PLANT.imodel.id
    assert hub.itwin_id != picker.itwin_id


def test_an_error_is_shown_with_another_try(hub: Hub, client: IModelsClient) -> None:
    hub.inject("server-error:status=403,times=0,path=/itwins")
    picker = choose_imodel(client)
    with pytest.raises(IModelsError, match="403"):
        _ = picker.imodel_id
    assert picker.status["kind"] == "error"
    hub.clear_faults()
    request(picker, retry=True)
    assert picker.imodel_id
    wait_until(lambda: picker.status == {"kind": "ready", "text": ""})
    hub.inject("server-error:status=403,times=0,path=/imodels")
    request(picker, level="itwins", choose=hub.itwin_id)
    wait_until(lambda: picker.status["kind"] == "error")
    assert picker.imodel_id, "what was chosen stays"
    hub.clear_faults()
    request(picker, retry=True)
    wait_until(lambda: picker.page["itwin"] == "Riverside Station upgrade")


def test_a_cell_that_runs_again_tries_again(hub: Hub, client: IModelsClient) -> None:
    hub.inject("server-error:status=403,times=0,path=/itwins")
    picker = choose_imodel(client)
    wait_until(lambda: picker.status["kind"] == "error")
    hub.clear_faults()
    assert picker.imodel_id


@pytest.mark.parametrize(
    ("rows", "message"), [("iTwins", "member of no iTwin"), ("iModels", "Your 3 iTwins have no iModel")]
)
def test_an_account_without_imodels_has_a_sentence(hub: Hub, client: IModelsClient, rows: str, message: str) -> None:
    for _ in range(40):  # one for each response
        hub.inject(edit_body(lambda body: body.get(rows, []).clear()))
    picker = choose_imodel(client)
    with pytest.raises(IModelsError, match=message):
        _ = picker.imodel_id
    assert message in picker.status["text"]


def test_the_list_waits_for_the_sign_in_and_does_not_approve_it() -> None:
    with sample.start(changesets=3) as hub:
        card = login(provider=hub.provider)
        client = IModelsClient(card.credential, base_url=hub.base_url)
        picker = choose_imodel(client)
        wait_until(lambda: card.credential.flow.has_prompt)
        time.sleep(0.3)
        assert picker.status["kind"] == "waiting"
        assert card.credential.state.is_pending
        with pytest.raises(AuthenticationRequiredError):  # as a fetch does in a run without a person
            _ = picker.imodel_id
        card.approve()
        wait_until(lambda: picker.status["kind"] == "ready")
        assert picker.imodel_id == hub.plant_imodel_id
        card.close()


def test_an_invalid_argument_is_an_error_at_once(client: IModelsClient) -> None:
    with pytest.raises(TypeError, match="client should be an IModelsClient"):
        choose_imodel(client.credential)  # type: ignore[arg-type]
    for arguments in ({"name": 7}, {"itwin": ""}):
        with pytest.raises(ValueError, match="should be a text"):
            choose_imodel(client, **arguments)


def test_no_trait_has_the_token_and_a_closed_list_stays_silent(hub: Hub, picker: IModelPicker) -> None:
    assert hub.token not in json.dumps(picker.get_state(), default=str)
    imodel_id = picker.imodel_id
    request(picker, level="itwins", choose=PLANT.imodel.itwin_id)
    picker.close()
    time.sleep(0.2)
    assert picker.page["itwin"] == "Riverside Station upgrade"
    assert picker.imodel_id == imodel_id


def test_a_page_of_five_thousand_imodels_is_built_at_once(client: IModelsClient) -> None:
    frame = fetch_imodels_by_use(client, PLANT.imodel.itwin_id)
    many = frame.loc[frame.index.repeat(5_000)].assign(display_name=[f"{MARKUP} {n}" for n in range(5_000)])
    many.index = many.index + many["display_name"]
    rows = PickerRows("imodels", many)
    started = time.monotonic()
    page = rows.build_page({"search": "4999", "sort": "display_name"}, "")
    assert time.monotonic() - started < 1
    assert (page["matching"], page["total"]) == (1, 5_000)
    assert page["rows"][0]["display_name"] == f"{MARKUP} 4999", "a text, which the browser does not read as HTML"
