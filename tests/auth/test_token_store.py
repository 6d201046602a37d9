import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msal_extensions
import portalocker
import pytest
from helpers.scripted_provider import CANARY, Answer, ScriptedProvider, SteppedClock, refusal, tokens, until

from imodels_nb.auth import (
    IMS,
    DeviceCodeCredential,
    IdentityProvider,
    LoginState,
    TokenCachePersistenceOptions,
    token_store,
)
from imodels_nb.auth.token_store import AtomicFilePersistence, StoredSignIn, TokenStore
from imodels_nb.errors import AuthenticationRequiredError, CredentialUnavailableError, TokenCacheError
from imodels_nb.sample.provider import SampleProvider, sample_provider
from imodels_nb.widgets.login import login

Sign = Callable[[], DeviceCodeCredential]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "imodels-nb"


@pytest.fixture
def options(folder: Path, monkeypatch: pytest.MonkeyPatch) -> TokenCachePersistenceOptions:
    """Take a plain file, as on a machine without a keyring."""
    monkeypatch.setattr(token_store.msal_extensions, "build_encrypted_persistence", _no_keyring)
    return TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=folder)


def _no_keyring(_location: str) -> None:
    raise ImportError("gi")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, provider: IdentityProvider) -> IdentityProvider:
    """Pass the scripted provider off as a real one: a sample's sign-in is never kept."""
    monkeypatch.setattr(SampleProvider, "is_sample", False)
    return provider


@pytest.fixture
def new(options: TokenCachePersistenceOptions, real: IdentityProvider) -> Iterator[Sign]:
    made = []

    def new() -> DeviceCodeCredential:
        clock = SteppedClock(free=True)
        made.append(DeviceCodeCredential(provider=real, clock=clock, cache_persistence_options=options))
        return made[-1]

    yield new
    for credential in made:
        credential.close()


@pytest.fixture
def kept(new: Sign, idp: ScriptedProvider) -> DeviceCodeCredential:
    idp.script("token", tokens())
    credential = new()
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


