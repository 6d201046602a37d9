"""Clients of MSAL: tokens, a lock around each call, and errors without secrets."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from threading import RLock, Thread
from typing import Any, Protocol

import msal

from imodels_nb._forks import register_for_fork
from imodels_nb._tracebacks import hide_secrets_in_traceback
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.token_store import (
    NoHttpCache,
    ScopedTokenCache,
    StoredSignIn,
    TokenStore,
    build_account_without_id,
)
from imodels_nb.auth.tokens import AccessToken, NotPicklable, extract_token, read_account
from imodels_nb.auth.transport import UNRECOGNIZED
from imodels_nb.errors import AuthenticationError, IModelsError, ServerError

_TEMPORARY = frozenset({"server_error", "temporarily_unavailable"})
_PENDING = frozenset({"authorization_pending", "slow_down"})
_DEFAULT_LIFETIME = 600  # seconds that MSAL assumes for a token whose issuer names no lifetime


class PendingLogin(Protocol):
    """A device code or an authorization code that MSAL can exchange for tokens."""

    def request_tokens(self, app: Any) -> dict[str, Any]:
        """Send one request for the tokens, and return MSAL's result."""
        ...


class MsalClient(NotPicklable, ABC):
    """An application of MSAL for one sign-in, with the tokens in memory.

    Parameters
    ----------
    client_id
        Client id, as registered with the provider.
    provider
        Provider to ask.

    Attributes
    ----------
    expires_on
        End of the newest access token, in seconds since the epoch.
    is_inherited
        Whether the tokens come from the process that this one was forked from.
    """

    def __init__(self, client_id: str, provider: IdentityProvider) -> None:
        self._client_id = client_id
        self._provider = provider
        self._transport = provider.build_transport()
        self._lock = RLock()  # MSAL loses rotated refresh tokens when threads share it
        self._cache = ScopedTokenCache()
        self._app: Any = None
        self.expires_on: int | None = None
        self.is_inherited = False
        register_for_fork(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(provider={self._provider.name!r})"

    def clear_tokens(self) -> None:
        """Delete the tokens in memory."""
        with self._lock:
            if self._app is not None:
                self._remove_tokens(self._app)
            self._transport.close()

    def abort(self) -> None:
        """Cancel a request that is under way in another thread."""
        self._transport.abort()

    def reset_after_fork(self) -> None:
        """Set new locks and connections in a child process, without the refresh token.

        A provider replaces a refresh token at each use, and may end the whole sign-in if an old one comes back. Two
        processes with the same token would end each other's sign-in.
        """
        self._lock = RLock()
        self._transport = self._provider.build_transport()
        self._cache = self._cache.copy_without_refresh_tokens()
        self._app = None
        self.is_inherited = True

    @contextmanager
    def _lock_app(self) -> Iterator[Any]:
        """Yield the application of MSAL to one thread at a time, and convert its errors."""
        with self._lock:
            try:
                yield self._get_application()
            except IModelsError:
                raise
            except Exception as error:  # noqa: BLE001 - MSAL raises errors of any kind for an invalid response
                raise AuthenticationError(
                    f"{self._provider.name} sent a response that cannot be used ({type(error).__name__}). "
                    "Sign in again; if it happens again, report it as a bug."
                ) from None

    def _get_application(self) -> Any:
        if self._app is None:
            self._app = self._create_application(
                oidc_authority=self._provider.authority,
                http_client=self._transport,
                http_cache=NoHttpCache(),
                token_cache=self._cache,
            )
        return self._app

    @abstractmethod
    def _create_application(self, **options: Any) -> Any:
        """Return a new application of MSAL, public or confidential."""

    @abstractmethod
    def _remove_tokens(self, app: Any) -> None:
        """Remove the tokens from the cache of MSAL."""

    def _read_token(self, response: Mapping[str, Any] | None) -> AccessToken:
        if response is None:  # there is no token, and no refresh token to get one with
            raise self._build_refusal_error("invalid_grant")
        if response.get("error") in _TEMPORARY:
            raise ServerError(f"{self._provider.name} is temporarily unavailable. Try again in a few minutes.")
        secret = extract_token(response.get("access_token"))
        if secret is None:
            raise self._build_refusal_error(response.get("error", UNRECOGNIZED))
        expires_on = int(time.time()) + int(response.get("expires_in", _DEFAULT_LIFETIME))
        if response.get("token_source") != "cache":  # from the cache, the rounded lifetime differs each time
            self.expires_on = expires_on
        return AccessToken(secret, expires_on)

    def _build_refusal_error(self, code: str) -> AuthenticationError:
        return AuthenticationError(f"{self._provider.name} refused the sign-in ({code}). Sign in again.", code=code)


class MsalPublicClient(MsalClient):
    """A client for the sign-in of a person, with or without a store of tokens.

    In OAuth, an application that cannot keep a secret is *public*. A notebook is one. Each sign-in gets a client of its
    own, so that a late response is discarded together with its client.

    Parameters
    ----------
    client_id
        Client id, as registered with the provider.
    provider
        Provider to ask.
    store
        Store that keeps the tokens beyond this process.

    Attributes
    ----------
    username
        Name of the account if it is known. For display only, since it is not verified.
    """

    def __init__(self, client_id: str, provider: IdentityProvider, store: TokenStore | None = None) -> None:
        super().__init__(client_id, provider)
        self._store = store
        self._is_cleared = False
        self.username: str | None = None

    @hide_secrets_in_traceback
    def request_device_code(self, scopes: tuple[str, ...]) -> dict[str, Any]:
        """Send a request for a device code, and return the response as MSAL's dictionary.

        Raises
        ------
        AuthenticationError
            If the provider refuses; ``code`` has its error code.
        UnexpectedResponse
            If its response is not JSON.
        ConnectionFailed, ServerError, RateLimited
            If the request failed for a reason that may pass; try again.
        """
        with self._lock_app() as app:
            if not app.authority.device_authorization_endpoint:
                raise self._build_refusal_error("unsupported_grant_type")
            flow = dict(app.initiate_device_flow(list(scopes)))
            if not all(isinstance(flow.get(key), str) for key in ("device_code", "user_code", "verification_uri")):
                raise self._build_refusal_error(flow.get("error", UNRECOGNIZED))
            return flow

    @hide_secrets_in_traceback
    def request_authorization(self, scopes: tuple[str, ...], redirect_uri: str) -> dict[str, Any]:
        """Build the request for the person's browser; `redirect_uri` gets the response.

        Raises
        ------
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            If the metadata of the sample cannot be read.
        """
        with self._lock_app() as app:
            flow = dict(
                app.initiate_auth_code_flow(
                    list(scopes),
                    redirect_uri=redirect_uri,
                    response_mode="form_post",  # without it MSAL warns in the cell; PendingAuthorization removes it
                )
            )
            flow["auth_uri"] = self._transport.build_browser_url(flow["auth_uri"])
            return flow

    @hide_secrets_in_traceback
    def redeem(self, pending: PendingLogin) -> bool:
        """Send one request for the tokens.

        Returns
        -------
        bool
            True if the tokens have arrived, False while the person has not decided.

        Raises
        ------
        AuthenticationError
            If the sign-in has ended; ``code`` has the provider's error code.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            If the request failed for a reason that may pass; try again.
        """
        with self._lock_app() as app:
            response = pending.request_tokens(app)
            if response.get("error") in _PENDING:
                return False
            self._read_token(response)
            self.username = read_account(response.get("id_token_claims") or {})
            if self._store is not None:
                with self._store.lock():
                    self._save()
            return True

    @hide_secrets_in_traceback
    def restore(self) -> bool:
        """Load the sign-in from the store, and return whether there is one.

        Raises
        ------
        TokenCacheError
            If the store cannot be read.
        """
        if self._store is None:
            return False
        with self._lock_app():
            self._load()
            return self._cache.find_newest("RefreshToken") is not None

    @hide_secrets_in_traceback
    def acquire_silently(self, scopes: tuple[str, ...], *, force_refresh: bool) -> AccessToken:
        """Return the present token, or refresh it; with a store, one process at a time.

        Raises
        ------
        AuthenticationError
            If the provider no longer accepts the refresh; ``code`` has its error code.
        TokenCacheError
            If the store cannot be used.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            If the request failed for a reason that may pass; try again.
        """
        with self._lock_app() as app:
            if self._is_cleared:
                raise self._build_refusal_error("invalid_grant")
            with self._store.lock() if self._store else nullcontext():
                self._load()
                try:
                    return self._read_token(
                        app.acquire_token_silent_with_error(
                            list(scopes), build_account_without_id(app), force_refresh=force_refresh
                        )
                    )
                finally:
                    self._save()

    @hide_secrets_in_traceback
    def sign_out(self) -> None:
        """Delete the tokens here and in the store, and revoke them in the background.

        In a forked process, tokens without a store are not revoked: the parent process still uses them.
        """
        self._is_cleared = True  # before the lock is released, so that a waiting thread sends no more requests
        with self._lock:
            is_shared = self.is_inherited and self._store is None
            form = None if is_shared else self._build_revocation()
            self.clear_tokens()
            if self._store is not None:
                with self._store.lock():
                    self._store.erase()
        if form:  # not a daemon thread, so that the request is sent even if the program ends
            Thread(target=self._revoke, args=(form,), name="imodels-nb-revocation").start()

    def clear_tokens(self) -> None:
        """Delete the tokens in memory. Those in the store stay."""
        self._is_cleared = True
        super().clear_tokens()

    def _create_application(self, **options: Any) -> Any:
        return msal.PublicClientApplication(self._client_id, **options)

    def _remove_tokens(self, app: Any) -> None:
        app.remove_account(build_account_without_id(app))

    def _load(self) -> None:
        if self._store is None:
            return
        stored = self._store.read()
        self.username, self.expires_on = stored.username, stored.expires_on
        self._cache.deserialize(stored.tokens)

    def _save(self) -> None:
        if self._store and self._cache.has_state_changed:
            self._store.write(StoredSignIn(self.username, self.expires_on, self._cache.serialize()))

    def _build_revocation(self) -> dict[str, str] | None:
        """Return the form that revokes the refresh token, or else the access token."""
        for kind, hint in (("RefreshToken", "refresh_token"), ("AccessToken", "access_token")):
            if secret := self._cache.find_newest(kind):
                return {"token": secret, "token_type_hint": hint, "client_id": self._client_id}
        return None

    def _revoke(self, form: dict[str, str]) -> None:
        self._transport.revoke(form)
        self._transport.close()


class MsalConfidentialClient(MsalClient):
    """A client for the sign-in of a service, with its token in memory.

    In OAuth, an application that can keep a secret is *confidential*.

    Parameters
    ----------
    client_id
        Client id, as registered with the provider.
    provider
        Provider to ask.
    secret
        Function that returns the secret of the client.
    """

    def __init__(self, client_id: str, provider: IdentityProvider, secret: Callable[[], str]) -> None:
        super().__init__(client_id, provider)
        self._secret = secret

    @hide_secrets_in_traceback
    def acquire(self, scopes: tuple[str, ...], *, force_refresh: bool) -> AccessToken:
        """Return the present token, or request one.

        Raises
        ------
        AuthenticationError
            If the provider refuses; ``code`` has its error code.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            If the request failed for a reason that may pass; try again.
        """
        with self._lock_app() as app:
            if force_refresh:
                app.remove_tokens_for_client()
            return self._read_token(app.acquire_token_for_client(list(scopes)))

    def _create_application(self, **options: Any) -> Any:
        return msal.ConfidentialClientApplication(self._client_id, client_credential=self._secret(), **options)

    def _remove_tokens(self, app: Any) -> None:
        app.remove_tokens_for_client()
