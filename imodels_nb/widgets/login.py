"""`login`: choose a credential, begin to sign in, and show the card."""

from imodels_nb.auth import (
    IMS,
    AuthorizationCodeCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    IdentityProvider,
    InteractiveCredential,
    LoginState,
    TokenCachePersistenceOptions,
    TokenCredential,
)
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.widgets.login_card import LoginWidget
from imodels_nb.widgets.service_card import ServiceLogin
from imodels_nb.widgets.sign_in_card import SignInCard

__all__ = ["LoginWidget", "login"]

STRATEGIES = ("auto", "environment", "stored", "device_code", "authorization_code")


def login(
    strategy: str = "auto",
    *,
    credential: TokenCredential | None = None,
    client_id: str | None = None,
    provider: IdentityProvider = IMS,
    persist: bool | TokenCachePersistenceOptions = False,
) -> LoginWidget:
    """Sign in, and show how it stands. Returns at once; a fetch in a later cell waits for the person.

    Parameters
    ----------
    strategy
        ``"environment"`` takes the token in ``IMODELS_NB_ACCESS_TOKEN``, or signs in the service that
        ``IMODELS_NB_CLIENT_ID`` and ``IMODELS_NB_CLIENT_SECRET`` describe; ``"stored"`` takes up a sign-in that was
        kept; ``"device_code"`` shows a code to enter in any browser; ``"authorization_code"`` shows a link to the
        provider's own page; ``"auto"`` takes the first that there is: `credential`, the environment, what was kept
        (with `persist`), a device code.
    credential
        One that you have made yourself, such as a `StaticTokenCredential`.
    client_id
        Of the application that you have registered with the provider; by default ``IMODELS_NB_CLIENT_ID``.
    provider
        Whom to sign in to. What the environment has belongs to one provider and goes to no other.
    persist
        Keep the sign-in beyond this kernel: encrypted, or as the options say.

    Returns
    -------
    LoginWidget
        Displays itself as the last line of a cell; its ``.credential`` goes to ``IModelsClient``.

    Raises
    ------
    TypeError
        When `credential` or `provider` is something else.
    ValueError
        When there is no such strategy.
    CredentialUnavailableError
        When the strategy cannot be tried here.
    TokenCacheError
        When the sign-in cannot be kept as asked for.
    """
    if strategy not in STRATEGIES:
        raise ValueError(  # what was given is not shown: it may be a token in the wrong place
            f"strategy should be one of {', '.join(map(repr, STRATEGIES))}. "
            "A token that you have goes to login(credential=StaticTokenCredential(token))."
        )
    if credential is not None and not hasattr(credential, "get_token"):
        raise TypeError("credential should have get_token, as StaticTokenCredential(token) has.")
    if not isinstance(provider, IdentityProvider):
        raise TypeError("provider should be an IdentityProvider, such as IMS or the .provider of a sample hub.")
    chosen = credential or _choose(strategy, client_id, provider, persist)
    if not isinstance(chosen, InteractiveCredential):
        return ServiceLogin(chosen) if _is_service(chosen) else LoginWidget(chosen)
    card = SignInCard(chosen)
    if not chosen.state.is_pending and chosen.state is not LoginState.SIGNED_IN:
        card.begin()
    return card


def _choose(
    strategy: str, client_id: str | None, provider: IdentityProvider, persist: bool | TokenCachePersistenceOptions
) -> TokenCredential:
    environment = EnvironmentCredential()
    if strategy == "environment":
        return _of_the_environment(environment, provider)
    if strategy == "auto" and environment.available and environment.provider is provider:
        return _usable(environment)
    return _of_a_person(strategy, client_id, provider, _options(strategy, persist))


def _of_the_environment(environment: EnvironmentCredential, provider: IdentityProvider) -> EnvironmentCredential:
    if environment.provider is not provider:
        raise CredentialUnavailableError(
            f"What the environment has belongs to {environment.provider.name} and goes to no other provider. "
            'Run login("device_code", provider=...) instead.'
        )
    return _usable(environment)


def _usable(environment: EnvironmentCredential) -> EnvironmentCredential:
    if not environment.is_service:
        environment.get_token()  # raises, and says which variables to set, when there is none that could be sent
    return environment


def _of_a_person(
    strategy: str, client_id: str | None, provider: IdentityProvider, options: TokenCachePersistenceOptions | None
) -> InteractiveCredential:
    kind = AuthorizationCodeCredential if strategy == "authorization_code" else DeviceCodeCredential
    credential = kind(client_id, provider=provider, cache_persistence_options=options)
    kept = strategy in {"auto", "stored"} and credential.restore()
    if strategy == "stored" and not kept:
        raise CredentialUnavailableError(
            f"No sign-in to {provider.name} has been kept. Run login(persist=True) once, with somebody there."
        )
    return credential


def _options(strategy: str, persist: bool | TokenCachePersistenceOptions) -> TokenCachePersistenceOptions | None:
    if isinstance(persist, TokenCachePersistenceOptions):
        return persist
    return TokenCachePersistenceOptions() if persist or strategy == "stored" else None


def _is_service(credential: TokenCredential) -> bool:
    if isinstance(credential, EnvironmentCredential):
        return credential.is_service
    return isinstance(credential, ClientSecretCredential)
