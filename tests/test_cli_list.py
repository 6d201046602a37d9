"""The command list: tables, CSV and errors."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from helpers.hub_requests import ask

from imodels_hub import Hub, build_plant_project, generate_project
from imodels_nb.cli import main


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub(generate_project(60), neighbors=[build_plant_project()]) as running:
        yield running


@pytest.fixture
def to_hub(hub: Hub, tmp_path: Path) -> list[str]:
    """Return the options that lead to the hub."""
    token = tmp_path / "token"
    token.write_text(f"{hub.token}\n")
    return ["--base-url", hub.base_url, "--token-file", str(token)]


def read_csv(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(StringIO(text))]


def test_from_a_text_to_a_briefcase(hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "itwins", "--search", "riverside station", "--csv", *to_hub]) == 0
    (itwin,) = read_csv(capsys.readouterr().out)
    assert itwin["id"] == hub.itwin_id
    assert main(["list", "imodels", itwin["id"], "--csv", *to_hub]) == 0
    (imodel,) = read_csv(capsys.readouterr().out)
    assert imodel["id"] == hub.imodel_id
    assert main(["list", "briefcases", imodel["id"], "--csv", *to_hub]) == 0
    rows = read_csv(capsys.readouterr().out)
    assert {int(row["briefcase_id"]) for row in rows} == {
        briefcase.briefcase_id for briefcase in hub._settings.project.briefcases
    }


@pytest.mark.parametrize(
    ("collection", "shown"),
    [
        *(("locks", "exclusive"), ("permissions", "imodels_read"), ("named-versions", "visible"), ("users", "person-")),
        *(("checkpoints", "successful"), ("changeset-groups", "completed"), ("extended-data", "Nightly sync")),
    ],
)
def test_every_collection_is_a_table(
    hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str], collection: str, shown: str
) -> None:
    assert main(["list", collection, hub.imodel_id, *to_hub]) == 0
    assert shown in capsys.readouterr().out


def test_people_are_shown_only_on_request(hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    names = {user.surname for user in hub._settings.project.users[:-1]}
    for collection in ("users", "briefcases"):
        main(["list", collection, hub.imodel_id, *to_hub])
        text = capsys.readouterr().out
        assert not any(name in text for name in names)
        assert "workstation" not in text
    main(["list", "users", hub.imodel_id, "--names", *to_hub])
    assert all(name in capsys.readouterr().out for name in [names.pop()])


def test_favorites_and_nothing(hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "imodels", hub.itwin_id, "--favorite", *to_hub]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "There are no imodels.\n")
    ask(f"{hub.base_url}/imodels/favorites/{hub.imodel_id}", "PUT", Authorization=f"Bearer {hub.token}")
    assert main(["list", "imodels", hub.itwin_id, "--favorite", *to_hub]) == 0
    assert hub.imodel_id in capsys.readouterr().out


def test_names_cannot_move_the_cursor(hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"name": "red \x1b[31m\u202e", "changesetId": None})
    url = f"{hub.base_url}/imodels/{hub.imodel_id}/namedversions"
    assert ask(url, "POST", body, Authorization=f"Bearer {hub.token}").status == 201
    main(["list", "named-versions", hub.imodel_id, *to_hub])
    text = capsys.readouterr().out
    assert "red" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["itwins", "ID"], "itwins takes no ID"),
        (["imodels"], "imodels takes an ID: that of an iTwin"),
        (["locks"], "locks takes an ID: that of an iModel"),
        (["locks", "ID", "--search", "x"], "--search is for itwins and imodels"),
        (["locks", "ID", "--recent"], "--recent and --favorite are for imodels"),
        (["everything"], "invalid choice"),
    ],
    ids=str,
)
def test_an_invalid_command_line_is_an_error(
    to_hub: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", *arguments, *to_hub])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_an_unknown_imodel_is_an_error(hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "locks", hub.itwin_id, *to_hub]) == 1
    assert capsys.readouterr().err.startswith("NotFound: 404 iModelNotFound")
    assert main(["list", "locks", "abc", *to_hub]) == 1
    assert "No iModel that you can see is named 'abc'." in capsys.readouterr().err


def test_an_imodel_and_an_itwin_can_be_named(hub: Hub, to_hub: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "imodels", "Riverside Station upgrade", "--csv", *to_hub]) == 0
    assert hub.imodel_id in capsys.readouterr().out
    assert main(["list", "permissions", "riverside station", *to_hub]) == 0
    assert "imodels_webview" in capsys.readouterr().out
