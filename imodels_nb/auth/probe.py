"""Grants that a provider offers to a client, checked without a sign-in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imodels_nb.auth.msal_client import MsalConfidentialClient
from imodels_nb.auth.provider import CLIENT_SECRET_VARIABLE, IdentityProvider
from imodels_nb.auth.transport import DISCOVERY_PATH
from imodels_nb.errors import AuthenticationError, IModelsError, RateLimited

AUTHORIZATION_CODE = "authorization_code"
DEVICE_CODE = "device_code"
CLIENT_CREDENTIALS = "client_credentials"

_SCOPE = "itwin-platform"
_DUMMY_CODE = "made-up-by-imodels-nb-to-see-what-is-offered"


@dataclass(frozen=True, slots=True)
class GrantSupport:
    """The response of a provider about one grant.

    Parameters
    ----------
    grant
        Name of the grant in OAuth.
    is_offered
        True or False, or ``None`` if it is unknown.
    reason
        Reason for that, in a few words.
    """

    grant: str
    is_offered: bool | None
    reason: str


def probe_grants(
    provider: IdentityProvider, client_id: str, redirect_uri: str, secret: Callable[[], str] | None
) -> list[GrantSupport]:
    """Check each grant in turn.

    Parameters
    ----------
    provider, client_id
        Provider to ask, and the client to ask for.
    redirect_uri
        Address that is registered for the client.
    secret
        Function that returns the secret of a service, or ``None``.

    Returns
    -------
    list of GrantSupport
        One for each grant that this package knows.
    """
    return [
        _probe(AUTHORIZATION_CODE, lambda: _redeem_dummy_code(provider, client_id, redirect_uri)),
        _probe(DEVICE_CODE, lambda: _request_device_code(provider, client_id)),
        _probe(CLIENT_CREDENTIALS, lambda: _request_service_token(provider, client_id, secret)),
    ]


def _probe(grant: str, request: Callable[[], tuple[bool | None, str]]) -> GrantSupport:
    try:
        return GrantSupport(grant, *request())
    except AuthenticationError as error:
        return GrantSupport(grant, is_offered=False, reason=error.code or str(error))
    except RateLimited as error:
        return GrantSupport(grant, is_offered=None, reason=str(error))
    except IModelsError as error:
        is_refused = error.status_code is not None and 400 <= error.status_code < 500  # noqa: PLR2004 - client errors
        return GrantSupport(grant, is_offered=False if is_refused else None, reason=str(error))


def _redeem_dummy_code(provider: IdentityProvider, client_id: str, redirect_uri: str) -> tuple[bool | None, str]:
    """Send a code that no provider has issued.

    By RFC 6749 section 5.2, ``invalid_grant`` is about the code alone. Other errors are about the client or the grant.
    """
    form = {
        "grant_type": AUTHORIZATION_CODE,
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "code": _DUMMY_CODE,
        "code_verifier": _DUMMY_CODE,
    }
    error = _post(provider, "token_endpoint", form).get("error")
    if error == "invalid_grant":
        return True, "the client is known, and only a made-up code was refused"
    return (False if error else None), str(error or "a made-up code was not refused")


def _request_device_code(provider: IdentityProvider, client_id: str) -> tuple[bool | None, str]:
    response = _post(provider, "device_authorization_endpoint", {"client_id": client_id, "scope": _SCOPE})
    if "user_code" in response:
        return True, "a code was issued, and is left to expire"
    return False, str(response.get("error", "no code was issued"))


def _request_service_token(
    provider: IdentityProvider, client_id: str, secret: Callable[[], str] | None
) -> tuple[bool | None, str]:
    if secret is None:
        return None, f"not tried: {CLIENT_SECRET_VARIABLE} is not set"
    client = MsalConfidentialClient(client_id, provider, secret)
    client.acquire((_SCOPE,), force_refresh=False)
    client.clear_tokens()
    return True, "the service got a token"


def _post(provider: IdentityProvider, endpoint: str, form: Mapping[str, str]) -> dict[str, object]:
    """Send a form to an endpoint of the provider; return the fields of its response."""
    transport = provider.build_transport()
    try:
        metadata = json.loads(transport.get(provider.authority + DISCOVERY_PATH).text)
        if not (url := metadata.get(endpoint)):
            return {"error": f"the provider has no {endpoint.replace('_', ' ')}"}
        return dict(json.loads(transport.post(str(url), data=form).text))
    finally:
        transport.close()
