"""Which doors a provider really offers to a client, found by knocking: nobody signs in, nothing is granted to keep."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imodels_nb.auth.http import DISCOVERY_PATH, HttpTransport
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.service_client import ServiceClient
from imodels_nb.auth.variables import CLIENT_SECRET_VARIABLE
from imodels_nb.errors import AuthenticationError, IModelsError, RateLimited

AUTHORIZATION_CODE, DEVICE_CODE, CLIENT_CREDENTIALS = "authorization_code", "device_code", "client_credentials"

_SCOPE = "itwin-platform"
_MADE_UP = "made-up-by-imodels-nb-to-see-what-is-offered"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a provider says to one way of signing in.

    Parameters
    ----------
    grant
        Its name in OAuth.
    offered
        Yes, no, or None where it could not be found out.
    reason
        What that rests on.
    """

    grant: str
    offered: bool | None
    reason: str


def offers(
    provider: IdentityProvider, client_id: str, redirect_uri: str, secret: Callable[[], str] | None
) -> list[Offer]:
    """Ask a provider about each grant in turn.

    Parameters
    ----------
    provider, client_id
        Who is asked, and for whom.
    redirect_uri
        As registered for the client.
    secret
        Gives the secret of a service; None when there is none.

    Returns
    -------
    list of Offer
        One for each grant that this package knows.
    """
    return [
        _asked(AUTHORIZATION_CODE, lambda: _redeem_made_up_code(provider, client_id, redirect_uri)),
        _asked(DEVICE_CODE, lambda: _request_device_code(provider, client_id)),
        _asked(CLIENT_CREDENTIALS, lambda: _sign_in_service(provider, client_id, secret)),
    ]


def _asked(grant: str, ask: Callable[[], tuple[bool | None, str]]) -> Offer:
    try:
        return Offer(grant, *ask())
    except AuthenticationError as refusal:
        return Offer(grant, offered=False, reason=refusal.code or str(refusal))
    except RateLimited as trouble:
        return Offer(grant, offered=None, reason=str(trouble))
    except IModelsError as trouble:
        refused = trouble.status_code is not None and 400 <= trouble.status_code < 500  # noqa: PLR2004 - the client's fault
        return Offer(grant, offered=False if refused else None, reason=str(trouble))


def _redeem_made_up_code(provider: IdentityProvider, client_id: str, redirect_uri: str) -> tuple[bool | None, str]:
    """RFC 6749 section 5.2: ``invalid_grant`` blames the code alone; other errors blame the client or the grant."""
    form = {
        "grant_type": AUTHORIZATION_CODE,
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "code": _MADE_UP,
        "code_verifier": _MADE_UP,
    }
    error = _post(provider, "token_endpoint", form).get("error")
    if error == "invalid_grant":
        return True, "the client is known, and only a made-up code was refused"
    return (False if error else None), str(error or "a made-up code was not refused")


def _request_device_code(provider: IdentityProvider, client_id: str) -> tuple[bool | None, str]:
    answer = _post(provider, "device_authorization_endpoint", {"client_id": client_id, "scope": _SCOPE})
    if "user_code" in answer:
        return True, "a code was given, and is left to run out"
    return False, str(answer.get("error", "no code was given"))


def _sign_in_service(
    provider: IdentityProvider, client_id: str, secret: Callable[[], str] | None
) -> tuple[bool | None, str]:
    if secret is None:
        return None, f"not tried: {CLIENT_SECRET_VARIABLE} is not set"
    client = ServiceClient(client_id, provider, secret)
    client.acquire((_SCOPE,), force_refresh=False)
    client.forget()
    return True, "the service was given a token"


def _post(provider: IdentityProvider, endpoint: str, form: Mapping[str, str]) -> dict[str, object]:
    transport = provider.transport()
    try:
        if (url := _endpoint(provider, transport, endpoint)) is None:
            return {"error": f"the provider has no {endpoint.replace('_', ' ')}"}
        return dict(json.loads(transport.post(url, data=form).text))
    finally:
        transport.close()


def _endpoint(provider: IdentityProvider, transport: HttpTransport, name: str) -> str | None:
    url = json.loads(transport.get(provider.authority + DISCOVERY_PATH).text).get(name)
    return str(url) if url else None
