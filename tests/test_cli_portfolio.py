"""The command portfolio: an iTwin, several iModels, and errors."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imodels_hub import Hub, generate_project
from imodels_nb.cli import main

UNKNOWN = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    first, other = generate_project(60), generate_project(90, seed=8)
    beside = other.imodel._replace(itwin_id=first.imodel.itwin_id, name="Depot <b>")
    with Hub(first, neighbors=[replace(other, itwins=(), imodel=beside)]) as running:
        yield running


@pytest.fixture
def to_hub(hub: Hub, tmp_path: Path) -> list[str]:
    """Return the options that lead to the hub."""
    token = tmp_path / "token"
    token.write_text(f"{hub.token}\n")
    return ["--base-url", hub.base_url, "--token-file", str(token), "-o", str(tmp_path / "board.html")]


def test_an_itwin_becomes_a_page(
    hub: Hub, to_hub: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["portfolio", hub.itwin_id, "--title", "Line 3", *to_hub]) == 0
    page = (tmp_path / "board.html").read_text("utf-8")
    assert all(text in page for text in ("<title>Line 3</title>", "Depot &lt;b&gt;", "Riverside Station"))
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (f"{tmp_path / 'board.html'}\n", "2 iModels: 150 changesets with 963 MB.\n")


def test_an_imodel_that_fails_stands_below_the_others(hub: Hub, to_hub: list[str], tmp_path: Path) -> None:
    assert main(["portfolio", hub.imodel_id, UNKNOWN, *to_hub]) == 1
    page = (tmp_path / "board.html").read_text("utf-8")
    assert all(text in page for text in ("Riverside Station", UNKNOWN, "NotFound (404)"))


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "takes the ID of an iTwin, the IDs of iModels, or --sample"),
        (["abc"], 1, "ID should be a GUID"),
        ([UNKNOWN, "-o", "board.pdf"], 1, "should end with .html"),
        ([UNKNOWN, "--time-zone", "Moon/Crater"], 1, "Moon/Crater"),
        ([UNKNOWN, "--now", "soon"], 1, "now should be a time"),
    ],
)
def test_an_error_takes_one_line(
    capsys: pytest.CaptureFixture[str], to_hub: list[str], arguments: list[str], status: int, message: str
) -> None:
    try:
        ended = main(["portfolio", *to_hub, *arguments])
    except SystemExit as error:
        ended = int(error.code or 0)
    assert ended == status
    assert message in capsys.readouterr().err
