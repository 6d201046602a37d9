"""The cards that say how a sign-in stands."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from threading import RLock, Thread
from urllib.parse import urlsplit

import ipywidgets
import traitlets

from imodels_nb.auth import (
    DeviceCodeCredential,
    DeviceCodeFlow,
    EnvironmentCredential,
    IdentityProvider,
    LoginState,
    StaticTokenCredential,
    TokenCredential,
)
from imodels_nb.auth.credentials import ACCESS_TOKEN_VARIABLE
from imodels_nb.errors import IModelsError

_STYLE = f"<style>{files(__package__).joinpath('login.css').read_text('utf-8')}</style>"
_SECOND = 1.0
_SENTENCES = {
    LoginState.SIGNED_OUT: "You are signed out.",
    LoginState.STARTING: "Asking for a code …",
    LoginState.AWAITING_USER: "Open the page and enter this code.",
    LoginState.RETRYING: "There is no answer at the moment. It is tried again by itself.",
    LoginState.SIGNED_IN: "You can go on to the next cell.",
    LoginState.REAUTH_REQUIRED: "Your sign-in has ended. Sign in again to go on.",
}
_MOODS = {LoginState.SIGNED_IN: "good", LoginState.SIGNED_OUT: "quiet", LoginState.CANCELLED: "quiet"}
_BEGIN_AGAIN = {LoginState.SIGNED_OUT: "Sign in", LoginState.REAUTH_REQUIRED: "Sign in again"}


class LoginWidget(ipywidgets.VBox):
    """A card that says which credential is in use, and how it stands. It holds no secret.

    Parameters
    ----------
    credential
        What hands out the tokens.

    Attributes
    ----------
    state : LoginState
        Where the sign-in stands; observable, and not sent to the browser.
    """

    state = traitlets.UseEnum(LoginState, default_value=LoginState.SIGNED_IN)

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

    def close(self) -> None:
        """Take the card away. Who is signed in stays so."""
        if self.comm is not None:
            for part in (self._title, self._aside, self._body, self._head, self._actions):
                part.close()
        super().close()

    def _render(self) -> None:
        self._title.value = _title("Using your access token", "good")
        self._body.value = _body(f"{_source(self.credential)} It is checked with the first request.")


class DeviceCodeLogin(LoginWidget):
    """The card of a sign-in by device code, with what a person can do about it.

    The code and its link stand in it while they are of use, and vanish with the end of the sign-in.

    Parameters
    ----------
    credential
        What to sign in.
    """

    credential: DeviceCodeCredential

    def __init__(self, credential: DeviceCodeCredential) -> None:
        self._drawing = RLock()  # the thread of the sign-in and that of the kernel both draw
        self._counted: DeviceCodeFlow | None = None
        self._note = ""
        self._approve = _button("Approve as sample user", "Say yes in place of the sample's user", self.approve)
        self._begin = _button("Sign in", "Begin a new sign-in", self.begin)
        self._cancel = _button("Cancel", "Give up this sign-in", self.cancel)
        self._sign_out = _button("Sign out", "Throw the tokens away", self.sign_out)
        self._approve.button_style = self._begin.button_style = "primary"
        super().__init__(credential)
        self.add_class("imodels-login-changing")
        self._leave = credential.on_change(lambda _: self._render())
        self._render()  # it may have changed before anybody listened

    def __repr__(self) -> str:
        return f"LoginWidget(state={self.state.value!r}, provider={self.credential.provider.name!r})"

    def begin(self) -> None:
        """Sign in, with a new code."""
        self._note = ""
        self._approve.disabled = False
        self.credential.begin_authenticate()

    def cancel(self) -> None:
        """Give up the sign-in under way."""
        if flow := self.credential.flow:
            flow.cancel()

    def sign_out(self) -> None:
        """Throw the tokens away."""
        self.credential.logout()

    def approve(self) -> None:
        """Say yes as the user of the sample. A real provider leaves that to the person."""
        code = flow.user_code if (flow := self.credential.flow) else None
        if code is None:
            return
        try:
            self.credential.provider.decide(code)
        except IModelsError as error:
            self._note = str(error)
        else:
            self._note = "Approved. It takes a moment to arrive."
            self._approve.disabled = True
        self._render()

    def close(self) -> None:
        """Take the card away, and with it a sign-in under way. Who is signed in stays so."""
        if self.comm is not None:
            self.cancel()  # wipes the code, which a closed widget would keep
            self._leave()
            for button in (self._approve, self._begin, self._cancel, self._sign_out):
                button.close()
        super().close()

    def _render(self) -> None:
        with self._drawing:
            flow = self.credential.flow
            self.state = self.credential.state
            self._title.value = _title(self._heading(), self._mood())
            self._aside.value = _countdown(flow.seconds_left) if flow and self._code(flow) else ""
            self._body.value = _body(self._sentence(flow), self._figure(flow))
            self._actions.children = self._possible_actions(flow)
        if flow and self._code(flow):
            self._count_down(flow)

    def _code(self, flow: DeviceCodeFlow) -> str | None:
        """Return what a person has to enter; nothing where nobody has to, so that it is not saved either."""
        return None if self.credential.provider.auto_approve else flow.user_code

    def _heading(self) -> str:
        name = "the sample" if self.credential.provider.is_sample else self.credential.provider.name
        return f"Signed in to {name}" if self.state is LoginState.SIGNED_IN else f"Sign in to {name}"

    def _mood(self) -> str:
        return "pending" if self.state.pending else _MOODS.get(self.state, "bad")

    def _sentence(self, flow: DeviceCodeFlow | None) -> str:
        if self.state is LoginState.AWAITING_USER and self.credential.provider.is_sample:
            return self._note or _sample_sentence(self.credential.provider)
        return _SENTENCES.get(self.state) or str(flow.error if flow else "")

    def _figure(self, flow: DeviceCodeFlow | None) -> str:
        if self.state is LoginState.SIGNED_IN:
            return _account(self.credential.account, self.credential.expires_on)
        if flow and (code := self._code(flow)) and (page := flow.verification_uri):
            link = _link(page, flow.verification_uri_complete or page)
            return _code(code) + (link if _in_reach(self.credential.provider) else "")
        return ""

    def _possible_actions(self, flow: DeviceCodeFlow | None) -> list[ipywidgets.Button]:
        if self.state is LoginState.SIGNED_IN:
            return [self._sign_out]
        if not self.state.pending:
            self._begin.description = _BEGIN_AGAIN.get(self.state, "Get a new code")
            return [self._begin]
        if self.credential.provider.is_sample and flow and self._code(flow):
            return [self._approve, self._cancel]
        return [self._cancel]

    def _count_down(self, flow: DeviceCodeFlow) -> None:
        with self._drawing:
            if self._counted is flow:
                return
            self._counted = flow
        Thread(target=self._tick, args=(flow,), name="imodels-nb-countdown", daemon=True).start()

    def _tick(self, flow: DeviceCodeFlow) -> None:
        while flow.wait(_SECOND).pending:
            self._render()


def _button(text: str, tip: str, action: Callable[[], None]) -> ipywidgets.Button:
    button = ipywidgets.Button(description=text, tooltip=tip, layout={"width": "auto"})
    button.on_click(lambda _: action())
    return button


def _title(text: str, mood: str) -> str:
    heading = f'<div class="imodels-login-title {mood}" role="heading" aria-level="3">{escape(text)}</div>'
    return _STYLE + heading


def _body(sentence: str, figure: str = "") -> str:
    status = f'<p role="status" aria-live="polite">{escape(sentence)}</p>'
    return f'<div class="imodels-login-body">{status}<div class="imodels-login-figure">{figure}</div></div>'


def _code(code: str) -> str:
    return f'<span class="imodels-login-code">{escape(code)}</span>'


def _link(page: str, target: str) -> str:
    parts = urlsplit(page)
    return (
        f'<a href="{escape(target)}" target="_blank" rel="noopener noreferrer" title="Opens in a new tab">'
        f"{escape(parts.netloc + parts.path)} ↗</a>"
    )


def _in_reach(provider: IdentityProvider) -> bool:
    """Say whether the person's browser can open the provider's page; under JupyterHub the sample's is too far away."""
    return not (provider.is_sample and "JUPYTERHUB_SERVICE_PREFIX" in os.environ)


def _countdown(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f'<span class="imodels-login-countdown" role="timer">expires in {minutes}:{rest:02}</span>'


def _account(account: str | None, expires_on: int | None) -> str:
    who = f'<span class="imodels-login-account">{escape(account)}</span>' if account else ""
    until = datetime.fromtimestamp(expires_on, UTC).astimezone().strftime("until %H:%M %Z, then ") if expires_on else ""
    return f'{who}<span class="imodels-login-until">{escape(until)}renewed by itself</span>'


def _sample_sentence(provider: IdentityProvider) -> str:
    if provider.auto_approve:
        return "The sample approves this by itself in a moment."
    if not _in_reach(provider):
        return "This is the sample: approve it here."
    return "This is the sample: approve it here, or open the page and enter this code."


def _source(credential: TokenCredential) -> str:
    if isinstance(credential, EnvironmentCredential):
        return f"It comes from {ACCESS_TOKEN_VARIABLE}."
    if isinstance(credential, StaticTokenCredential):
        return "It is the one that you passed to login()."
    return f"It comes from a {type(credential).__name__}."
