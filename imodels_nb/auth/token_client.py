"""What every client has of MSAL: its tokens, the lock around both, and failures that leave no secret behind."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, TypeVar

from imodels_nb.auth.credentials import AccessToken, Sealed, bare_token
from imodels_nb.auth.http import UNRECOGNIZED
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.token_cache import TokenCache
from imodels_nb.errors import AuthenticationError, IModelsError, ServerError

_TRY_LATER = frozenset({"server_error", "temporarily_unavailable"})
_DEFAULT_LIFE = 600  # seconds, what MSAL assumes of a token whose issuer does not say

T = TypeVar("T")


class TokenClient(Sealed, ABC):
    """One sign-in to one provider, with its tokens in memory.

    Parameters
    ----------
    client_id
        As registered with the provider.
    provider
        Whom to ask.

    Attributes
    ----------
    expires_on
        When the newest access token ends, in seconds since the epoch.
    """

    def __init__(self, client_id: str, provider: IdentityProvider) -> None:
        self._client_id = client_id
        self._provider = provider
        self._transport = provider.transport()
        self._lock = RLock()  # MSAL loses rotated refresh tokens when threads share it
        self._cache = TokenCache()
        self._app: Any = None
        self.expires_on: int | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(provider={self._provider.name!r})"

    def forget(self) -> None:
        """Throw the tokens away."""
        with self._lock:
            if self._app is not None:
                self._drop(self._app)
            self._transport.close()

    @abstractmethod
    def _make_application(self, **options: Any) -> Any:
        """Return MSAL's application of the right kind."""

    @abstractmethod
    def _drop(self, app: Any) -> None:
        """Take the tokens out of MSAL's cache."""

    def _step(self, call: Callable[[Any], T]) -> T:
        with self._lock:
            outcome = self._attempt(call)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _attempt(self, call: Callable[[Any], T]) -> T | BaseException:
        """Run one MSAL step; its failure leaves without the frames that hold tokens, which a traceback would print."""
        try:
            return call(self._application())
        except IModelsError as error:
            error.__cause__ = error.__context__ = None
            return error.with_traceback(None)
        except KeyboardInterrupt:
            return KeyboardInterrupt()
        except Exception as error:  # noqa: BLE001 - whatever MSAL trips over, its frames must not travel
            return self._refusal(type(error).__name__)

    def _application(self) -> Any:
        if self._app is None:
            self._app = self._make_application(
                oidc_authority=self._provider.authority,
                http_client=self._transport,
                http_cache=_NoHttpCache(),
                token_cache=self._cache,
            )
        return self._app

    def _read_token(self, answer: Mapping[str, Any] | None) -> AccessToken:
        if answer is None:  # nothing at hand, and nothing to refresh it with
            raise self._refusal("invalid_grant")
        if answer.get("error") in _TRY_LATER:
            raise ServerError(f"{self._provider.name} is out of order for the moment. Try again in a few minutes.")
        secret = bare_token(str(answer.get("access_token", "")))
        if secret is None:
            raise self._refusal(answer.get("error", UNRECOGNIZED))
        expires_on = int(time.time()) + int(answer.get("expires_in", _DEFAULT_LIFE))
        if answer.get("token_source") != "cache":  # where the seconds left are rounded anew each time
            self.expires_on = expires_on
        return AccessToken(secret, expires_on)

    def _refusal(self, code: str) -> AuthenticationError:
        return AuthenticationError(f"{self._provider.name} refused the sign-in ({code}). Sign in again.", code=code)


class _NoHttpCache(dict[str, Any]):
    """Forgets at once; MSAL would otherwise replay a 503 for a minute without asking again."""

    def __setitem__(self, key: str, value: Any) -> None:
        pass
