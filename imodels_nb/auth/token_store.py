"""Tokens in memory, as MSAL uses them, and their storage beyond this process."""

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msal
import msal_extensions
import platformdirs
import portalocker
from msal_extensions.persistence import FilePersistence, PersistenceNotFound

from imodels_nb._files import atomic_write, is_private
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.tokens import NotPicklable
from imodels_nb.errors import TokenCacheError

_ADDED_BY_MSAL = frozenset({"openid", "profile", "offline_access"})
_LOCK_TIMEOUT = 30  # seconds that a refresh in another process may take
_LOCK_INTERVAL = 0.02  # seconds
_NO_LINKS: int = getattr(os, "O_NOFOLLOW", 0)  # Windows has no such flag
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WITHOUT_STORE = 'Sign in without persist, and with another strategy than "stored"'


class ScopedTokenCache(msal.SerializableTokenCache):  # type: ignore[misc]  # msal ships no types
    """A cache that files a token under the requested scopes, in place of the last one.

    MSAL files a token under the subject and the scopes of the response. A provider need not repeat either when it
    refreshes a token, and MSAL would then return the old token beside the new one. It also keeps the form of a request
    out of MSAL's log.
    """

    def add(self, event: Mapping[str, Any], **options: Any) -> None:
        """Store the tokens of a response."""
        requested = sorted(set(event["data"].get("scope") or event["scope"]) - _ADDED_BY_MSAL)
        response = {key: value for key, value in event["response"].items() if not key.startswith("id_token")}
        super().add({**event, "scope": requested, "response": response, "data": {}}, **options)

    def find_newest(self, token_type: str) -> str | None:
        """Return the secret of a ``RefreshToken`` or an ``AccessToken``, if there is one."""
        return next((str(entry["secret"]) for entry in self.search(token_type)), None)

    def copy_without_refresh_tokens(self) -> "ScopedTokenCache":
        """Return a copy with a lock of its own."""
        copied = ScopedTokenCache()
        copied._cache = deepcopy(
            {name: dict(entries) for name, entries in self._cache.items() if name != "RefreshToken"}
        )
        return copied


class NoHttpCache(dict[str, Any]):
    """A dictionary that stores nothing.

    With a real cache, MSAL would return a 503 again for a minute, and send no request.
    """

    def __setitem__(self, key: str, value: Any) -> None:
        pass


def build_account_without_id(app: Any) -> dict[str, Any]:
    """Return the account under which MSAL files tokens that came without an id_token."""
    return {"home_account_id": None, "environment": app.authority.instance, "username": ""}


@dataclass(frozen=True)
class TokenCachePersistenceOptions:
    """Options for storing a sign-in beyond this process.

    Parameters
    ----------
    name
        Name of the folder below the user's own folder for state.
    allow_unencrypted_storage
        Whether to use a plain file that only this user can read, where the system offers no encrypted storage.
    folder
        Another folder. No other user may have access to it.

    Examples
    --------
    >>> options = TokenCachePersistenceOptions("bridge-project")
    >>> options.name  # login(client_id="native-…", persist=options) keeps this sign-in apart from others
    'bridge-project'
    """

    name: str = "imodels-nb"
    allow_unencrypted_storage: bool = False
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class StoredSignIn(NotPicklable):
    """A sign-in as it is stored."""

    username: str | None = None
    expires_on: int | None = None
    tokens: str = field(default="{}", repr=False)


