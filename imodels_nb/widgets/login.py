"""`login`: choose a credential, start the sign-in and show the card."""

import re
from typing import Literal, get_args

import numpy as np

from imodels_nb.auth import (
    IMS,
    AuthorizationCodeCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    IdentityProvider,
    InteractiveCredential,
    LoginState,
    StaticTokenCredential,
    TokenCachePersistenceOptions,
    TokenCredential,
)
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.widgets.login_widget import InteractiveLoginWidget, LoginWidget, ServiceLoginWidget

__all__ = ["LoginWidget", "login"]

Strategy = Literal["auto", "environment", "stored", "device_code", "authorization_code"]

_CLIENT_ID = re.compile("(native|service|spa|webapp|web)-", re.IGNORECASE)


def login(
    strategy: Strategy = "auto",
    *,
    credential: TokenCredential | None = None,
    client_id: str | None = None,
    provider: IdentityProvider = IMS,
    persist: bool | TokenCachePersistenceOptions = False,
) -> LoginWidget:
    """Start a sign-in and show its state, without waiting for the user.

    A fetch in a later cell waits for the user.

    Parameters
    ----------
    strategy
        ``"environment"`` uses the token in ``IMODELS_NB_ACCESS_TOKEN``, or signs in the service that
        ``IMODELS_NB_CLIENT_ID`` and ``IMODELS_NB_CLIENT_SECRET`` describe. ``"stored"`` uses a stored sign-in.
        ``"device_code"`` shows a code to enter in any browser. ``"authorization_code"`` shows a link to the provider's
        own page. ``"auto"`` uses the first of these that is available: `credential`, the environment, a stored
        sign-in (with `persist`), a device code. With `persist`, ``"device_code"`` and ``"authorization_code"`` use a
        stored sign-in, too, and otherwise start a new one.
    credential
        A credential of your own, such as a `StaticTokenCredential`, without a `strategy`.
    client_id
        Client id of the application that you registered with the provider; by default ``IMODELS_NB_CLIENT_ID``.
    provider
        Provider to sign in to. The variables of the environment belong to one provider and are sent to no other.
    persist
        Whether to store the sign-in on this machine, encrypted, and to use the stored one. ``True``, or options of
        the store. "Sign out" on the card deletes it.

    Returns
    -------
    LoginWidget
        Displays itself as the last line of a cell; its ``.credential`` is for ``IModelsClient``.

    Raises
    ------
    TypeError
        If `credential`, `provider`, `client_id` or `persist` is of another type.
    ValueError
        If there is no such strategy, or a strategy and a credential.
    CredentialUnavailableError
        If the strategy cannot be used here, or the token of `credential` is empty or invalid.
    TokenCacheError
        If the sign-in cannot be stored as requested.

    Examples
    --------
    In a notebook, ``login("authorization_code", client_id="native-…")`` as the last line of a cell shows a card with a
    link. With a token that you have, no card has to be clicked:

    >>> sign_in = login(credential=StaticTokenCredential("secret"))
    >>> sign_in.state.value
    'SIGNED_IN'
    >>> IModelsClient(sign_in.credential).base_url
    'https://api.bentley.com'
    """
    _check_arguments(strategy, credential, provider, persist)
    chosen = credential or _choose_credential(strategy, client_id, provider, persist)
    if not isinstance(chosen, InteractiveCredential):
        is_service = isinstance(chosen, ClientSecretCredential) or getattr(chosen, "is_service", False)
        return ServiceLoginWidget(chosen) if is_service else LoginWidget(chosen)
    card = InteractiveLoginWidget(chosen)
    if not chosen.state.is_pending and chosen.state is not LoginState.SIGNED_IN:
        card.begin()
    return card


def _check_arguments(strategy: object, credential: object, provider: object, persist: object) -> None:
    if strategy not in get_args(Strategy):  # the argument is not shown: it may be a token in the wrong place
        strategies = ", ".join(map(repr, get_args(Strategy)))
        is_client_id = isinstance(strategy, str) and _CLIENT_ID.match(strategy)
        hint = (
            "A client id goes to login(client_id=...)."
            if is_client_id
            else "A token that you have goes to login(credential=StaticTokenCredential(token))."
        )
        raise ValueError(f"strategy should be one of {strategies}. {hint}")
    if credential is not None and not hasattr(credential, "get_token"):
        raise TypeError("credential should have get_token, as StaticTokenCredential(token) has.")
    if credential is not None and strategy != "auto":
        raise ValueError(f"login takes a strategy or a credential, not both: leave out {strategy!r} or credential.")
    if isinstance(credential, StaticTokenCredential):
        credential.validate()
    if not isinstance(provider, IdentityProvider):
        raise TypeError("provider should be an IdentityProvider, such as IMS or the .provider of a sample hub.")
    if not isinstance(persist, bool | np.bool_ | TokenCachePersistenceOptions):
        raise TypeError(
            f"persist should be True, False or TokenCachePersistenceOptions(...), not {type(persist).__name__}."
        )


def _choose_credential(
    strategy: Strategy, client_id: str | None, provider: IdentityProvider, persist: bool | TokenCachePersistenceOptions
) -> TokenCredential:
    environment = EnvironmentCredential(provider)
    is_for_provider = environment.provider == provider
    if strategy == "environment" and not is_for_provider:
        raise CredentialUnavailableError(
            f"The variables of the environment belong to {environment.provider.name} and go to no other provider. "
            'Run login("device_code", provider=...) instead.'
        )
    if strategy == "environment" or (strategy == "auto" and environment.available and is_for_provider):
        if not environment.is_service:
            environment.get_token()  # raises if there is no usable token, and names the variables to set
        return environment
    return _create_interactive(strategy, client_id, provider, persist)


def _create_interactive(
    strategy: Strategy, client_id: str | None, provider: IdentityProvider, persist: bool | TokenCachePersistenceOptions
) -> InteractiveCredential:
    options = persist if isinstance(persist, TokenCachePersistenceOptions) else None
    if options is None and (persist or strategy == "stored"):
        options = TokenCachePersistenceOptions()
    credential_class = AuthorizationCodeCredential if strategy == "authorization_code" else DeviceCodeCredential
    credential = credential_class(client_id, provider=provider, cache_persistence_options=options)
    is_restored = options is not None and credential.restore()
    if strategy == "stored" and not is_restored:
        raise CredentialUnavailableError(
            f"There is no stored sign-in to {provider.name}. Run login(persist=True) once, and sign in."
        )
    return credential
