"""Tests of the report file: its content, and the arguments that it refuses."""

import gzip
import os
import re
import resource
import subprocess
import sys
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from helpers.texts import HARMLESS, HOSTILE

from imodels_nb import (
    IModelsClient,
    audit_ledger,
    fetch_changesets,
    fetch_named_versions,
    fetch_users,
    findings,
    sample,
)
from imodels_nb.errors import IModelsError, SecretFound
from imodels_nb.report import write_report

COUNT = 400
EMAIL = "ask ingrid.svensson@example.com"
SIGNATURE = "https://blob.example/x?sv=2024-05-04&sr=b&sig=a%2Fb3dEfGhIjK"


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return sample.load_changesets(changesets=COUNT)


@pytest.fixture(scope="module")
def named_versions() -> pd.DataFrame:
    return sample.load_named_versions(changesets=COUNT)


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory, changesets: pd.DataFrame, named_versions: pd.DataFrame) -> Path:
    file = tmp_path_factory.mktemp("bridge") / "report.html"
    return write_report(file, changesets, named_versions, title="Bridge")


def _rename(named_versions: pd.DataFrame, *names: str) -> pd.DataFrame:
    named = named_versions.assign(name=[*names, *named_versions["name"].iloc[len(names) :]])
    return named.assign(id=[f"version {number}" for number in range(len(named))])


@pytest.mark.slow
def test_every_finding_has_threshold_and_advice(
    bridge: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame
) -> None:
    page = bridge.read_text("utf-8")
    found = findings(changesets, named_versions)
    assert len(found) > 2
    shown = unescape(re.sub('<span class="unbreakable">(.*?)</span>', r"\1", page))
    for column in ("rule", "sentence", "threshold", "advice"):
        assert all(text in shown for text in found[column])
    assert all(rule in page for rule in found.attrs["not_checked"])
    assert audit_ledger(changesets).attrs["digest"] in page
    assert "<title>Bridge</title>" in page
    dates = re.findall(r"\d{1,2} [A-Z][a-z]+ \d{4}", " ".join(found["sentence"]))
    assert dates
    assert all(f'<span class="unbreakable">{date}</span>' in page for date in dates)


@pytest.mark.slow
def test_the_same_data_give_the_same_bytes(tmp_path: Path, bridge: Path) -> None:
    script = (
        "import sys; from imodels_nb import sample, write_report; "
        f"write_report(sys.argv[1], sample.load_changesets(changesets={COUNT}), "
        f"sample.load_named_versions(changesets={COUNT}), title='Bridge')"
    )
    file = tmp_path / "report.html"
    elsewhere = {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "HOME": "/", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", script, str(file)], check=True, env=elsewhere)
    assert file.read_bytes() == bridge.read_bytes()


def test_a_secret_in_a_name_is_refused_at_its_place(
    tmp_path: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame
) -> None:
    named = _rename(named_versions, "fine", EMAIL)
    place = rf"the report, named versions, changeset {named.index[1]:,}, name looks like it contains an e-mail address"
    with pytest.raises(SecretFound, match=f"{place}.*redact=True") as refused:
        write_report(tmp_path / "report.html", changesets, named)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, IModelsError)
    assert "ingrid" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_secret_in_the_title_is_refused(tmp_path: Path, changesets: pd.DataFrame) -> None:
    with pytest.raises(SecretFound, match="the report, title"):
        write_report(tmp_path / "report.html", changesets, title=EMAIL)


@pytest.mark.slow
def test_harmless_names_are_shown(tmp_path: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame) -> None:
    count = len(HARMLESS)
    named = _rename(named_versions.reset_index().loc[[0] * count].set_index("changeset_index"), *HARMLESS)
    page = unescape(write_report(tmp_path / "report.html", changesets, named).read_text("utf-8"))
    assert [name for name in named["name"] if name not in page] == []
    assert len(named) == count > 20


