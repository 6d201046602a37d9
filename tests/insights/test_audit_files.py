"""An audit that takes the changeset files in."""

from pathlib import Path

import apsw
import pandas as pd
import pytest
from helpers.changeset_files import record_changes, write_changeset

from imodels_nb import audit_ledger, sample


@pytest.fixture
def changesets(tmp_path: Path) -> pd.DataFrame:
    """Return five changesets of the sample, with the ids of the files in `tmp_path`."""
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE t (Id INTEGER PRIMARY KEY)")
    ids: list[str] = []
    for number in range(1, 6):
        body = record_changes(database, lambda: database.execute("INSERT INTO t VALUES (?)", (number,)))  # noqa: B023
        ids.append(write_changeset(tmp_path, body, parent_id=ids[-1] if ids else "").stem)
    frame = sample.load_changesets().iloc[:5].copy()
    return frame.assign(id=ids, parent_id=["", *ids[:-1]])


def test_files_prove_the_content(changesets: pd.DataFrame, tmp_path: Path) -> None:
    audit = audit_ledger(changesets, files=tmp_path)
    assert audit["content"].tolist() == ["proved"] * 5
    assert audit.attrs["sound"]
    assert audit_ledger(changesets)["content"].tolist() == ["unchecked"] * 5


def test_a_wrong_file_makes_the_audit_unsound(changesets: pd.DataFrame, tmp_path: Path) -> None:
    second = tmp_path / f"{changesets['id'][2]}.cs"
    second.write_bytes((tmp_path / f"{changesets['id'][4]}.cs").read_bytes())
    audit = audit_ledger(changesets, files=tmp_path)
    assert audit["content"].tolist() == ["proved", "failed", "proved", "proved", "proved"]
    assert not audit.attrs["sound"]
    assert audit.attrs["summary"][0].startswith("1 changeset does not match its file, the first at 2: ")
    assert "has the content of changeset 4" in audit.attrs["summary"][0]


def test_a_waiting_changeset_needs_no_file(changesets: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / f"{changesets['id'][5]}.cs").unlink()
    waiting = changesets.assign(state=["fileUploaded"] * 4 + ["waitingForFile"])
    assert audit_ledger(waiting, files=tmp_path)["content"].tolist() == ["proved"] * 4 + ["unchecked"]
    assert audit_ledger(changesets, files=tmp_path)["content"].tolist() == ["proved"] * 4 + ["failed"]


def test_repeated_rows_are_audited_once(changesets: pd.DataFrame, tmp_path: Path) -> None:
    twice = pd.concat([changesets, changesets.loc[[3]]]).sort_index()
    audit = audit_ledger(twice, files=tmp_path)
    assert audit["content"].tolist() == ["proved", "proved", "proved", "unchecked", "proved", "proved"]
    assert not audit.attrs["sound"]
