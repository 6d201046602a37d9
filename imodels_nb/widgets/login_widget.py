"""The sign-in card, one class for each kind of credential."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import RLock, Thread
from typing import Any

import ipywidgets
import traitlets

from imodels_nb.auth import (
    AuthorizationCodeFlow,
    DeviceCodeFlow,
    InteractiveCredential,
    LoginFlow,
    LoginState,
    TokenCredential,
)
from imodels_nb.errors import GrantNotAvailableError, IModelsError
from imodels_nb.widgets import login_html as html
from imodels_nb.widgets.copy_button import CopyButton

_COUNTDOWN_INTERVAL = 1.0  # seconds
_APPROVED = "Approved. The card changes in a few seconds."
_OTHER_SIGN_IN = "This address belongs to another sign-in. Copy the whole address of the page on which it ended."

_logger = logging.getLogger(__name__)


class LoginWidget(ipywidgets.VBox):
    """A card with the credential in use and its state. It contains no secret.

    Parameters
    ----------
    credential
        Credential whose tokens are used.

    Attributes
    ----------
    state : LoginState
        State of the sign-in; read-only, observable, and not sent to the browser.
    credential : TokenCredential
        For ``IModelsClient``.

    Examples
    --------
    >>> login(credential=StaticTokenCredential("secret")).state
    <LoginState.SIGNED_IN: 'SIGNED_IN'>
    """

    state = traitlets.UseEnum(LoginState, default_value=LoginState.SIGNED_IN, read_only=True)

    def __init__(self, credential: TokenCredential) -> None:
        self.credential = credential
        self._title, self._aside, self._body = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self._head, self._actions = ipywidgets.HBox([self._title, self._aside]), ipywidgets.HBox()
        super().__init__([self._head, self._body, self._actions])
        for part, name in ((self, "login"), (self._head, "login-head"), (self._actions, "login-actions")):
            part.add_class(f"imodels-{name}")
        self._render()

    def __repr__(self) -> str:
        return f"LoginWidget(state={self.state.value!r}, credential={type(self.credential).__name__!r})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add a picture of the card, for a page without a kernel or without widgets."""
        return super()._repr_mimebundle_(**kwargs) | {"text/html": html.build_picture(self._title.value)}

    def close(self) -> None:
        """Close the card. The sign-in stays as it is."""
        if self.comm is not None:
            for part in (self._title, self._aside, self._body, self._head, self._actions):
                part.close()
        super().close()

    def _render(self) -> None:
        self._title.value = html.build_title("Using your access token", "good")
        sentence = f"{html.format_source(self.credential)} It is checked with the first request."
        self._body.value = html.build_body(sentence, self._build_account_line())

    def _build_account_line(self) -> str:
        """Build the line with the account and the end of the token, if they are known."""
        account, expires_on = (getattr(self.credential, name, None) for name in ("account", "expires_on"))
        return html.build_account_line(account, expires_on, "")


class ServiceLoginWidget(LoginWidget):
    """The card of a client secret. It requests a token at once, to check the secret.

    Parameters
    ----------
    credential
        Credential of the service.
    """

    def __init__(self, credential: TokenCredential) -> None:
        self._error_text = ""
        super().__init__(credential)
        self.set_trait("state", LoginState.STARTING)
        self._render()
        Thread(target=self._request_token, name="imodels-nb-service", daemon=True).start()

    def _request_token(self) -> None:
        state = LoginState.SIGNED_IN
        try:
            self.credential.get_token()
        except GrantNotAvailableError as error:
            state = LoginState.UNSUPPORTED
            self._error_text = str(error)
        except IModelsError as error:
            state = LoginState.FAILED
            self._error_text = str(error)
        except Exception as error:  # noqa: BLE001 - of a credential or a vault that we do not know
            state = LoginState.FAILED
            self._error_text = f"The credential failed ({type(error).__name__}). Call its get_token() to see why."
        self.set_trait("state", state)
        self._render()

    def _render(self) -> None:
        is_signed_in = self.state is LoginState.SIGNED_IN
        title = "Signed in as a service" if is_signed_in else "Sign in as a service"
        sentence = self._error_text or f"{html.format_source(self.credential)} Each token is renewed when it ends."
        self._title.value = html.build_title(title, html.get_dot_class(self.state))
        self._body.value = html.build_body(sentence, self._build_account_line())