def test_s9_by_default_a_sign_in_leaves_no_file(
    idp: ScriptedProvider, provider: IdentityProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    idp.script("token", tokens())
    credential = DeviceCodeCredential(provider=provider, clock=SteppedClock(free=True))
    credential.begin_authenticate().wait(10)
    credential.get_token(force_refresh=True)
    assert not credential.is_persistent
    assert not credential.restore()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("kept")
def test_stored_sign_in_is_used_by_the_next_process(new: Sign, idp: ScriptedProvider) -> None:
    later = new()
    assert later.state is LoginState.SIGNED_OUT
    assert later.restore()
    assert later.state is LoginState.SIGNED_IN
    assert later.account == "ada@example.com"
    assert later.expires_on
    asked = len(idp.asked("/connect/token"))
    assert later.get_token().token == f"{CANARY}-access-1"
    assert len(idp.asked("/connect/token")) == asked


def test_what_one_renews_the_other_has(kept: DeviceCodeCredential, new: Sign, idp: ScriptedProvider) -> None:
    other = new()
    other.restore()
    assert other.get_token(force_refresh=True).token == f"{CANARY}-access-2"
    assert kept.get_token().token == f"{CANARY}-access-2"
    assert kept.get_token(force_refresh=True).token == f"{CANARY}-access-3"
    used = [form["refresh_token"] for form in idp.asked("/connect/token") if "refresh_token" in form]
    assert used == [f"{CANARY}-refresh-1", f"{CANARY}-refresh-2"]


def test_s12_sign_out_clears_memory_and_file_and_revokes(
    kept: DeviceCodeCredential, new: Sign, idp: ScriptedProvider, folder: Path
) -> None:
    client, other = kept.flow.client, new()
    other.restore()
    kept.logout()
    assert CANARY not in repr(client._cache._cache)
    assert files(folder) == [".lock"]
    until(lambda: idp.asked("/connect/revocation"))
    [form] = idp.asked("/connect/revocation")
    assert form["token"] == f"{CANARY}-refresh-1"
    assert form["token_type_hint"] == "refresh_token"
    with pytest.raises(AuthenticationRequiredError):
        other.get_token()
    assert not new().restore()


def test_closing_keeps_what_is_kept(kept: DeviceCodeCredential, new: Sign, idp: ScriptedProvider, folder: Path) -> None:
    kept.close()
    assert files(folder) == [".json", ".lock"]
    assert idp.asked("/connect/revocation") == []
    assert new().restore()


def test_refused_refresh_deletes_the_stored_sign_in(
    kept: DeviceCodeCredential, new: Sign, idp: ScriptedProvider
) -> None:
    idp.script("refresh", refusal("invalid_grant"))
    with pytest.raises(AuthenticationRequiredError):
        kept.get_token(force_refresh=True)
    assert kept.state is LoginState.REAUTH_REQUIRED
    assert not new().restore()


def test_each_client_and_provider_has_its_own_file(
    options: TokenCachePersistenceOptions, real: IdentityProvider
) -> None:
    stores = [TokenStore(options, *whose) for whose in ((real, "one"), (real, "two"), (IMS, "one"))]
    for number, store in enumerate(stores):
        store.write(StoredSignIn(str(number)))
    assert [store.read().username for store in stores] == ["0", "1", "2"]


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


@pytest.mark.parametrize("place", ["file", "folder"])
@pytest.mark.parametrize("harm", ["open to others", "a link"])
def test_s9_a_place_that_is_not_private_is_refused(
    options: TokenCachePersistenceOptions, folder: Path, tmp_path: Path, place: str, harm: str
) -> None:
    TokenStore(options, IMS, "native-1").write(StoredSignIn("ada", None, f'{{"secret": "{CANARY}-access"}}'))
    [file] = folder.glob("*.json")
    target = file if place == "file" else folder
    if harm == "a link":
        target.rename(tmp_path / "victim")
        target.symlink_to(tmp_path / "victim")
    else:
        target.chmod(0o644 if place == "file" else 0o755)
    with pytest.raises(TokenCacheError, match=f"The {place} for tokens") as raised:
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
    """What a system keeps encrypted, for this test in memory."""

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


def test_a_sign_in_to_the_sample_is_never_kept(provider: IdentityProvider, folder: Path) -> None:
    with pytest.raises(TokenCacheError, match="sample"):
        DeviceCodeCredential(provider=provider, cache_persistence_options=TokenCachePersistenceOptions(folder=folder))


def test_lock_of_another_process_times_out(
    kept: DeviceCodeCredential, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_store, "_LOCK_TIMEOUT", 0.05)
    [lock] = folder.glob("*.lock")
    with portalocker.Lock(lock, "a"), pytest.raises(TokenCacheError, match="Another program"):
        kept.get_token()
    assert kept.state is LoginState.SIGNED_IN
    assert kept.get_token().token == f"{CANARY}-access-1"


def test_rotating_refresh_token_with_eight_threads_and_credentials(
    kept: DeviceCodeCredential, new: Sign, idp: ScriptedProvider
) -> None:
    credentials = [kept, *(new() for _ in range(7))]
    assert all(credential.restore() for credential in credentials[1:])
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda one: one.get_token(force_refresh=True).token, credentials * 3))
    used = [form["refresh_token"] for form in idp.asked("/connect/token") if "refresh_token" in form]
    assert len(set(used)) == len(set(got)) == 24