@pytest.mark.slow
def test_redact_masks_secrets_everywhere(
    tmp_path: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame
) -> None:
    named = _rename(named_versions, f"Pump {EMAIL} now", SIGNATURE, "Shape@3x.png")
    page = write_report(tmp_path / "a.html", changesets, named, title=f"Bridge, {EMAIL}", redact=True).read_text(
        "utf-8"
    )
    assert "Pump ask [redacted] now" in page
    assert "https://blob.example/x?[redacted]" in page
    assert "<title>Bridge, ask [redacted]</title>" in page
    assert "Shape@3x.png" in page
    charts = "".join(gzip.decompress(b64decode(data)).decode() for data in re.findall(r'plain">(H4s[^<]+)<', page))
    assert "Pump ask [redacted] now" in charts
    assert not re.search(r"ingrid|a%2Fb3dEf|sv=2024", page + charts)
    assert named["name"].iloc[0] == f"Pump {EMAIL} now"  # the frame of the caller stays as it is


@pytest.mark.slow
def test_redact_changes_nothing_where_there_is_no_secret(
    tmp_path: Path, bridge: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame
) -> None:
    file = write_report(tmp_path / "report.html", changesets, named_versions, title="Bridge", redact=True)
    assert file.read_bytes() == bridge.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("changesets", "x.html"), {}, "path should be the path of a file, such as 'name.html', not DataFrame"),
        ((None, "changesets"), {}, "path should be .* not NoneType"),
        ((b"x.html", "changesets"), {}, "path should be .* not bytes"),
        (("x.html", "x.html"), {}, "changesets should be a DataFrame"),
        (("x.html", "changesets", "Bridge"), {}, "named_versions should be a DataFrame"),
        (("x.html", "changesets"), {"title": 5}, "title should be text, not int"),
        (("x.html", "changesets"), {"title": "versions"}, "title should be text, not DataFrame"),
        (("x.html", "changesets"), {"names": "no"}, "names should be True or False, not 'no'"),
        (("x.html", "changesets"), {"redact": 1}, "redact should be True or False, not 1"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: Any, options: Any, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    frames = {"changesets": sample.load_changesets(changesets=3), "versions": sample.load_named_versions(changesets=3)}

    def replace(value: Any) -> Any:
        return frames.get(value, value) if isinstance(value, str) else value

    with pytest.raises(TypeError, match=message):
        write_report(*map(replace, arguments), **{name: replace(value) for name, value in options.items()})
    assert not list(tmp_path.iterdir())


def test_swapped_frames_are_named(tmp_path: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="changesets"):
        write_report(tmp_path / "x.html", named_versions, changesets)


def test_a_path_with_a_null_character_is_refused(tmp_path: Path, changesets: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="null character"):
        write_report(f"{tmp_path}/a\0b.html", changesets)


def _read_by_people(page: str) -> str:
    """Return the page without its scripts, in whose letters any short name occurs."""
    return re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)


@pytest.mark.slow
def test_people_are_pseudonyms_unless_names_are_asked_for(tmp_path: Path) -> None:
    with sample.start(changesets=COUNT) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        changesets = fetch_changesets(client, hub.imodel_id)
        versions = fetch_named_versions(client, hub.imodel_id)
        users = fetch_users(client, hub.imodel_id, personal=True)
    names = users["given_name"] + " " + users["surname"]
    closed = write_report(tmp_path / "a.html", changesets, versions, users).read_text("utf-8")
    words = set(re.findall(r"[\w-]+", _read_by_people(closed)))
    assert not [name for name in [*users["given_name"], *users["surname"], *users.index] if name in words]
    assert any(label in closed for label in users["label"])
    opened = write_report(tmp_path / "b.html", changesets, versions, users, names=True).read_text("utf-8")
    assert any(name in opened for name in names)
    assert "Published by Ingrid" in opened
    with pytest.raises(ValueError, match="personal=True"):
        write_report(tmp_path / "c.html", changesets, versions, users[["label"]], names=True)


@pytest.mark.slow
def test_tables_of_other_libraries_lose_names_of_people_too(tmp_path: Path, changesets: pd.DataFrame) -> None:
    named = changesets.assign(creator_name="Ada Lovelace").reset_index()
    page = write_report(tmp_path / "a.html", pa.Table.from_pandas(named, preserve_index=False)).read_text("utf-8")
    assert "Ada Lovelace" not in page


