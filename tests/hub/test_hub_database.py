import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_hub import Hub, Project, generate_project
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import Changeset
from imodels_hub.server import PushContent

GAPPY = generate_project(60, seed=5, gaps=True)
SPARSE = replace(GAPPY, changesets=[row for row in GAPPY.changesets if row.changeset_index % 3], named_versions=())
ROWS = list(SPARSE.changesets)


@pytest.fixture
def database() -> Iterator[IModelDatabase]:
    with closing(IModelDatabase(generate_project(5))) as opened:
        yield opened


def push(database: IModelDatabase, project: Project) -> Changeset:
    return database.push(lambda tip: PushContent().build_changeset(tip, project.users[0].id, None, 0.0))


@settings(deadline=None)
@given(
    after=st.integers(0, 70),
    last=st.none() | st.integers(0, 70),
    skip=st.integers(0, 70),
    top=st.integers(1, 70),
    is_descending=st.booleans(),
)
def test_page_equals_a_slice_of_all_rows(
    after: int, last: int | None, skip: int, top: int, is_descending: bool
) -> None:
    chosen = [row for row in ROWS if after < row.changeset_index and (last is None or row.changeset_index <= last)]
    chosen.sort(reverse=is_descending)
    with closing(IModelDatabase(SPARSE)) as database:
        rows, more = database.read_changesets(after, last, skip=skip, top=top, is_descending=is_descending)
    assert rows == chosen[skip : skip + top]
    assert more == (skip + top < len(chosen))


def test_changeset_is_found_by_id_and_by_index(database: IModelDatabase) -> None:
    third = database.find_changeset(3)
    assert third
    assert third.changeset_index == 3
    assert database.find_changeset(third.id) == third


@pytest.mark.parametrize("missing", [0, 6, 10**39, "0" * 40, ""])
def test_unknown_changeset_is_not_found(database: IModelDatabase, missing: int | str) -> None:
    assert database.find_changeset(missing) is None


def test_empty_timeline_takes_a_first_push() -> None:
    project = generate_project(0)
    with closing(IModelDatabase(project)) as database:
        assert database.find_tip() is None
        first = push(database, project)
        assert (first.changeset_index, first.parent_id) == (1, "")
        assert database.find_tip() == first


def test_pushes_from_many_threads_make_one_unbroken_chain(database: IModelDatabase) -> None:
    project = generate_project(5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: push(database, project), range(200)))
    rows, _ = database.read_changesets()
    assert len(rows) == len(database) == 205
    assert [row.parent_id for row in rows[1:]] == [row.id for row in rows[:-1]]


def test_push_with_another_parent_changes_nothing(database: IModelDatabase) -> None:
    before = database.read_changesets()
    other = push(database, generate_project(5))._replace(changeset_index=9, id="f" * 40, parent_id="0" * 40)
    with pytest.raises(ValueError, match="Newer changesets exist"):
        database.push(lambda _: other)
    with pytest.raises(ValueError, match="has to be larger"):
        database.push(lambda tip: other._replace(changeset_index=3, parent_id=tip.id if tip else ""))
    assert len(database) == len(before[0]) + 1


def test_push_with_a_known_id_changes_nothing(database: IModelDatabase) -> None:
    project = generate_project(5)
    with pytest.raises(Exception, match="UNIQUE"):
        database.push(
            lambda tip: (
                PushContent()
                .build_changeset(tip, project.users[0].id, None, 0.0)
                ._replace(id=database.read_changesets()[0][0].id)
            )
        )
    assert len(database) == 5
    assert push(database, project).changeset_index == 6


def test_other_database_is_no_database_file(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(ValueError, match=r"other\.sqlite' is not a database of a sample hub"):
        IModelDatabase(generate_project(1), str(other))


def test_failed_start_leaves_an_empty_file(tmp_path: Path) -> None:
    path = str(tmp_path / "hub.sqlite")
    broken = replace(generate_project(3), users=(None,))  # type: ignore[arg-type] # breaks in the middle
    with pytest.raises(TypeError):
        IModelDatabase(broken, path)
    with closing(IModelDatabase(generate_project(3), path)) as database:
        assert (len(database), len(database.users)) == (3, len(generate_project(3).users))


def test_generated_timeline_is_read_unchanged() -> None:
    for project in (generate_project(400, seed=3), GAPPY):
        with closing(IModelDatabase(project)) as database:
            assert database.read_changesets()[0] == list(project.changesets)
            for row in project.changesets:
                assert database.find_changeset(row.id) == row


@pytest.mark.parametrize("changeset_id", ["ABCDEF", "abc", "no digits", "00ff", ""])
def test_ids_of_any_form_are_stored(changeset_id: str) -> None:
    only = replace(GAPPY, changesets=[ROWS[0]._replace(id=changeset_id, parent_id=None)], named_versions=())
    with closing(IModelDatabase(only)) as database:
        assert database.find_changeset(changeset_id) == database.find_tip() == only.changesets[0]  # type: ignore[index] # a list, as made here


def test_database_file_in_use_by_another_hub(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    with (
        Hub(generate_project(3), ledger_file=path),
        pytest.raises(ValueError, match=r"hub\.sqlite' is in use by another hub"),
    ):
        Hub(generate_project(3), ledger_file=path).start()
    with Hub(generate_project(3), ledger_file=path) as again:
        assert again.length == 3


@pytest.mark.slow
def test_database_file_in_use_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    command = [sys.executable, "-m", "imodels_nb.sample", "--changesets", "3", "--ledger-file", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            assert json.loads(first.stdout.readline())["changesets"] == 3
            second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        finally:
            first.terminate()
    assert second.returncode == 1
    assert "is in use by another hub. Stop that one, or name another file." in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_truncated_database_file_is_damaged(tmp_path: Path, share: float) -> None:
    path = tmp_path / "hub.sqlite"
    IModelDatabase(generate_project(300), str(path)).close()
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"hub\.sqlite' is damaged.*Restore it from a copy, or name another file"):
        IModelDatabase(generate_project(3), str(path))


def test_database_file_with_overwritten_bytes_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    IModelDatabase(generate_project(300), str(path)).close()
    content = path.read_bytes()
    for offset in range(4096, len(content), 3 * 4096):
        path.write_bytes(content[:offset] + b"\xff" * 4096 + content[offset + 4096 :])
        with pytest.raises(ValueError, match="is damaged"):
            IModelDatabase(generate_project(3), str(path))
    path.write_bytes(content)
    IModelDatabase(generate_project(3), str(path)).close()


def test_database_file_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    IModelDatabase(generate_project(3), str(path)).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="was written by another version of the sample hub"):
        IModelDatabase(generate_project(3), str(path))


def test_unavailable_database_file_is_an_error_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no database at all, " * 100)
    with pytest.raises(ValueError, match="unable to open database file"):
        IModelDatabase(generate_project(3), str(tmp_path / "missing" / "hub.sqlite"))
    with pytest.raises(ValueError, match="is not a database"):
        IModelDatabase(generate_project(3), str(tmp_path / "text.txt"))


def test_failed_transaction_changes_nothing_in_memory_either(database: IModelDatabase) -> None:
    before, tip = database.read_changesets(), database.find_tip()

    def fail() -> None:
        with database.transaction():
            database.roll_back(2)
            push(database, generate_project(5))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert (database.read_changesets(), database.find_tip(), len(database)) == (before, tip, 5)
    assert push(database, generate_project(5)).changeset_index == 6
