"""The one place that speaks to MSAL: a public client, its tokens, and the lock around both.

A public client is OAuth's word for an application that cannot keep a secret, such as a notebook.
"""

import time
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, TypeVar

import msal

from imodels_nb.auth.credentials import AccessToken, Sealed, bare_token
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.transport import UNRECOGNIZED
from imodels_nb.errors import AuthenticationError, IModelsError, ServerError

_PENDING = frozenset({"authorization_pending", "slow_down"})
_TRY_LATER = frozenset({"server_error", "temporarily_unavailable"})
_ADDED_BY_MSAL = frozenset({"openid", "profile", "offline_access"})
_DEFAULT_LIFE = 600  # seconds, what MSAL assumes of a token whose issuer does not say
_LONGEST_WAIT = 1800  # seconds that a code is waited for, whatever the provider promises

T = TypeVar("T")


class DeviceGrant(Sealed):
    """What the provider gave for one device sign-in; the device code inside is a secret.

    Parameters
    ----------
    flow
        MSAL's dictionary, which MSAL goes on changing.
    scopes
        What was asked for.
    """

    __slots__ = ("_flow", "_scopes", "expires_in", "user_code", "verification_uri", "verification_uri_complete")

    def __init__(self, flow: dict[str, Any], scopes: list[str]) -> None:
        flow["interval"] = max(1, flow["interval"])  # MSAL polls without a pause at 0
        self._flow = flow
        self._scopes = scopes
        self.user_code: str = flow["user_code"]
        self.verification_uri: str = flow["verification_uri"]
        self.verification_uri_complete: str | None = flow.get("verification_uri_complete")
        self.expires_in: int = min(flow["expires_in"], _LONGEST_WAIT)

    def __repr__(self) -> str:
        return f"DeviceGrant(verification_uri={self.verification_uri!r})"

    @property
    def interval(self) -> int:
        """Seconds between two questions; it grows when the provider says ``slow_down``."""
        return int(self._flow["interval"])

    def poll(self, app: msal.PublicClientApplication) -> dict[str, Any]:
        """Ask once, and return MSAL's answer."""
        self._flow.pop("latest_attempt_at", None)  # MSAL would judge the pace by a clock that can jump, and warn
        return dict(
            app.acquire_token_by_device_flow(
                self._flow,
                exit_condition=lambda _: True,
                data={"scope": self._scopes},  # what the token cache files it under
            )
        )


class PublicClient(Sealed):
    """One person's sign-in to one provider, with the tokens in memory.

    Each sign-in gets a client of its own, so an answer that comes too late is thrown away with its client.

    Parameters
    ----------
    client_id
        As registered with the provider.
    provider
        Whom to ask.

    Attributes
    ----------
    username
        Who signed in, if the provider says so. For display only: nothing vouches for it.
    expires_on
        When the newest access token ends, in seconds since the epoch.
    """

    def __init__(self, client_id: str, provider: IdentityProvider) -> None:
        self._client_id = client_id
        self._provider = provider
        self._transport = provider.transport()
        self._lock = RLock()  # MSAL loses rotated refresh tokens when threads share it
        self._app: msal.PublicClientApplication | None = None
        self.username: str | None = None
        self.expires_on: int | None = None

    def __repr__(self) -> str:
        return f"PublicClient(provider={self._provider.name!r})"

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

    def redeem(self, grant: DeviceGrant) -> bool:
        """Ask once whether the person has said yes.

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
        return self._step(lambda app: self._settle(grant.poll(app)))

    def acquire_silently(self, scopes: tuple[str, ...], *, force_refresh: bool) -> AccessToken:
        """Return the token at hand, or refresh it.

        Raises
        ------
        AuthenticationError
            With the provider's error in ``code``, when it no longer accepts the refresh.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            When trying again later may help.
        """
        return self._step(
            lambda app: self._read_token(
                app.acquire_token_silent_with_error(list(scopes), _account(app), force_refresh=force_refresh)
            )
        )

    def forget(self) -> None:
        """Throw the tokens away."""
        with self._lock:
            if self._app is not None:
                self._app.remove_account(_account(self._app))
            self._transport.close()

    def _step(self, call: Callable[[msal.PublicClientApplication], T]) -> T:
        with self._lock:
            outcome = self._attempt(call)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _attempt(self, call: Callable[[msal.PublicClientApplication], T]) -> T | BaseException:
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

    def _application(self) -> msal.PublicClientApplication:
        if self._app is None:
            self._app = msal.PublicClientApplication(
                self._client_id,
                oidc_authority=self._provider.authority,
                http_client=self._transport,
                http_cache=_NoHttpCache(),
                token_cache=_TokenCache(),
            )
        return self._app

    def _read_grant(self, app: msal.PublicClientApplication, scopes: list[str]) -> DeviceGrant:
        if not app.authority.device_authorization_endpoint:
            raise self._refusal("unsupported_grant_type")
        flow = app.initiate_device_flow(scopes)
        if not all(isinstance(flow.get(key), str) for key in ("device_code", "user_code", "verification_uri")):
            raise self._refusal(flow.get("error", UNRECOGNIZED))
        return DeviceGrant(flow, scopes)

    def _settle(self, answer: Mapping[str, Any]) -> bool:
        if answer.get("error") in _PENDING:
            return False
        self._read_token(answer)
        self.username = _username(answer.get("id_token_claims", {}))
        return True

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


class _TokenCache(msal.TokenCache):  # type: ignore[misc]  # msal ships no types
    """Files each token under what was asked for, in place of the one before, and keeps the form out of MSAL's log.

    MSAL would file it under the subject and the scopes of the answer. A provider need not repeat either in its answer
    to a refresh, and the old token would be served beside the new one.
    """

    def add(self, event: Mapping[str, Any], **options: Any) -> None:
        asked = sorted(set(event["data"]["scope"]) - _ADDED_BY_MSAL)
        response = {key: value for key, value in event["response"].items() if not key.startswith("id_token")}
        super().add({**event, "scope": asked, "response": response, "data": {}}, **options)


def _account(app: msal.PublicClientApplication) -> dict[str, Any]:
    """Return the account under which MSAL files tokens that came without an id_token."""
    return {"home_account_id": None, "environment": app.authority.instance, "username": ""}


def _username(claims: Mapping[str, Any]) -> str | None:
    names = (claims.get(claim) for claim in ("preferred_username", "email", "name"))
    return next((name for name in names if isinstance(name, str) and name), None)
