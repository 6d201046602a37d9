"""Who asks: credentials, identity providers, and signing in through every door that a provider may offer."""

from imodels_nb.auth.auth_code import AuthorizationCodeCredential
from imodels_nb.auth.client_secret import ClientSecretCredential
from imodels_nb.auth.code_flow import AuthorizationCodeFlow
from imodels_nb.auth.credentials import AccessToken, StaticTokenCredential, TokenCredential
from imodels_nb.auth.device_code import DeviceCodeCredential
from imodels_nb.auth.device_flow import DeviceCodeFlow
from imodels_nb.auth.environment import EnvironmentCredential
from imodels_nb.auth.person import PersonCredential
from imodels_nb.auth.provider import IdentityProvider, sample_provider
from imodels_nb.auth.sign_in import SignIn
from imodels_nb.auth.states import LoginState
from imodels_nb.auth.token_store import TokenCachePersistenceOptions
from imodels_nb.auth.vendors import IMS, QA_IMS

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
    "LoginState",
    "PersonCredential",
    "SignIn",
    "StaticTokenCredential",
    "TokenCachePersistenceOptions",
    "TokenCredential",
    "sample_provider",
]
