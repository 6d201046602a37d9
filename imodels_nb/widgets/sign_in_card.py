"""The card on which a person signs in."""

from threading import RLock, Thread
from typing import Any

import ipywidgets

from imodels_nb.auth import AuthorizationCodeFlow, DeviceCodeFlow, InteractiveCredential, LoginFlow, LoginState
from imodels_nb.errors import IModelsError
from imodels_nb.widgets import login_words as words
from imodels_nb.widgets.copy_button import CopyButton
from imodels_nb.widgets.login_card import LoginWidget, button

_SECOND = 1.0
_APPROVED = "Approved. It takes a moment to arrive."
_NOT_THIS_SIGN_IN = "This address does not answer this sign-in. Copy the whole address of the page on which it ended."


class SignInCard(LoginWidget):
    """The card of a person's sign-in, with what they can do about it.

    Code and links stand in it while they are of use, and vanish with the end of the sign-in.

    Parameters
    ----------
    credential
        What to sign in.
    """

    credential: InteractiveCredential

    def __init__(self, credential: InteractiveCredential) -> None:
        self._drawing = RLock()  # the thread of the sign-in and that of the kernel both draw
        self._counted: LoginFlow | None = None
        self._note = ""
        self._door = credential.begin_authenticate
        self._approve = button("Approve as sample user", "Say yes in place of the sample's user", self.approve)
        self._begin = button("Sign in", "Begin a new sign-in", self.begin)
        self._second = button("Sign in in the browser", "Sign in on the provider's own page", self.begin_in_browser)
        self._cancel = button("Cancel", "Give up this sign-in", self.cancel)
        self._sign_out = button("Sign out", "Throw the tokens away", self.sign_out)
        self._copy, self._paste = CopyButton(), _paste_field()
        self._paste.observe(self._hand_over, "value")
        for primary in (self._approve, self._begin, self._second):
            primary.button_style = "primary"
        super().__init__(credential)
        self.add_class("imodels-login-changing")
        self._leave = credential.on_change(lambda _: self._render())
        self._render()  # it may have changed before anybody listened

    def __repr__(self) -> str:
        return f"LoginWidget(state={self.state.value!r}, provider={self.credential.provider.name!r})"

    def begin(self) -> None:
        """Sign in, through the door that was used last.

        Raises
        ------
        RuntimeError
            When the card has been closed: nobody would see how it goes.
        """
        if self.comm is None:
            raise RuntimeError("This card has been closed. Run login() for a new one.")
        self._note = ""
        self._approve.disabled = False
        self._door()

    def begin_in_browser(self) -> None:
        """Sign in on the provider's own page, which is the next door where device code is not granted."""
        self._door = self.credential.begin_authorization_code
        self.begin()

    def cancel(self) -> None:
        """Give up the sign-in under way."""
        if flow := self.credential.flow:
            flow.cancel()

    def sign_out(self) -> None:
        """Throw the tokens away."""
        self.credential.logout()

    def approve(self) -> None:
        """Say yes as the user of the sample. A real provider leaves that to the person."""
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
        """Take the card away, and with it a sign-in under way. Who is signed in stays so."""
        if self.comm is not None:
            self.cancel()  # wipes the code, which a closed widget would keep
            self._leave()
            parts = (self._approve, self._begin, self._second, self._cancel, self._sign_out, self._copy, self._paste)
            for part in parts:
                part.close()
        super().close()

    def _hand_over(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        self._paste.value = ""  # at once, so that no saved notebook has it
        flow = self.credential.flow
        if isinstance(flow, AuthorizationCodeFlow) and flow.state.is_pending:
            self._note = "" if flow.submit_redirect(change["new"]) else _NOT_THIS_SIGN_IN
            self._render()

    def _render(self) -> None:
        with self._drawing:
            flow, asking = self.credential.flow, _open(self.credential.flow)
            state = self.credential.state
            self._title.value = words.title(self._heading(state), words.mood(state))
            self._aside.value = words.countdown(asking.seconds_left) if asking else ""
            self._copy.text = (asking.user_code or "") if isinstance(asking, DeviceCodeFlow) else ""
            self._body.value = words.body(self._sentence(state, flow), self._figure(state, flow))
            self._actions.children = self._possible_actions(state, flow)
            self.set_trait("state", state)  # last: who sees the end sees a card without the code
        if asking:
            self._count_down(asking)

    def _heading(self, state: LoginState) -> str:
        name = "the sample" if self.credential.provider.is_sample else self.credential.provider.name
        return f"Signed in to {name}" if state is LoginState.SIGNED_IN else f"Sign in to {name}"

    def _sentence(self, state: LoginState, flow: LoginFlow | None) -> str:
        note = self._note if state is LoginState.AWAITING_USER else ""
        return note or words.sentence(state, flow, self.credential.provider)

    def _figure(self, state: LoginState, flow: LoginFlow | None) -> str:
        if state is not LoginState.SIGNED_IN:
            return words.figure(asking, self.credential.provider) if (asking := _open(flow)) else ""
        kept = " and kept on this machine" if self.credential.persistent else ""
        return words.account_line(self.credential.account, self.credential.expires_on, f"renewed by itself{kept}")

    def _possible_actions(self, state: LoginState, flow: LoginFlow | None) -> list[ipywidgets.DOMWidget]:
        if state is LoginState.SIGNED_IN:
            return [self._sign_out]
        if not state.is_pending:
            return self._beginnings(state, flow)
        if not _open(flow):
            return [self._cancel]
        can_approve = self.credential.provider.is_sample
        means = self._copy if isinstance(flow, DeviceCodeFlow) else self._paste
        return [*([self._approve] if can_approve else []), means, self._cancel]

    def _beginnings(self, state: LoginState, flow: LoginFlow | None) -> list[ipywidgets.DOMWidget]:
        again = "Get a new code" if isinstance(flow, DeviceCodeFlow) else "Sign in again"
        self._begin.description = "Sign in" if state is LoginState.SIGNED_OUT else again
        second_door = state is LoginState.UNSUPPORTED and isinstance(flow, DeviceCodeFlow)
        self._begin.button_style = "" if second_door else "primary"
        return [self._second, self._begin] if second_door else [self._begin]

    def _count_down(self, flow: LoginFlow) -> None:
        with self._drawing:
            if self._counted is flow:
                return
            self._counted = flow
        Thread(target=self._tick, args=(flow,), name="imodels-nb-countdown", daemon=True).start()

    def _tick(self, flow: LoginFlow) -> None:
        while flow.wait(_SECOND).is_pending:
            self._render()


def _open(flow: LoginFlow | None) -> LoginFlow | None:
    """Return the sign-in if a person has to do something; where nobody has to, nothing is shown, and nothing saved."""
    return flow if flow and flow.has_prompt and not flow.is_auto_approved else None


def _paste_field() -> ipywidgets.Password:
    """Return the field for an address; what is typed there is neither shown nor part of any text of the card."""
    return ipywidgets.Password(
        placeholder="Paste the address, then press Enter",
        tooltip="The address of the page on which the sign-in ended",
        continuous_update=False,
        layout={"width": "17rem"},
    )
