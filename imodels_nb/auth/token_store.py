"""Where a sign-in is kept beyond this process, when somebody asks for it: encrypted, or in a file of their own."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msal_extensions
import platformdirs
import portalocker

from imodels_nb.auth.credentials import Sealed
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.token_file import AtomicFilePersistence, open_privately, private_folder
from imodels_nb.errors import TokenCacheError

_PATIENCE = 30  # seconds that another process may take over a refresh
_GLANCE = 0.02  # seconds between two tries


@dataclass(frozen=True)
class TokenCachePersistenceOptions:
    """Keep a sign-in beyond this process.

    Parameters
    ----------
    name
        Of the folder below the user's own place for state.
    allow_unencrypted_storage
        Where the system offers no encrypted place, take a plain file that only this user can read.
    folder
        Where to keep it instead. Others must have no access to it.
    """

    name: str = "imodels-nb"
    allow_unencrypted_storage: bool = False
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class StoredSignIn(Sealed):
    """What is kept of a sign-in."""

    username: str | None = None
    expires_on: int | None = None
    tokens: str = field(default="{}", repr=False)


class TokenStore(Sealed):
    """The one place of one client's sign-in to one provider.

    Parameters
    ----------
    options
        Where, and how strictly.
    provider, client_id
        Whose sign-in it is; another client's or provider's lies elsewhere.

    Raises
    ------
    TokenCacheError
        When the provider is a sample, there is no encrypted place, or others have access to it.
    """

    def __init__(self, options: TokenCachePersistenceOptions, provider: IdentityProvider, client_id: str) -> None:
        if provider.is_sample:
            raise TokenCacheError("A sign-in to the sample ends with the sample and is not kept. Leave out persist.")
        whose = hashlib.sha256(f"{provider.authority} {client_id}".encode()).hexdigest()[:16]
        path = private_folder(options.folder or _folder(options.name)) / f"sign-in-{whose}"
        self._lock_path = path.with_suffix(".lock")
        self._place = _place(path, options)

    def __repr__(self) -> str:
        return f"TokenStore(encrypted={self._place.is_encrypted})"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out meanwhile; a process that dies lets go.

        Raises
        ------
        TokenCacheError
            When another process does not let go in time.
        """
        lock = portalocker.Lock(self._lock_path, "a", timeout=_PATIENCE, check_interval=_GLANCE, opener=open_privately)
        try:
            lock.acquire()
        except portalocker.LockException:
            raise TokenCacheError("Another program holds the stored sign-in. Stop it, or try again.") from None
        try:
            yield
        finally:
            lock.release()

    def read(self) -> StoredSignIn:
        """Return what is kept; an empty sign-in when there is nothing, or nothing that can be read.

        Raises
        ------
        TokenCacheError
            When others had access to it.
        """
        try:
            return StoredSignIn(**json.loads(self._place.load()))
        except (msal_extensions.persistence.PersistenceNotFound, ValueError, TypeError):
            return StoredSignIn()

    def write(self, sign_in: StoredSignIn) -> None:
        """Keep a sign-in in place of the one before."""
        self._place.save(json.dumps(asdict(sign_in)))

    def erase(self) -> None:
        """Keep nothing any more."""
        if isinstance(self._place, AtomicFilePersistence):
            self._place.remove()
        else:
            self._place.save("{}")


def _place(path: Path, options: TokenCachePersistenceOptions) -> msal_extensions.persistence.BasePersistence:
    try:
        return msal_extensions.build_encrypted_persistence(str(path.with_suffix(".bin")))
    except Exception as error:  # noqa: BLE001 - each system fails in ways of its own
        reason = type(error).__name__
    if options.allow_unencrypted_storage:
        return AtomicFilePersistence(path.with_suffix(".json"))
    raise TokenCacheError(
        f"This machine offers no encrypted place for tokens ({reason}). Sign in without keeping it, or allow a plain "
        "file that only you can read: persist=TokenCachePersistenceOptions(allow_unencrypted_storage=True)."
    )


def _folder(name: str) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")  # gone when the user logs out of the machine
    return Path(runtime) / name if runtime else Path(platformdirs.user_state_dir(name, appauthor=False))