# one does the slow importing, and becomes four
PROCESSES = """
import os, sys
from pathlib import Path
from imodels_nb.auth import DeviceCodeCredential, IdentityProvider, TokenCachePersistenceOptions
from imodels_nb.auth import token_store
from imodels_nb.sample.provider import SampleProvider, sample_provider
os.fork(), os.fork()
provider = sample_provider(sys.argv[1])
SampleProvider.is_sample = False
def no_keyring(_): raise ImportError
token_store.msal_extensions.build_encrypted_persistence = no_keyring
options = TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=Path(sys.argv[2]))
credential = DeviceCodeCredential(provider=provider, cache_persistence_options=options)
assert credential.restore()
for _ in range(5):
    assert credential.get_token(force_refresh=True).token
os.write(1, f"{credential.state} ".encode())
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_a_rotating_refresh_token_survives_four_processes(idp: ScriptedProvider, folder: Path) -> None:
    command = [sys.executable, "-c", PROCESSES, idp.identity_url, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=100, check=True)
    assert done.stdout.split() == ["SIGNED_IN"] * 4
    used = [form["refresh_token"] for form in idp.asked("/connect/token") if "refresh_token" in form]
    assert used == [f"{CANARY}-refresh-{number}" for number in range(1, 21)]


WRITER = """
import sys
from pathlib import Path
from imodels_nb.auth.token_store import AtomicFilePersistence
place = AtomicFilePersistence(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for letter in "ab":
        place.save(letter * 200_000)
"""


@pytest.mark.slow
def test_s9_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    writer.stdout.readline()
    until(path.exists)
    seen = [AtomicFilePersistence(path).load() for _ in range(50)]  # while it writes
    writer.kill()
    writer.communicate()
    for content in (*seen, AtomicFilePersistence(path).load()):
        assert len(content) == 200_000
        assert len(set(content)) == 1


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = AtomicFilePersistence(tmp_path / "tokens.json")
    place.save("old")

    def full(_handle: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        place.save("new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.usefixtures("kept")
def test_login_uses_a_stored_sign_in_first(
    options: TokenCachePersistenceOptions, real: IdentityProvider, idp: ScriptedProvider
) -> None:
    asked = len(idp.asked("/connect/device_authorization"))
    for card in (login(provider=real, persist=options), login("stored", provider=real, persist=options)):
        assert card.state is LoginState.SIGNED_IN
        assert "ada@example.com" in card._body.value
        assert "kept on this machine" in card._body.value
        card.close()
    assert len(idp.asked("/connect/device_authorization")) == asked


def test_stored_strategy_without_a_stored_sign_in(
    options: TokenCachePersistenceOptions, real: IdentityProvider
) -> None:
    with pytest.raises(CredentialUnavailableError, match="persist=True"):
        login("stored", provider=real, persist=options)


def test_the_file_holds_what_is_needed_and_no_more(kept: DeviceCodeCredential, folder: Path) -> None:
    assert kept.is_persistent
    [file] = folder.glob("*.json")
    stored = json.loads(file.read_text())
    assert set(stored) == {"username", "expires_on", "tokens"}
    assert f"{CANARY}-refresh-1" in stored["tokens"]
    assert f"{CANARY}-signature" not in stored["tokens"]


def test_sign_out_works_without_revocation(idp: ScriptedProvider, clock: SteppedClock) -> None:
    metadata = idp.metadata()
    idp.script("discovery", Answer({name: url for name, url in metadata.items() if name != "revocation_endpoint"}))
    idp.script("token", tokens(), tokens(refresh_token=None))
    idp.script("revocation", Answer(b"", 503))
    for expected in (0, 1):
        credential = DeviceCodeCredential(provider=sample_provider(idp.identity_url), clock=clock)
        credential.begin_authenticate().wait(10)
        credential.logout()
        assert credential.state is LoginState.SIGNED_OUT
        until(lambda count=expected: len(idp.asked("/connect/revocation")) == count)
    assert idp.asked("/connect/revocation")[0]["token_type_hint"] == "access_token"


@pytest.mark.parametrize(
    ("folder", "message"),
    [("/proc/no/such", "No such file|Permission|denied"), ("a\0b", "null"), (Path("/dev/null/x"), "directory")],
)
def test_folder_that_cannot_be_used_is_explained(folder: str | Path, message: str) -> None:
    options = TokenCachePersistenceOptions(allow_unencrypted_storage=True, folder=folder)  # type: ignore[arg-type]
    with pytest.raises(TokenCacheError, match=f"cannot be kept on this machine: .*({message})"):
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
