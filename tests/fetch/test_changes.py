"""Changes and the baseline of an iModel, fetched from the sample hub."""

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.hub_requests import ask

from imodels_hub.api.named_versions import CHECKPOINT_SECONDS
from imodels_nb import (
    IModelsClient,
    StaticTokenCredential,
    audit_ledger,
    download_baseline,
    download_changesets,
    fetch_changes,
    fetch_changesets,
    sample,
    verify_files,
)
from imodels_nb.cli import main
from imodels_nb.errors import Forbidden, NotFound, UnexpectedResponse, UnreadableChangeset
from imodels_nb.store import find_default_root, list_stored


@pytest.fixture(scope="module")
def hub() -> Iterator[sample.SampleHub]:
    with sample.start(30) as hub:
        yield hub


@pytest.fixture
def client(hub: sample.SampleHub) -> Iterator[IModelsClient]:
    with IModelsClient(hub.credential, base_url=hub.base_url) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return find_default_root()


_SELECTIONS: dict[str, dict[str, Any]] = {"download_changesets": {"changesets": [1]}}


def _requests(hub: sample.SampleHub, before: int) -> list[str]:
    return [line for line in hub.log[before:] if "/imodels" in line or "/blobs" in line]


@pytest.mark.slow
def test_changes_equal_those_without_a_server(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    changes = fetch_changes(client, hub.plant_imodel_id, folder=tmp_path)
    pd.testing.assert_frame_equal(changes, sample.load_changes())
    assert verify_files(fetch_changesets(client, hub.plant_imodel_id), tmp_path)["matches"].all()
    assert audit_ledger(fetch_changesets(client, hub.plant_imodel_id), files=tmp_path).attrs["sound"]


@pytest.mark.slow
def test_a_second_call_takes_one_request(hub: sample.SampleHub, client: IModelsClient, store: Path) -> None:
    first = fetch_changes(client, hub.plant_imodel_id)
    before = len(hub.log)
    second = fetch_changes(client, hub.plant_imodel_id)
    assert len(_requests(hub, before)) == 1
    pd.testing.assert_frame_equal(first, second)
    (entry,) = list_stored(store)
    assert (entry.changesets, entry.files, entry.imodel_id) == (228, 229, hub.plant_imodel_id)
    assert entry.files_folder is not None
    assert stat.S_IMODE(entry.files_folder.stat().st_mode) == 0o700


def test_the_store_command_lists_and_clears_the_files(
    hub: sample.SampleHub, client: IModelsClient, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_changes(client, hub.plant_imodel_id, [1, 2])
    assert main(["store", "list"]) == 0
    assert "; 3 files, " in capsys.readouterr().out
    assert main(["store", "clear", hub.plant_imodel_id]) == 0
    assert list_stored(store) == []
    assert not list(store.rglob("*.cs"))


def test_a_range_has_the_names_of_its_time(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    whole = sample.load_changes()
    changes = fetch_changes(client, hub.plant_imodel_id, range(60, 71), folder=tmp_path)
    assert set(changes.index.get_level_values(0)) == set(range(60, 71))
    elements = changes.query("entity == 'element' and operation == 'inserted'")
    pd.testing.assert_frame_equal(
        elements.astype({"class_name": "str"}),
        whole.loc[60:70].query("entity == 'element' and operation == 'inserted'").astype({"class_name": "str"}),
    )
    assert len(list(tmp_path.glob("*.cs"))) == 12  # with the schema of changeset 1


def test_values_and_tables_are_fetched_too(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    values = fetch_changes(client, hub.plant_imodel_id, [1, 2, 3], folder=tmp_path, detail="properties")
    assert (values["property"] == "FlowRate").sum() == 6
    tables = fetch_changes(client, hub.plant_imodel_id, [3], folder=tmp_path, detail="tables")
    assert tables.loc[(3, "bis_Element", "inserted"), "rows"] == 6


def test_fillers_of_the_long_sample_are_refused_as_such(
    hub: sample.SampleHub, client: IModelsClient, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableChangeset, match="a file that the sample hub made up, without contents") as caught:
        fetch_changes(client, hub.imodel_id, [1, 2], folder=tmp_path)
    assert len(caught.value.failures) == 2
    message = str(caught.value)
    assert "download it again" not in message
    assert "hub.plant_imodel_id" in message
    assert message.endswith("1 more file cannot be read either.")


def test_without_imodels_read_the_error_says_so(tmp_path: Path) -> None:
    with (
        sample.start(5, permissions=["imodels_webview"]) as hub,
        IModelsClient(hub.credential, base_url=hub.base_url) as client,
        pytest.raises(Forbidden, match="imodels_read"),
    ):
        fetch_changes(client, hub.plant_imodel_id, [1], folder=tmp_path)


def test_invalid_arguments_take_no_request(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    before = len(hub.log)
    damaged = sample.load_changesets().iloc[:3].assign(id=[None, "x", "y"])
    for arguments in ({"detail": "rows"}, {"changesets": [0]}, {"changesets": "all"}, {"changesets": damaged}):
        with pytest.raises(ValueError):  # noqa: PT011  # four arguments, four messages
            fetch_changes(client, hub.plant_imodel_id, folder=tmp_path, **arguments)
    for folder in ("a\0b", pd.DataFrame(), "", "~missing-user/x", __file__):
        for call in (fetch_changes, download_baseline, download_changesets):
            with pytest.raises(ValueError, match="folder should be a folder to write in"):
                call(client, hub.plant_imodel_id, **{"folder": folder} | _SELECTIONS.get(call.__name__, {}))
    with pytest.raises(ValueError, match=r"folder should be a folder to write in\. NoneType"):
        download_baseline(client, hub.plant_imodel_id, None)  # type: ignore[arg-type]  # as a user could
    assert _requests(hub, before) == []
    with pytest.raises(NotFound, match=r"no changeset 999\. Its last one is 228"):
        fetch_changes(client, hub.plant_imodel_id, [999], folder=tmp_path)


def test_the_baseline_is_downloaded_once(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    path = download_baseline(client, hub.plant_imodel_id, tmp_path / "new")
    assert path == tmp_path / "new/baseline.bim"
    assert path.read_bytes().startswith(b"SQLite format 3\0")
    before = len(hub.log)
    assert download_baseline(client, hub.plant_imodel_id, tmp_path / "new") == path
    assert _requests(hub, before) == []
    with pytest.raises(NotFound):
        download_baseline(client, hub.imodel_id, tmp_path)


def test_the_baseline_waits_for_a_busy_storage(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    hub.inject("too-many-requests:path=/blobs")
    started = time.monotonic()
    assert download_baseline(client, hub.plant_imodel_id, tmp_path).stat().st_size > 0
    assert time.monotonic() - started >= 1


def test_a_baseline_that_is_cut_short_is_continued(
    client: IModelsClient, hub: sample.SampleHub, tmp_path: Path
) -> None:
    hub.inject("reset:path=/blobs,times=1")
    try:
        path = download_baseline(client, hub.plant_imodel_id, tmp_path)
    finally:
        hub.clear_faults()
    assert path.read_bytes() == download_baseline(client, hub.plant_imodel_id, tmp_path / "again").read_bytes()


def test_a_token_of_another_service_reads_nothing(hub: sample.SampleHub, tmp_path: Path) -> None:
    credential = StaticTokenCredential("wrong", allowed_origins=hub.provider.api_origins)
    with IModelsClient(credential, base_url=hub.base_url) as client, pytest.raises(Exception, match=r"401|token"):
        fetch_changes(client, hub.plant_imodel_id, folder=tmp_path)
    assert not list(tmp_path.glob("*.cs"))


def test_changesets_of_another_imodel_are_refused(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    other = fetch_changesets(client, hub.imodel_id)
    with pytest.raises(UnexpectedResponse, match="Changeset 1 of this iModel is not the one in the frame"):
        fetch_changes(client, hub.plant_imodel_id, other.iloc[:2], folder=tmp_path)
    assert not list(tmp_path.glob("*.cs"))
    own = fetch_changesets(client, hub.plant_imodel_id).loc[[2]]
    upper = own.assign(id=own["id"].str.upper())
    assert len(fetch_changes(client, hub.plant_imodel_id, upper, folder=tmp_path, detail="tables")) > 0


def test_a_folder_has_the_baseline_of_one_imodel(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    file = download_baseline(client, hub.plant_imodel_id, tmp_path)
    assert download_baseline(client, hub.plant_imodel_id.upper(), tmp_path) == file
    with pytest.raises(ValueError, match=r"baseline\.bim is the baseline of another iModel"):
        download_baseline(client, hub.imodel_id, tmp_path)


def test_a_web_page_is_no_baseline(hub: sample.SampleHub, client: IModelsClient, tmp_path: Path) -> None:
    hub.inject("html:path=/blobs,times=9")
    try:
        with pytest.raises(NotFound, match="a baseline file that is not an iModel"):
            download_baseline(client, hub.plant_imodel_id, tmp_path)
    finally:
        hub.clear_faults()


@pytest.fixture(scope="module")
def checkpoint_hub() -> Iterator[sample.SampleHub]:
    """Yield a hub whose plant has a checkpoint in the middle, at changeset 100."""
    with sample.start(5) as hub:
        with IModelsClient(hub.credential, base_url=hub.base_url) as client:
            changeset_id = fetch_changesets(client, hub.plant_imodel_id)["id"][100]
        version = json.dumps({"name": "Review", "changesetId": changeset_id})
        token = f"Bearer {hub.credential.get_token().token}"
        url = f"{hub.base_url}/imodels/{hub.plant_imodel_id}/namedversions"
        assert ask(url, "POST", version, Authorization=token, Content_Type="application/json").status == 201
        time.sleep(CHECKPOINT_SECONDS + 0.2)
        yield hub


def test_a_range_starts_from_the_nearest_checkpoint(checkpoint_hub: sample.SampleHub, tmp_path: Path) -> None:
    with IModelsClient(checkpoint_hub.credential, base_url=checkpoint_hub.base_url) as client:
        before = len(checkpoint_hub.log)
        changes = fetch_changes(client, checkpoint_hub.plant_imodel_id, range(101, 121), folder=tmp_path)
        log = _requests(checkpoint_hub, before)
        whole = sample.load_changes().loc[101:120]
        names = {"class_name": "str"}
        pd.testing.assert_frame_equal(changes.astype(names), whole.astype(names), check_categorical=False)
        assert len(list(tmp_path.glob("checkpoint-*.bim"))) == 1
        assert len(list(tmp_path.glob("*.cs"))) == 20
        assert not any("baselinefile" in line for line in log)
        before = len(checkpoint_hub.log)
        pd.testing.assert_frame_equal(
            fetch_changes(client, checkpoint_hub.plant_imodel_id, range(101, 121), folder=tmp_path), changes
        )
        assert len(_requests(checkpoint_hub, before)) == 1
        later = fetch_changes(client, checkpoint_hub.plant_imodel_id, [110, 125], folder=tmp_path)
        pd.testing.assert_frame_equal(later.loc[110].astype(names), changes.loc[110].astype(names))
        assert len(list(tmp_path.glob("*.cs"))) == 21


def test_a_large_checkpoint_is_not_downloaded(checkpoint_hub: sample.SampleHub, tmp_path: Path) -> None:
    with IModelsClient(checkpoint_hub.credential, base_url=checkpoint_hub.base_url) as client:
        fetch_changes(client, checkpoint_hub.plant_imodel_id, range(1, 101), folder=tmp_path)
        changes = fetch_changes(client, checkpoint_hub.plant_imodel_id, [102], folder=tmp_path)
    assert len(changes) > 0
    assert not list(tmp_path.glob("checkpoint-*.bim"))


@pytest.mark.parametrize("fault", ["html:path=/blobs/,times=4", "server-error:status=404,path=/checkpoint,times=9"])
def test_without_a_usable_checkpoint_the_baseline_is_used(
    checkpoint_hub: sample.SampleHub, tmp_path: Path, fault: str
) -> None:
    with IModelsClient(checkpoint_hub.credential, base_url=checkpoint_hub.base_url) as client:
        fetch_changes(client, checkpoint_hub.plant_imodel_id, [1, 101], folder=tmp_path, detail="tables")
        download_baseline(client, checkpoint_hub.plant_imodel_id, tmp_path)
        checkpoint_hub.inject(fault)
        try:
            changes = fetch_changes(client, checkpoint_hub.plant_imodel_id, [101], folder=tmp_path)
        finally:
            checkpoint_hub.clear_faults()
    assert changes.index.tolist() == sample.load_changes().loc[[101]].index.tolist()
    assert "BisCore:Model" in changes["class_name"].cat.categories
    assert not list(tmp_path.glob("checkpoint-*.bim"))
