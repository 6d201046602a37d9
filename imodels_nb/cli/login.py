"""The command ``login``, which checks the ways to sign in."""

import argparse

from imodels_nb.auth import EnvironmentCredential, IdentityProvider
from imodels_nb.auth.authorization_code_flow import REDIRECT_URI
from imodels_nb.auth.probe import AUTHORIZATION_CODE, CLIENT_CREDENTIALS, DEVICE_CODE, probe_grants
from imodels_nb.auth.provider import (
    ACCESS_TOKEN_VARIABLE,
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    KNOWN_PROVIDERS,
    PROVIDER_VARIABLE,
    read_variable,
)
from imodels_nb.cli.connection import FAILED, Commands
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.sample.provider import build_sample_provider

_VERDICTS = {True: "offered", False: "not offered", None: "unknown"}
_LOGIN_CALLS = {
    DEVICE_CODE: 'login("device_code", client_id=...)',
    AUTHORIZATION_CODE: 'login("authorization_code", client_id=...)',
    CLIENT_CREDENTIALS: 'login("environment")',
}


def add_login(commands: Commands) -> None:
    """Add the command ``login`` to the command line."""
    parser = commands.add_parser("login", help="check which sign-in flows the provider offers to your client")
    parser.add_argument("--check", action="store_true", required=True, help="ask the provider, without a sign-in")
    parser.add_argument("--client-id", help=f"by default {CLIENT_ID_VARIABLE}")
    parser.add_argument("--redirect-uri", default=REDIRECT_URI, help=f"as registered; by default {REDIRECT_URI}")
    parser.add_argument(
        "--provider",
        help=f"{', '.join(KNOWN_PROVIDERS)}, or the identity_url of a sample; by default {PROVIDER_VARIABLE} or ims",
    )
    parser.set_defaults(run=_run_login)


def _run_login(options: argparse.Namespace) -> int:
    provider = _find_provider(options.provider)
    client_id = options.client_id or provider.client_id or read_variable(CLIENT_ID_VARIABLE)
    if not client_id:
        raise CredentialUnavailableError(f"There is no client id. Pass --client-id, or set {CLIENT_ID_VARIABLE}.")
    secret = (lambda: read_variable(CLIENT_SECRET_VARIABLE)) if read_variable(CLIENT_SECRET_VARIABLE) else None
    grants = probe_grants(provider, client_id, options.redirect_uri, secret)
    _print_row("provider", provider.name, provider.display_url)
    _print_row("client", client_id)
    for grant in grants:
        _print_row(grant.grant, _VERDICTS[grant.is_offered], grant.reason)
    _print_row("access token", "set" if read_variable(ACCESS_TOKEN_VARIABLE) else "not set", ACCESS_TOKEN_VARIABLE)
    calls = [_LOGIN_CALLS[grant.grant] for grant in grants if grant.is_offered]
    if calls:
        _print_row("next", " or ".join(calls))
        return 0
    _print_row("next", f"set {ACCESS_TOKEN_VARIABLE}", "docs/registering-a-client.md explains how to get a token")
    return FAILED


def _find_provider(name: str | None) -> IdentityProvider:
    if name is None:
        return EnvironmentCredential().provider
    return KNOWN_PROVIDERS[name] if name in KNOWN_PROVIDERS else build_sample_provider(name)


def _print_row(label: str, value: str, reason: str = "") -> None:
    print(f"{label:<20} {value:<12} {reason}".rstrip())