class TokenStore(NotPicklable):
    """The stored sign-in of one client to one provider.

    Parameters
    ----------
    options
        Options of the storage.
    provider, client_id
        Provider and client. Those of another provider or client are stored in another place.

    Raises
    ------
    TokenCacheError
        If the provider is a sample, if there is no encrypted storage, if others have access to it, or if the folder
        cannot be used.
    """

    def __init__(self, options: TokenCachePersistenceOptions, provider: IdentityProvider, client_id: str) -> None:
        if provider.is_sample:
            raise TokenCacheError(f"A sign-in to the sample ends with the sample and is not stored. {_WITHOUT_STORE}.")
        key = hashlib.sha256(f"{provider.authority} {client_id}".encode()).hexdigest()[:16]
        with _convert_storage_errors():
            path = _create_private_folder(Path(options.folder or _find_default_folder(options.name))) / f"sign-in-{key}"
        self._lock_path = path.with_suffix(".lock")
        self._persistence = _create_persistence(path, options)

    def __repr__(self) -> str:
        return f"TokenStore(encrypted={self._persistence.is_encrypted})"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Open the store for this process alone. A process that ends releases its lock.

        Raises
        ------
        TokenCacheError
            If another process does not release it in time.
        """
        lock = portalocker.Lock(
            self._lock_path, "a", timeout=_LOCK_TIMEOUT, check_interval=_LOCK_INTERVAL, opener=_open_private
        )
        try:
            with _convert_storage_errors():
                lock.acquire()
        except portalocker.LockException:
            raise TokenCacheError("Another program uses the stored sign-in. Stop it, or try again.") from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> StoredSignIn:
        """Read the stored sign-in, or return an empty one if it is missing or invalid.

        Raises
        ------
        TokenCacheError
            If others had access to it, or if it cannot be read.
        """
        try:
            with _convert_storage_errors():
                return StoredSignIn(**json.loads(self._persistence.load()))
        except (PersistenceNotFound, ValueError, TypeError, RecursionError):
            return StoredSignIn()

    def write(self, sign_in: StoredSignIn) -> None:
        """Store a sign-in in place of the one before."""
        with _convert_storage_errors():
            self._persistence.save(json.dumps(asdict(sign_in)))

    def erase(self) -> None:
        """Delete the stored sign-in."""
        with _convert_storage_errors():
            if isinstance(self._persistence, AtomicFilePersistence):
                self._persistence.remove()
            else:
                self._persistence.save("{}")


class AtomicFilePersistence(FilePersistence):  # type: ignore[misc]  # msal_extensions ships no types
    """A plain file for MSAL: mode 0600 under any umask, atomic writes, no links.

    Parameters
    ----------
    location
        Path in a folder that is private already.
    """

    def __init__(self, location: Path) -> None:
        super().__init__(str(location))
        self._path = location

    def save(self, content: str) -> None:
        """Write the file in one step: a reader sees the old content or the new."""
        with atomic_write(self._path, private=True) as unfinished:
            unfinished.write_text(content, "utf-8")

    def load(self) -> str:
        """Read the file.

        Raises
        ------
        TokenCacheError
            If it is a link, belongs to another user, or is open to others.
        PersistenceNotFound
            If the file is missing.
        """
        try:
            handle = os.open(self._path, os.O_RDONLY | _NO_LINKS)
        except FileNotFoundError:
            raise PersistenceNotFound(location=str(self._path)) from None
        except OSError:
            raise _build_unsafe_error("file") from None
        with os.fdopen(handle, encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if not (stat.S_ISREG(status.st_mode) and is_private(status, _OTHERS)):
                raise _build_unsafe_error("file")
            return file.read()

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


def _create_persistence(path: Path, options: TokenCachePersistenceOptions) -> Any:
    try:
        return msal_extensions.build_encrypted_persistence(str(path.with_suffix(".bin")))
    except Exception as error:  # noqa: BLE001 - each system fails in its own way
        reason = type(error).__name__
    if options.allow_unencrypted_storage:
        return AtomicFilePersistence(path.with_suffix(".json"))
    raise TokenCacheError(
        f"This machine offers no encrypted storage for tokens ({reason}). {_WITHOUT_STORE}, or allow a plain "
        "file that only you can read: persist=TokenCachePersistenceOptions(allow_unencrypted_storage=True)."
    )


def _find_default_folder(name: str) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")  # deleted when the user logs out of the machine
    return Path(runtime) / name if runtime else Path(platformdirs.user_state_dir(name, appauthor=False))


def _create_private_folder(folder: Path) -> Path:
    """Return a folder for this user alone, new if necessary."""
    if "\0" in str(folder):
        raise OSError(errno.EINVAL, "the name of its folder contains a null character")
    for missing in reversed([parent for parent in (folder, *folder.parents) if not parent.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not (stat.S_ISDIR(status.st_mode) and is_private(status, _OTHERS)):
        raise _build_unsafe_error("folder")
    return folder


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_LINKS, 0o600)


@contextmanager
def _convert_storage_errors() -> Iterator[None]:
    """Raise `TokenCacheError` in place of the errors of the operating system."""
    failure = ""
    try:
        yield
    except PersistenceNotFound:  # an OSError, too
        raise
    except OSError as error:
        failure = error.strerror or type(error).__name__
    except RuntimeError:  # from Path.home()
        failure = "this user has no home directory"
    if failure:
        raise TokenCacheError(
            f"The sign-in cannot be stored on this machine: {failure}. {_WITHOUT_STORE}, or name a folder of "
            "your own: persist=TokenCachePersistenceOptions(folder=...)."
        )


def _build_unsafe_error(what: str) -> TokenCacheError:
    return TokenCacheError(
        f"The {what} for tokens is a link, belongs to another user, or is open to others. Check who created it. Then "
        "remove it, or take the rights of others away (chmod go= on it), and sign in again."
    )
