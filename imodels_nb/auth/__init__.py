"""Sign-in: credentials, identity providers and the ways to sign in."""

from imodels_nb.auth.authorization_code_flow import AuthorizationCodeFlow
from imodels_nb.auth.credentials import ClientSecretCredential, EnvironmentCredential, StaticTokenCredential
from imodels_nb.auth.device_code_flow import DeviceCodeFlow
from imodels_nb.auth.flows import LoginFlow, LoginState
from imodels_nb.auth.interactive import AuthorizationCodeCredential, DeviceCodeCredential, InteractiveCredential
from imodels_nb.auth.provider import IMS, QA_IMS, IdentityProvider
from imodels_nb.auth.token_store import TokenCachePersistenceOptions
from imodels_nb.auth.tokens import AccessToken, TokenCredential

__all__ = [
    "IMS",
    "QA_IMS",
    "AccessToken",
    "AuthorizationCodeCredential",
    "AuthorizationCodeFlow",
    "ClientSecretCredential",
    "DeviceCodeCredential",
    "DeviceCodeFlow",
    "EnvironmentCredential",
    "IdentityProvider",
    "InteractiveCredential",
    "LoginFlow",
    "LoginState",
    "StaticTokenCredential",
    "TokenCachePersistenceOptions",
    "TokenCredential",
]
