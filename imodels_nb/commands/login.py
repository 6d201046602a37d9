"""``python -m imodels_nb login --check``: which doors the provider really probe_grants to a client."""

import argparse

from imodels_nb.auth import EnvironmentCredential, IdentityProvider
from imodels_nb.auth.authorization_code_flow import REDIRECT_URI
from imodels_nb.auth.probe import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, GrantSupport, probe_grants
from imodels_nb.auth.provider import (
    ACCESS_TOKEN_VARIABLE,
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    KNOWN_PROVIDERS,
    PROVIDER_VARIABLE,
    read_variable,
)
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.sample.provider import sample_provider

_VERDICTS = {True: "offered", False: "not offered", None: "unknown"}
_NEXT = {
    DEVICE_CODE: 'login("device_code", client_id=...)',
    AUTHORIZATION_CODE: 'login("authorization_code", client_id=...)',
    CLIENT_CREDENTIALS: 'login("environment")',
}


def add_login(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command ``login``."""
    parser = commands.add_parser("login", help="see which ways of signing in the provider probe_grants to your client")
    parser.add_argument("--check", action="store_true", required=True, help="ask the provider; nobody is signed in")
    parser.add_argument("--client-id", help=f"by default {CLIENT_ID_VARIABLE}")
    parser.add_argument("--redirect-uri", default=REDIRECT_URI, help=f"as registered; by default {REDIRECT_URI}")
    parser.add_argument(
        "--provider",
        help=f"{', '.join(KNOWN_PROVIDERS)}, or the identity_url of a sample; by default {PROVIDER_VARIABLE} or ims",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what was found, a line each; the status is 0 when at least one door is open.

    Raises
    ------
    CredentialUnavailableError
        When there is no client id, or no such provider.
    """
    provider = _provider(options.provider)
    client_id = options.client_id or provider.client_id or read_variable(CLIENT_ID_VARIABLE)
    if not client_id:
        raise CredentialUnavailableError(f"Which client? Pass --client-id, or set {CLIENT_ID_VARIABLE}.")
    secret = (lambda: read_variable(CLIENT_SECRET_VARIABLE)) if read_variable(CLIENT_SECRET_VARIABLE) else None
    found = probe_grants(provider, client_id, options.redirect_uri, secret)
    _say("provider", provider.name, provider.display_url)
    _say("client", client_id, "")
    for offer in found:
        _say(offer.grant, _VERDICTS[offer.is_offered], offer.reason)
    _say("access token", "set" if read_variable(ACCESS_TOKEN_VARIABLE) else "not set", ACCESS_TOKEN_VARIABLE)
    _say("next", *_advice(found))
    return int(not any(offer.is_offered for offer in found))


def _provider(name: str | None) -> IdentityProvider:
    if name is None:
        return EnvironmentCredential().provider
    if name in KNOWN_PROVIDERS:
        return KNOWN_PROVIDERS[name]
    return sample_provider(name)


def _advice(found: list[GrantSupport]) -> tuple[str, str]:
    doors = [_NEXT[offer.grant] for offer in found if offer.is_offered]
    if doors:
        return " or ".join(doors), ""
    return f"set {ACCESS_TOKEN_VARIABLE}", "no other door is open; docs/registering-a-client.md says how to get one"


def _say(what: str, verdict: str, why: str) -> None:
    print(f"{what:<20} {verdict:<12} {why}".rstrip())  # noqa: T201 - a command line tool