def test_missing_changesets_are_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="changesets should be a DataFrame from fetch_changesets, not NoneType"):
        write_report(tmp_path / "a.html", None)  # type: ignore[arg-type]  # the error under test


class _Markup(HTMLParser):
    """The parts of a page that load a foreign picture, or run a handler."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [tag] * (tag == "img") + [name for name, _ in attrs if name.startswith("on")]

    @classmethod
    def harm(cls, page: str) -> list[str]:
        reader = cls()
        reader.feed(page)
        return reader.found


@pytest.mark.slow
def test_texts_are_escaped(tmp_path: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame) -> None:
    file, title = tmp_path / "report.html", " ".join(HOSTILE)
    hostile = _rename(named_versions.reset_index().loc[[0] * len(HOSTILE)].set_index("changeset_index"), *HOSTILE)
    page = write_report(file, changesets, hostile, title=title).read_text("utf-8")
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x07]", page)
    assert not _Markup.harm(page)
    assert page.count("<script") == 4  # two charts, the engine, ours
    assert "49" not in re.search("<h1>.*</h1>", page)[0]  # type: ignore[index]  # it is there
    assert page.count("&lt;script&gt;window.harm = 1") == 2 * 3  # title, heading, and the names


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_report_of_few_changesets(tmp_path: Path, count: int) -> None:
    frame, versions = sample.load_changesets(changesets=3), sample.load_named_versions(changesets=3)
    page = write_report(tmp_path / "report.html", frame.iloc[:count], versions.iloc[:0]).read_text("utf-8")
    assert "Nothing stands out" in page
    assert ("There is no history yet" in page) is ("There are no changesets." in page) is (count == 0)
    assert "1970" not in _read_by_people(page)
    assert "1 changesets" not in page


@pytest.mark.slow
def test_the_time_zone_is_named(tmp_path: Path, changesets: pd.DataFrame) -> None:
    page = write_report(tmp_path / "report.html", changesets, time_zone="Asia/Tokyo").read_text("utf-8")
    assert "All times are in Asia/Tokyo." in page
    assert page.count("Time of push (Asia/Tokyo)") >= 1
    assert "(UTC)" not in page


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "reports.html"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("build_path", "error", "words"),
    [
        (lambda folder: folder / "report.pdf", ValueError, "should end with .html"),
        (lambda folder: folder / "missing" / "report.html", FileNotFoundError, "create it first"),
        (_folder, IsADirectoryError, "is a folder"),
    ],
)
def test_an_invalid_path_is_refused_first(tmp_path: Path, build_path: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        write_report(build_path(tmp_path), None)  # type: ignore[arg-type]  # the path is checked first


def test_an_existing_file_stays_after_an_error(tmp_path: Path, changesets: pd.DataFrame) -> None:
    file = tmp_path / "report.html"
    file.write_text("the one before")
    with pytest.raises(SecretFound):
        write_report(file, changesets, title=SIGNATURE)
    assert file.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.slow
def test_an_existing_file_stays_on_a_full_disk(bridge: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("the one before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_report(file, sample.load_changesets(changesets=3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_text() == "the one before"
    assert list(tmp_path.iterdir()) == [file]
    assert bridge.stat().st_size > 1000


@pytest.mark.slow
def test_a_single_surrogate_is_shown_by_its_number(tmp_path: Path, changesets: pd.DataFrame) -> None:
    page = write_report(tmp_path / "report.html", changesets.iloc[:3], title="odd \ud800").read_text("utf-8")
    assert "odd ⟨U+D800⟩" in page


@pytest.mark.slow
def test_half_a_character_in_ids_is_replaced(
    tmp_path: Path, changesets: pd.DataFrame, named_versions: pd.DataFrame
) -> None:
    damaged = {name: [f"{value} \ud83d" for value in changesets[name]] for name in ("id", "creator_id", "group_id")}
    frame = changesets.assign(**{name: pd.Series(values, changesets.index, object) for name, values in damaged.items()})
    assert write_report(tmp_path / "report.html", frame, named_versions).stat().st_size > 1000
    assert findings(frame)["sentence"].str.encode("utf-8").notna().all()
    assert len(audit_ledger(frame)) == len(frame)
