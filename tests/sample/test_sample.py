"""The sample as its users meet it: in a notebook and on the command line."""

import inspect
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from helpers.scripted_provider import SteppedClock

from imodels_hub import Hub, generate_project
from imodels_nb import sample
from imodels_nb.api import IModelsClient
from imodels_nb.auth import DeviceCodeCredential, LoginState, StaticTokenCredential
from imodels_nb.download import download_changesets
from imodels_nb.errors import Forbidden, UnexpectedResponse
from imodels_nb.fetch import fetch_changesets, fetch_imodels, fetch_named_versions, fetch_users
from imodels_nb.sample.__main__ import main as command
from imodels_nb.sample.__main__ import parse_options
from imodels_nb.sample.provider import build_sample_provider


@pytest.mark.slow
def test_what_is_loaded_is_what_the_hub_serves() -> None:
    with sample.start() as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        pd.testing.assert_frame_equal(sample.load_changesets(), fetch_changesets(client, hub.imodel_id))
        pd.testing.assert_frame_equal(sample.load_named_versions(), fetch_named_versions(client, hub.imodel_id))
        full = fetch_changesets(client, hub.imodel_id, detail="full")
        pd.testing.assert_frame_equal(sample.load_changesets("full"), full)
    assert len(full) == 12_000


def test_loaded_data_of_any_length_without_anomalies() -> None:
    about: dict[str, Any] = {"changesets": 600, "seed": 3, "gaps": True, "anomalies": False}
    with sample.start(**about) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        assert hub.planted_anomalies == ()
        pd.testing.assert_frame_equal(sample.load_changesets(**about), fetch_changesets(client, hub.imodel_id))
        pd.testing.assert_frame_equal(sample.load_named_versions(**about), fetch_named_versions(client, hub.imodel_id))


def test_seed_determines_the_project() -> None:
    def ids(seed: int) -> list[str]:
        with sample.start(50, seed) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
            return fetch_changesets(client, hub.imodel_id)["id"].tolist()

    assert ids(7) == ids(7) != ids(8)


def test_what_is_pushed_is_what_is_fetched_next() -> None:
    with sample.start(10) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        pushed = hub.push(2)
        pd.testing.assert_frame_equal(pushed, fetch_changesets(client, hub.imodel_id, after_index=10))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_shortest_projects_work(count: int) -> None:
    with sample.start(count) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        assert len(fetch_changesets(client, hub.imodel_id)) == count
        fetch_named_versions(client, hub.imodel_id)


def test_neither_representation_nor_log_shows_the_token() -> None:
    with sample.start(1) as hub:
        token = hub.credential.get_token().token
        assert token not in repr(hub) + repr(vars(hub)) + "".join(hub.log)