class InteractiveLoginWidget(LoginWidget):
    """The card of a person's sign-in, with a button for each next step.

    The code and the links are in it while they are of use, and are removed at the end of the sign-in.

    Parameters
    ----------
    credential
        Credential to sign in with.
    """

    credential: InteractiveCredential

    def __init__(self, credential: InteractiveCredential) -> None:
        self._drawing = RLock()  # the thread of the sign-in and that of the kernel both draw
        self._countdown_flow: LoginFlow | None = None
        self._note = ""
        self._begin_flow: Callable[[], LoginFlow] = credential.begin_authenticate
        self._approve = _create_button("Approve as sample user", "Approve in place of the sample's user", self.approve)
        self._begin = _create_button("Sign in", "Begin a new sign-in", self.begin)
        self._browser = _create_button(
            "Sign in in the browser", "Sign in on the provider's own page", self.begin_in_browser
        )
        self._cancel = _create_button("Cancel", "Give up this sign-in", self.cancel)
        self._sign_out = _create_button("Sign out", "Delete the tokens", self.sign_out)
        self._copy, self._paste = CopyButton(), _create_paste_field()
        self._paste.observe(self._submit_pasted, "value")
        for primary in (self._approve, self._begin, self._browser):
            primary.button_style = "primary"
        super().__init__(credential)
        self.add_class("imodels-login-changing")
        self._stop_observing = credential.on_change(lambda _: self._render())
        self._render()  # the state may have changed before the card observed it

    def __repr__(self) -> str:
        return f"LoginWidget(state={self.state.value!r}, provider={self.credential.provider.name!r})"

    def begin(self) -> None:
        """Start a sign-in, in the way that was used last.

        Raises
        ------
        RuntimeError
            If the card has been closed, since the sign-in could not be seen.
        """
        if self.comm is None:
            raise RuntimeError("This card has been closed. Run login() for a new one.")
        self._note = ""
        self._approve.disabled = False
        self._begin_flow()

    def begin_in_browser(self) -> None:
        """Start a sign-in on the provider's own page, the alternative to a device code."""
        self._begin_flow = self.credential.begin_authorization_code
        self.begin()

    def cancel(self) -> None:
        """Cancel the sign-in under way."""
        if flow := self.credential.flow:
            flow.cancel()

    def sign_out(self) -> None:
        """Delete the tokens."""
        self.credential.logout()

    def approve(self) -> None:
        """Approve as the user of the sample. At a real provider only the person can do so."""
        flow = self.credential.flow
        if flow is None or not flow.has_prompt:
            return
        try:
            flow.approve()
        except IModelsError as error:
            self._note = str(error)
        else:
            self._note = _APPROVED
            self._approve.disabled = True
        self._render()

    def close(self) -> None:
        """Close the card and cancel a sign-in under way; a finished sign-in stays."""
        if self.comm is not None:
            self.cancel()  # removes the code, which a closed widget would keep
            self._stop_observing()
            parts = (self._approve, self._begin, self._browser, self._cancel, self._sign_out, self._copy, self._paste)
            for part in parts:
                part.close()
        super().close()

    def _submit_pasted(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        self._paste.value = ""  # at once, so that no saved notebook contains it
        flow = self.credential.flow
        if isinstance(flow, AuthorizationCodeFlow) and flow.state.is_pending:
            self._note = "" if flow.submit_redirect(change["new"]) else _OTHER_SIGN_IN
            self._render()

    def _render(self) -> None:
        with self._drawing:
            flow = self.credential.flow
            state = self.credential.state
            flow_with_prompt = _select_flow_with_prompt(flow)
            try:
                self._draw(state, flow, flow_with_prompt)
            except Exception:
                _logger.debug("The sign-in card could not be drawn", exc_info=True)
                self._draw_without_prompt(state)
            self.set_trait("state", state)  # last: an observer of the end sees a card without the code
        if flow_with_prompt:
            self._start_countdown(flow_with_prompt)

    def _draw(self, state: LoginState, flow: LoginFlow | None, flow_with_prompt: LoginFlow | None) -> None:
        self._title.value = html.build_title(self._format_heading(state), html.get_dot_class(state))
        self._aside.value = html.build_countdown(flow_with_prompt.seconds_left) if flow_with_prompt else ""
        self._copy.text = (flow_with_prompt.user_code or "") if isinstance(flow_with_prompt, DeviceCodeFlow) else ""
        details = self._build_details(state, flow_with_prompt)
        self._body.value = html.build_body(self._format_sentence(state, flow), details)
        self._actions.children = self._list_actions(state, flow)

    def _draw_without_prompt(self, state: LoginState) -> None:
        sentence = f"The card cannot be drawn. The sign-in is {state.value.lower().replace('_', ' ')}."
        for part, name, value in (
            (self._aside, "value", ""),
            (self._copy, "text", ""),
            (self._body, "value", html.build_body(sentence)),
            (self._actions, "children", ()),
        ):
            with suppress(Exception):  # the connection to the browser may have gone; the value is set all the same
                setattr(part, name, value)

    def _format_heading(self, state: LoginState) -> str:
        name = "the sample" if self.credential.provider.is_sample else self.credential.provider.name
        return f"Signed in to {name}" if state is LoginState.SIGNED_IN else f"Sign in to {name}"

    def _format_sentence(self, state: LoginState, flow: LoginFlow | None) -> str:
        note = self._note if state is LoginState.AWAITING_USER else ""
        return note or html.format_state(state, flow, self.credential.provider)

    def _build_details(self, state: LoginState, flow_with_prompt: LoginFlow | None) -> str:
        if state is LoginState.SIGNED_IN:
            after = "renewed automatically" + (" and stored on this machine" if self.credential.is_persistent else "")
            return html.build_account_line(self.credential.account, self.credential.expires_on, after)
        return html.build_prompt(flow_with_prompt, self.credential.provider) if flow_with_prompt else ""

    def _list_actions(self, state: LoginState, flow: LoginFlow | None) -> list[ipywidgets.DOMWidget]:
        if state is LoginState.SIGNED_IN:
            return [self._sign_out]
        if state.is_pending:
            if not _select_flow_with_prompt(flow):
                return [self._cancel]
            approve = [self._approve] if self.credential.provider.is_sample else []
            return [*approve, self._copy if isinstance(flow, DeviceCodeFlow) else self._paste, self._cancel]
        again = "Get a new code" if isinstance(flow, DeviceCodeFlow) else "Sign in again"
        self._begin.description = "Sign in" if state is LoginState.SIGNED_OUT else again
        has_alternative = state is LoginState.UNSUPPORTED and isinstance(flow, DeviceCodeFlow)
        self._begin.button_style = "" if has_alternative else "primary"
        return [self._browser, self._begin] if has_alternative else [self._begin]

    def _start_countdown(self, flow: LoginFlow) -> None:
        with self._drawing:
            if self._countdown_flow is flow:
                return
            self._countdown_flow = flow
        Thread(target=self._count_down, args=(flow,), name="imodels-nb-countdown", daemon=True).start()

    def _count_down(self, flow: LoginFlow) -> None:
        while flow.wait(_COUNTDOWN_INTERVAL).is_pending:
            self._render()


def _create_button(text: str, tooltip: str, action: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=text, tooltip=tooltip, layout={"width": "auto"})
    button.on_click(lambda _: action())
    return button


def _create_paste_field() -> ipywidgets.Password:
    """Return the field for an address, which is not shown and in no text of the card."""
    return ipywidgets.Password(
        placeholder="Paste the address, then press Enter",
        tooltip="The address of the page on which the sign-in ended",
        continuous_update=False,
        layout={"width": "17rem"},
    )


def _select_flow_with_prompt(flow: LoginFlow | None) -> LoginFlow | None:
    """Return the sign-in if the person has to act; only then the code is shown."""
    return flow if flow and flow.has_prompt and not flow.is_auto_approved else None
