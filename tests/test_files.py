"""Atomic writes and paths."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from imodels_nb._files import atomic_write, decode_text, expand_path, is_private, validate_output_path


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with atomic_write(file) as unfinished:
        unfinished.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with suppress(ZeroDivisionError), atomic_write(file) as unfinished:
        unfinished.write_text("half")
        raise ZeroDivisionError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o666)])
def test_a_private_file_has_mode_0600_under_any_umask(tmp_path: Path, private: bool, mode: int) -> None:
    umask = os.umask(0)
    try:
        with atomic_write(tmp_path / "file", private=private) as unfinished:
            unfinished.write_bytes(b"content")
    finally:
        os.umask(umask)
    status = (tmp_path / "file").stat()
    assert stat.S_IMODE(status.st_mode) == mode
    assert is_private(status, 0o077) is private


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_is_decoded_from_any_unicode_encoding(encoding: str) -> None:
    assert decode_text("token-1".encode(encoding)) == "token-1"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "it is not a path"),
        (7, "it is not a path"),
        (b"x", "it is not a path"),
        (None, "it is not a path"),
        ("a\0b", "a null character"),
        ("~missing-user/x", "no such home directory"),
    ],
    ids=repr,
)
def test_an_invalid_path_has_a_reason(path: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        expand_path(path)


def test_an_output_path_without_null_characters(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="null character"):
        validate_output_path(f"{tmp_path}/a\0.csv", ".csv")
