"""A public client with MSAL: OAuth's word for an application that cannot keep a secret, such as a notebook."""

from collections.abc import Mapping
from contextlib import nullcontext
from threading import Thread
from typing import Any

import msal

from imodels_nb.auth.claims import account_of
from imodels_nb.auth.credentials import AccessToken
from imodels_nb.auth.grants import CodeGrant, DeviceGrant, Grant
from imodels_nb.auth.http import UNRECOGNIZED
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.token_cache import account
from imodels_nb.auth.token_client import TokenClient
from imodels_nb.auth.token_store import StoredSignIn, TokenStore

_PENDING = frozenset({"authorization_pending", "slow_down"})


class PublicClient(TokenClient):
    """One person's sign-in to one provider, with the tokens in memory, and in a store if there is one.

    Each sign-in gets a client of its own, so an answer that comes too late is thrown away with its client.

    Parameters
    ----------
    client_id
        As registered with the provider.
    provider
        Whom to ask.
    store
        Keeps the tokens beyond this process.

    Attributes
    ----------
    username
        Who signed in, if the provider says so. For display only: nothing vouches for it.
    expires_on
        When the newest access token ends, in seconds since the epoch.
    """

    def __init__(self, client_id: str, provider: IdentityProvider, store: TokenStore | None = None) -> None:
        super().__init__(client_id, provider)
        self._store = store
        self._given_up = False
        self.username: str | None = None

    def request_device_code(self, scopes: tuple[str, ...]) -> DeviceGrant:
        """Ask for a code that a person can enter.

        Raises
        ------
        AuthenticationError
            With the provider's error in ``code``, when it refuses.
        UnexpectedResponse
            When it answers something else than JSON.
        ConnectionFailed, ServerError, RateLimited
            When trying again later may help.
        """
        return self._step(lambda app: self._read_grant(app, list(scopes)))

    def request_code(self, scopes: tuple[str, ...], redirect_uri: str) -> CodeGrant:
        """Make up a request that a person's browser takes to the provider; the answer comes to `redirect_uri`.

        Raises
        ------
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            When the sample's metadata cannot be read.
        """
        return self._step(lambda app: self._request(app, list(scopes), redirect_uri))

    def redeem(self, grant: Grant) -> bool:
        """Ask once for the tokens.

        Returns
        -------
        bool
            True when the tokens are here, False while the person has not decided.

        Raises
        ------
        AuthenticationError
            With the provider's error in ``code``, when it is over.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            When trying again later may help.
        """
        agreed = self._step(lambda app: self._settle(grant.poll(app)))
        if agreed and self._store is not None:
            self._step(lambda _: self._keep())
        return agreed

    def restore(self) -> bool:
        """Take up the sign-in that the store holds; return whether there is one.

        Raises
        ------
        TokenCacheError
            When the store cannot be read.
        """
        return self._store is not None and self._step(lambda _: self._recall())

    def acquire_silently(self, scopes: tuple[str, ...], *, force_refresh: bool) -> AccessToken:
        """Return the token at hand, or refresh it. With a store, one process at a time does so, from what it holds.

        Raises
        ------
        AuthenticationError
            With the provider's error in ``code``, when it no longer accepts the refresh.
        TokenCacheError
            When the store cannot be used.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            When trying again later may help.
        """
        return self._step(lambda app: self._acquire(app, list(scopes), force_refresh=force_refresh))

    def forget(self) -> None:
        """Throw the tokens away, here and in the store, and ask the provider to do so too, in the background."""
        self._given_up = True  # before the lock is had: whoever waits for it should ask no more
        revocation = self._step(self._revocation)
        self.release()
        if self._store is not None:
            self._step(lambda _: self._erase())
        if revocation:  # no daemon, so that it goes out even when the program ends
            Thread(target=self._revoke, args=(revocation,), name="imodels-nb-revocation").start()

    def release(self) -> None:
        """Throw the tokens away in memory. What the store holds stays."""
        self._given_up = True
        super().forget()

    def _make_application(self, **options: Any) -> Any:
        return msal.PublicClientApplication(self._client_id, **options)

    def _drop(self, app: Any) -> None:
        app.remove_account(account(app))

    def _read_grant(self, app: Any, scopes: list[str]) -> DeviceGrant:
        if not app.authority.device_authorization_endpoint:
            raise self._refusal("unsupported_grant_type")
        flow = app.initiate_device_flow(scopes)
        if not all(isinstance(flow.get(key), str) for key in ("device_code", "user_code", "verification_uri")):
            raise self._refusal(flow.get("error", UNRECOGNIZED))
        return DeviceGrant(flow, scopes)

    def _request(self, app: Any, scopes: list[str], redirect_uri: str) -> CodeGrant:
        flow = app.initiate_auth_code_flow(
            scopes,
            redirect_uri=redirect_uri,
            response_mode="form_post",  # without it MSAL warns, into the cell; the grant takes it out again
        )
        flow["auth_uri"] = self._transport.browser_url(flow["auth_uri"])
        return CodeGrant(flow, self._provider.drop_scopes)

    def _settle(self, answer: Mapping[str, Any]) -> bool:
        if answer.get("error") in _PENDING:
            return False
        self._read_token(answer)
        self.username = account_of(answer.get("id_token_claims", {}))
        return True

    def _acquire(self, app: Any, scopes: list[str], *, force_refresh: bool) -> AccessToken:
        if self._given_up:
            raise self._refusal("invalid_grant")
        with self._store.locked() if self._store else nullcontext():
            self._load()
            try:
                answer = app.acquire_token_silent_with_error(scopes, account(app), force_refresh=force_refresh)
                return self._read_token(answer)
            finally:
                self._save()

    def _recall(self) -> bool:
        self._load()
        return self._cache.newest("RefreshToken") is not None

    def _keep(self) -> None:
        if self._store:
            with self._store.locked():
                self._save()

    def _load(self) -> None:
        if self._store is None:
            return
        stored = self._store.read()
        self.username, self.expires_on = stored.username, stored.expires_on
        self._cache.deserialize(stored.tokens)

    def _save(self) -> None:
        if self._store and self._cache.has_state_changed:
            self._store.write(StoredSignIn(self.username, self.expires_on, self._cache.serialize()))

    def _erase(self) -> None:
        if self._store:
            with self._store.locked():
                self._store.erase()

    def _revocation(self, _app: Any) -> dict[str, str] | None:
        """Return the form that takes the tokens back; with the refresh token, providers drop the access token too."""
        for kind, hint in (("RefreshToken", "refresh_token"), ("AccessToken", "access_token")):
            if secret := self._cache.newest(kind):
                return {"token": secret, "token_type_hint": hint, "client_id": self._client_id}
        return None

    def _revoke(self, form: dict[str, str]) -> None:
        self._transport.revoke(form)
        self._transport.close()
