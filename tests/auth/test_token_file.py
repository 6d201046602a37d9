"""The file of a stored sign-in: private, whole, encrypted where the system can."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import msal_extensions
import pytest
from helpers.scripted_provider import CANARY
from helpers.waiting import wait_until

from imodels_nb.auth import IMS, DeviceCodeCredential, TokenCachePersistenceOptions, token_store
from imodels_nb.auth.token_store import AtomicFilePersistence, StoredSignIn, TokenStore
from imodels_nb.errors import TokenCacheError


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_s9_file_is_private_under_any_umask(options: TokenCachePersistenceOptions, folder: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        store = TokenStore(options, IMS, "native-1")
        with store.lock():
            store.write(StoredSignIn("ada"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {".json": 0o600, ".lock": 0o600}
    assert store.read().username == "ada"


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("harm", ["open to others", "a link"])
def test_s9_a_path_that_is_not_private_is_refused(
    options: TokenCachePersistenceOptions, folder: Path, tmp_path: Path, kind: str, harm: str
) -> None:
    TokenStore(options, IMS, "native-1").write(StoredSignIn("ada", None, f'{{"secret": "{CANARY}-access"}}'))
    [file] = folder.glob("*.json")
    target = file if kind == "file" else folder
    if harm == "a link":
        target.rename(tmp_path / "victim")
        target.symlink_to(tmp_path / "victim")
    else:
        target.chmod(0o644 if kind == "file" else 0o755)
    with pytest.raises(TokenCacheError, match=f"The {kind} for tokens") as raised:
        TokenStore(options, IMS, "native-1").read()
    assert CANARY not in str(raised.value)


def test_s9_link_in_place_of_the_file_is_replaced(
    options: TokenCachePersistenceOptions, folder: Path, tmp_path: Path
) -> None:
    store = TokenStore(options, IMS, "native-1")
    store.write(StoredSignIn())
    [file] = folder.glob("*.json")
    victim = tmp_path / "victim"
    victim.write_text("precious")
    file.unlink()
    file.symlink_to(victim)
    store.write(StoredSignIn("ada"))
    assert victim.read_text() == "precious"
    assert not file.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_s9_file_of_another_user_is_refused(options: TokenCachePersistenceOptions, folder: Path) -> None:
    store = TokenStore(options, IMS, "native-1")
    store.write(StoredSignIn("ada"))
    [file] = folder.glob("*.json")
    os.chown(file, 12345, 12345)
    with pytest.raises(TokenCacheError, match="belongs to another user"):
        store.read()


@pytest.mark.parametrize("content", ["", "nonsense", "[]", '{"other": 1}', "null"])
def test_unreadable_file_counts_as_empty(options: TokenCachePersistenceOptions, folder: Path, content: str) -> None:
    store = TokenStore(options, IMS, "native-1")
    store.write(StoredSignIn("ada"))
    [file] = folder.glob("*.json")
    file.write_text(content)
    assert store.read() == StoredSignIn()


def test_s9_missing_encryption_is_an_error_unless_allowed(options: TokenCachePersistenceOptions, folder: Path) -> None:
    assert options.allow_unencrypted_storage
    with pytest.raises(TokenCacheError, match="allow_unencrypted_storage=True"):
        DeviceCodeCredential("native-1", cache_persistence_options=TokenCachePersistenceOptions(folder=folder))
    assert list(folder.iterdir()) == []


class Keyring(msal_extensions.persistence.BasePersistence):
    """The encrypted storage of an operating system, in memory."""

    is_encrypted = True
    content: str | None = None

    def save(self, content: str) -> None:
        type(self).content = content

    def load(self) -> str:
        if self.content is None:
            raise msal_extensions.persistence.PersistenceNotFound
        return self.content

    def time_last_modified(self) -> float:
        return 0

    def get_location(self) -> str:
        return ""


def test_no_plain_file_where_there_is_encrypted_storage(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(token_store.msal_extensions, "build_encrypted_persistence", lambda _: Keyring())
    store = TokenStore(TokenCachePersistenceOptions(folder=folder, allow_unencrypted_storage=True), IMS, "native-1")
    assert repr(store) == "TokenStore(encrypted=True)"
    assert store.read() == StoredSignIn()
    store.write(StoredSignIn("ada"))
    assert store.read().username == "ada"
    assert list(folder.iterdir()) == []
    store.erase()
    assert store.read() == StoredSignIn()
    assert "ada" not in str(Keyring.content)


def test_default_folder_is_the_users_state_folder(
    options: TokenCachePersistenceOptions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert options.allow_unencrypted_storage
    plain = TokenCachePersistenceOptions(allow_unencrypted_storage=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    TokenStore(plain, IMS, "native-1").write(StoredSignIn())
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    TokenStore(plain, IMS, "native-1").write(StoredSignIn())
    assert {path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")} == {
        "run/imodels-nb",
        "state/imodels-nb",
    }


WRITER = """
import sys
from pathlib import Path
from imodels_nb.auth.token_store import AtomicFilePersistence
persistence = AtomicFilePersistence(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for letter in "ab":
        persistence.save(letter * 200_000)
"""


@pytest.mark.slow
def test_s9_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    writer.stdout.readline()
    wait_until(path.exists)
    seen = [AtomicFilePersistence(path).load() for _ in range(50)]  # while it writes
    writer.kill()
    writer.communicate()
    for content in (*seen, AtomicFilePersistence(path).load()):
        assert len(content) == 200_000
        assert len(set(content)) == 1


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persistence = AtomicFilePersistence(tmp_path / "tokens.json")
    persistence.save("old")

    def full(_handle: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        persistence.save("new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("folder", "message"),
    [("/proc/no/such", "No such file|Permission|denied"), ("a\0b", "null"), (Path("/dev/null/x"), "directory")],
)
def test_folder_that_cannot_be_used_is_explained(folder: str | Path, message: str) -> None:
    options = TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=folder)  # type: ignore[arg-type]
    with pytest.raises(TokenCacheError, match=f"cannot be stored on this machine: .*({message})"):
        TokenStore(options, IMS, "native-1")


def test_user_without_a_home_directory_gets_an_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(token_store.platformdirs, "user_state_dir", fail)
    with pytest.raises(TokenCacheError, match=r"no home directory.*persist=TokenCachePersistenceOptions\(folder="):
        TokenStore(TokenCachePersistenceOptions(), IMS, "native-1")


def test_disk_that_is_full_is_explained(options: TokenCachePersistenceOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    store = TokenStore(options, IMS, "native-1")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(TokenCacheError, match="No space left on device"):
        store.write(StoredSignIn("ada"))
