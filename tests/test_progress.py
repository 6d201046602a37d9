"""The progress bar: when it appears, and what it shows."""

import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest
from tqdm.notebook import tqdm_notebook

from imodels_hub import Hub
from imodels_nb import progress
from imodels_nb.api import IModelsClient
from imodels_nb.fetch import fetch_changesets
from imodels_nb.progress import Progress


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    monkeypatch.setattr(progress, "_INTERVAL", 0.0)


@pytest.mark.usefixtures("impatient")
def test_a_fetch_shows_rows_and_rate(hub: Hub, client: IModelsClient, capsys: pytest.CaptureFixture[str]) -> None:
    fetch_changesets(client, hub.imodel_id, progress=True)
    shown = capsys.readouterr().err
    assert " changesets" in shown
    assert "/2345 " in shown


@pytest.mark.usefixtures("impatient")
def test_the_bar_shows_the_wait(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(show=True, unit="changesets") as bar:
        bar.update(1000, None, 12.4)
    assert "waiting 12 s before the next request" in capsys.readouterr().err


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("show", [False, None])
def test_no_bar_without_a_terminal(
    hub: Hub, client: IModelsClient, show: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_changesets(client, hub.imodel_id, progress=show)
    assert capsys.readouterr() == ("", "")


def test_no_bar_before_the_first_response(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    monkeypatch.setattr(progress, "_INTERVAL", 0.0)
    with Progress(True, "changesets") as bar:
        bar.update(0, None, 0.0)
        assert not capsys.readouterr().err
        bar.update(5, 10, 0.0)
        assert "5/10" in capsys.readouterr().err


@pytest.mark.usefixtures("impatient")
def test_the_bar_of_a_notebook_stays_red_after_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tqdm.auto.tqdm", tqdm_notebook)
    with Progress(show=True, unit="changesets") as done:
        done.update(8_000, 12_000, 0.0)
    with suppress(KeyboardInterrupt), Progress(show=True, unit="changesets") as failed:
        failed.update(8_000, 12_000, 0.0)
        raise KeyboardInterrupt
    assert done._bar.container.comm is None
    assert failed._bar.container.children[1].bar_style == "danger"
    failed._bar.container.close()


@pytest.mark.parametrize("takes_input", [True, False])
def test_output_is_visible_in_an_interactive_notebook(monkeypatch: pytest.MonkeyPatch, takes_input: bool) -> None:
    shell = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=takes_input))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert progress.is_output_visible() is takes_input


def test_no_bar_within_the_first_second(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(show=True, unit="changesets") as bar:
        bar.update(1, 2, 0.0)
    assert capsys.readouterr() == ("", "")


def test_output_is_visible_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert progress.is_output_visible()
