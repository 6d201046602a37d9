"""Who asks: credentials, identity providers, and signing in by device code."""

from imodels_nb.auth.credentials import AccessToken, EnvironmentCredential, StaticTokenCredential, TokenCredential
from imodels_nb.auth.device_code import DeviceCodeCredential
from imodels_nb.auth.device_flow import DeviceCodeFlow
from imodels_nb.auth.provider import IMS, IdentityProvider, sample_provider
from imodels_nb.auth.states import LoginState

__all__ = [
    "IMS",
    "AccessToken",
    "DeviceCodeCredential",
    "DeviceCodeFlow",
    "EnvironmentCredential",
    "IdentityProvider",
    "LoginState",
    "StaticTokenCredential",
    "TokenCredential",
    "sample_provider",
]