@contextmanager
def _running(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "imodels_nb.sample", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_its_addresses_and_ends_with_0(number: signal.Signals) -> None:
    with _running("--changesets", "20", "--token", "given") as (process, announced):
        assert set(announced) == {
            "base_url",
            "identity_url",
            "token",
            "itwin_id",
            "imodel_id",
            "plant_imodel_id",
            "changesets",
        }
        assert (announced["token"], announced["changesets"]) == ("given", 20)
        credential = StaticTokenCredential(announced["token"])
        with IModelsClient(credential, base_url=announced["base_url"]) as client:
            assert len(fetch_changesets(client, announced["imodel_id"])) == 20
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_command_stops_while_it_generates_a_project(number: str) -> None:
    program = f"""
import os, signal, sys, time
from imodels_nb.sample import __main__ as command
command.generate_itwin = lambda *_, **__: (os.kill(os.getpid(), signal.{number}), time.sleep(60))
sys.argv[1:] = []
command.main()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.slow
def test_a_fault_can_be_ordered_on_the_command_line_and_from_python() -> None:
    order = "html:path=/users,times=0"
    with _running("--changesets", "20", "--fault", order) as (_, announced):
        credential = StaticTokenCredential(announced["token"])
        with IModelsClient(credential, base_url=announced["base_url"]) as client, pytest.raises(UnexpectedResponse):
            fetch_users(client, announced["imodel_id"])
    with sample.start(3, faults=[order]) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        assert set(sample.FAULTS) >= {"html", "latency"}
        with pytest.raises(UnexpectedResponse):
            fetch_users(client, hub.imodel_id)
        hub.clear_faults()
        fetch_users(client, hub.imodel_id)


def test_several_imodels_can_share_the_itwin() -> None:
    with sample.start(3, imodels=3) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        assert fetch_imodels(client, hub.itwin_id).index.nunique() == 3


def test_the_anomalies_of_the_timeline_are_listed() -> None:
    with sample.start(400) as hub:
        assert {anomaly.name for anomaly in hub.planted_anomalies} >= {"size outlier", "schema storm", "hand-over"}


@pytest.mark.parametrize(
    ("option", "value"), [("--changesets", "-3"), ("--fault", "nothing"), ("--permissions", "all")]
)
def test_invalid_command_line_prints_the_usage(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_options([option, value])
    assert ended.value.code == 2
    assert f"argument {option}" in capsys.readouterr().err


def test_the_samples_tokens_go_to_the_sample_only() -> None:
    with sample.start(1) as hub, pytest.raises(ValueError, match="is not sent to https"):
        IModelsClient(hub.credential)


@pytest.mark.parametrize(
    "arguments",
    [
        {"changesets": "5"},
        {"changesets": 1.5},
        {"changesets": -1},
        {"seed": None},
        {"port": 99_999},
        {"latency_ms": -5},
        {"latency_ms": float("nan")},
        {"rate_limit": 0},
        {"token_lifetime": -1},
        {"imodels": 0},
        {"permissions": ["imodels_all"]},
    ],
    ids=str,
)
def test_invalid_option_is_refused_by_name(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        sample.start(**arguments)


def test_load_changesets_checks_detail() -> None:
    with pytest.raises(ValueError, match="'minimal' or 'full'"):
        sample.load_changesets("most")  # type: ignore[arg-type]  # that is the point


def test_stopped_hub_refuses_pushes() -> None:
    hub = sample.start(1)
    hub.stop()
    assert "stopped" in repr(hub)
    with pytest.raises(RuntimeError, match="or start another hub"):
        hub.push()


@pytest.mark.parametrize("count", [-1, True, 1.5])
def test_invalid_number_of_pushes_is_refused(count: int) -> None:
    with sample.start(3) as hub, pytest.raises(ValueError, match="count should be a whole number of at least 0"):
        hub.push(count)


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "::1"])
def test_announced_address_signs_in_for_every_host_name(host: str) -> None:
    with Hub(generate_project(3), host=host, auto_approve=True) as hub:
        provider = build_sample_provider(hub.identity_url, auto_approve=True)
        credential = DeviceCodeCredential(
            provider=provider, clock=SteppedClock(free=True), is_interactive=lambda: False
        )
        assert credential.begin_authenticate().wait(30) is LoginState.SIGNED_IN
        with IModelsClient(credential, base_url=hub.base_url) as client:
            assert len(fetch_changesets(client, hub.imodel_id)) == 3
        credential.close()


@pytest.mark.slow
def test_command_line_sets_imodels_and_permissions(tmp_path: Path) -> None:
    given = ["--changesets", "3", "--imodels", "2", "--permissions", "imodels_webview"]
    with _running(*given, "--ledger-file", str(tmp_path / "hub.sqlite")) as (_, announced):
        credential = StaticTokenCredential(announced["token"])
        with IModelsClient(credential, base_url=announced["base_url"]) as client:
            assert fetch_imodels(client, announced["itwin_id"]).index.nunique() == 2
            changesets = fetch_changesets(client, announced["imodel_id"])
            with pytest.raises(Forbidden, match="imodels_read"):
                download_changesets(client, announced["imodel_id"], changesets, tmp_path)
    with _running("--changesets", "9", "--ledger-file", str(tmp_path / "hub.sqlite")) as (_, again):
        assert (again["imodel_id"], again["changesets"]) == (announced["imodel_id"], 3)


def test_every_argument_of_start_is_an_option_with_its_unit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        parse_options(["--help"])
    shown, elsewhere = (
        capsys.readouterr().out,
        {"faults": "--fault", "anomalies": "--no-anomalies", "allowed_hosts": "--allow-host"},
    )
    for name in inspect.signature(sample.start).parameters:
        assert elsewhere.get(name, f"--{name.replace('_', '-')}") in shown
    assert all(unit in shown for unit in ("milliseconds", "requests a second", "SECONDS", "1 to 65535"))


@pytest.mark.parametrize(
    "given",
    [
        ["--port", "99999"],
        ["--host", "nowhere.invalid"],
        ["--latency-ms", "-1"],
        ["--token", "schlüssel"],
        ["--imodels", "0"],
        ["--ledger-file", __file__],
        ["--ledger-file", "/nowhere/at/all"],
    ],
    ids=str,
)
def test_failed_command_prints_one_line(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sample", "--changesets", "1", *given])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        command()
    text_shown = ended.value.code  # text, which goes to standard error and makes the status 1
    assert isinstance(text_shown, str)
    assert text_shown.startswith("python -m imodels_nb.sample: ")
    assert "\n" not in text_shown
    assert given[-1] not in text_shown or given[0] != "--token"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("prefix", "status"), [(None, 403), ("/user/ada/", 200)], ids=["here", "JupyterHub"])
def test_on_jupyterhub_any_host_may_lead_to_the_sample(
    monkeypatch: pytest.MonkeyPatch, prefix: str | None, status: int
) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    if prefix:
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", prefix)
    with sample.start(changesets=2) as hub:
        headers = {"Host": "notebooks.example.org", "Origin": "https://notebooks.example.org"}
        assert requests.get(f"{hub.provider.identity_url}/device", headers=headers, timeout=30).status_code == status
    with sample.start(changesets=2, allowed_hosts=["notebooks.example.org"]) as hub:
        assert requests.get(f"{hub.provider.identity_url}/device", headers=headers, timeout=30).status_code == 200


def test_a_host_can_be_allowed_on_the_command_line() -> None:
    asked = parse_options(["--allow-host", "lab.example.org", "--allow-host", "*"])
    assert asked.allowed_hosts == ["lab.example.org", "*"]
