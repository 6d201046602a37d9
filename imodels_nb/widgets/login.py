"""`login`: choose a credential, begin to sign in, and show the card."""

from imodels_nb.auth import (
    IMS,
    DeviceCodeCredential,
    EnvironmentCredential,
    IdentityProvider,
    LoginState,
    TokenCredential,
)
from imodels_nb.auth.credentials import ACCESS_TOKEN_VARIABLE
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.widgets.login_card import DeviceCodeLogin, LoginWidget

__all__ = ["LoginWidget", "login"]

STRATEGIES = ("auto", "environment", "device_code")


def login(
    strategy: str = "auto",
    *,
    credential: TokenCredential | None = None,
    client_id: str | None = None,
    provider: IdentityProvider = IMS,
) -> LoginWidget:
    """Sign in, and show how it stands. Returns at once; a fetch in a later cell waits for the person.

    Parameters
    ----------
    strategy
        ``"environment"`` takes the token in ``IMODELS_NB_ACCESS_TOKEN``; ``"device_code"`` shows a code to enter in any
        browser; ``"auto"`` takes the first that there is: `credential`, the environment, a device code.
    credential
        One that you have made yourself, such as a `StaticTokenCredential`.
    client_id
        Of the application that you have registered with the provider.
    provider
        Whom to sign in to. The token in the environment is the vendor's and goes to no other.

    Returns
    -------
    LoginWidget
        Displays itself as the last line of a cell; its ``.credential`` goes to ``IModelsClient``.

    Raises
    ------
    ValueError
        When there is no such strategy.
    CredentialUnavailableError
        When the strategy cannot be tried here.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"There is no strategy {strategy!r}. Take one of {', '.join(map(repr, STRATEGIES))}.")
    chosen = credential or _choose(strategy, client_id, provider)
    if not isinstance(chosen, DeviceCodeCredential):
        return LoginWidget(chosen)
    card = DeviceCodeLogin(chosen)
    if not chosen.state.pending and chosen.state is not LoginState.SIGNED_IN:
        card.begin()
    return card


def _choose(strategy: str, client_id: str | None, provider: IdentityProvider) -> TokenCredential:
    environment = EnvironmentCredential()
    if strategy == "environment" and provider is not IMS:
        raise CredentialUnavailableError(
            f"The token in {ACCESS_TOKEN_VARIABLE} belongs to {IMS.name} and goes to no other provider. "
            'Run login("device_code", provider=...) instead.'
        )
    if strategy == "environment":
        environment.get_token()  # raises when there is none
    if strategy == "environment" or (strategy == "auto" and provider is IMS and environment.available):
        return environment
    return DeviceCodeCredential(client_id, provider=provider)
