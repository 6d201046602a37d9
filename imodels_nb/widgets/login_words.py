"""What the sign-in card says, as escaped HTML. Whatever comes from outside is text here."""

from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from urllib.parse import urlsplit

from imodels_nb.auth import (
    AuthorizationCodeFlow,
    DeviceCodeFlow,
    EnvironmentCredential,
    IdentityProvider,
    LoginFlow,
    LoginState,
    StaticTokenCredential,
    TokenCredential,
)
from imodels_nb.widgets.page_address import page_address

_STYLE = f"<style>{files(__package__).joinpath('login.css').read_text('utf-8')}</style>"
_SENTENCES = {
    LoginState.SIGNED_OUT: "You are signed out.",
    LoginState.STARTING: "Asking for a code …",
    LoginState.RETRYING: "There is no answer at the moment. It is tried again by itself.",
    LoginState.SIGNED_IN: "You can go on to the next cell.",
    LoginState.REAUTH_REQUIRED: "Your sign-in has ended. Sign in again to go on.",
}
_MOODS = {LoginState.SIGNED_IN: "good", LoginState.SIGNED_OUT: "quiet", LoginState.CANCELLED: "quiet"}


def mood(state: LoginState) -> str:
    """Return the colour of the dot: ``pending``, ``good``, ``quiet`` or ``bad``."""
    return "pending" if state.is_pending else _MOODS.get(state, "bad")


def title(text: str, mood: str) -> str:
    """Return the card's heading, and with it the card's style."""
    heading = f'<div class="imodels-login-title {mood}" role="heading" aria-level="3">{escape(text)}</div>'
    return _STYLE + heading


def body(sentence: str, figure: str = "") -> str:
    """Return the sentence, which a screen reader announces, above what there is to see."""
    status = f'<p role="status" aria-live="polite">{escape(sentence)}</p>'
    return f'<div class="imodels-login-body">{status}<div class="imodels-login-figure">{figure}</div></div>'


def sentence(state: LoginState, flow: LoginFlow | None, provider: IdentityProvider) -> str:
    """Say how it stands, and what to do next."""
    if state is LoginState.AWAITING_USER:
        return _what_to_do(flow, provider)
    if state is LoginState.UNSUPPORTED and isinstance(flow, DeviceCodeFlow):
        code = getattr(flow.error, "code", None) or "refused"
        return (
            f"{provider.name} does not let this client sign in with a device code ({code}). "
            f"Sign in on {provider.name}'s own page instead, with the same client."
        )
    return _SENTENCES.get(state) or str(flow.error if flow else "")


def figure(flow: LoginFlow, provider: IdentityProvider) -> str:
    """Return what the person needs: a code and a link, or a link alone."""
    if isinstance(flow, DeviceCodeFlow) and (code := flow.user_code) and (page := flow.verification_uri):
        return code_box(code) + _link(page, flow.verification_uri_complete or page, provider)
    if isinstance(flow, AuthorizationCodeFlow) and (url := flow.authorization_url):
        return _link(url, url, provider)
    return ""


def code_box(code: str) -> str:
    """Return the code, large."""
    return f'<span class="imodels-login-code">{escape(code)}</span>'


def countdown(seconds: float) -> str:
    """Return how long the person still has."""
    minutes, rest = divmod(int(seconds), 60)
    return f'<span class="imodels-login-countdown" role="timer">expires in {minutes}:{rest:02}</span>'


def account_line(account: str | None, expires_on: int | None, after: str) -> str:
    """Return who is signed in, until when, and what comes `after`."""
    who = f'<span class="imodels-login-account">{escape(account)}</span>' if account else ""
    until = datetime.fromtimestamp(expires_on, UTC).astimezone().strftime("until %H:%M %Z") if expires_on else ""
    rest = ", then ".join(part for part in (until, after) if part)
    return f'{who}<span class="imodels-login-until">{escape(rest)}</span>'


def source(credential: TokenCredential) -> str:
    """Say where a token comes from."""
    if isinstance(credential, EnvironmentCredential):
        return f"It comes from {credential.source}."
    if isinstance(credential, StaticTokenCredential):
        return "It is the one that you passed to login()."
    return f"It comes from a {type(credential).__name__}."


def _what_to_do(flow: LoginFlow | None, provider: IdentityProvider) -> str:
    if provider.auto_approve and isinstance(flow, DeviceCodeFlow):
        return "The sample approves this by itself in a moment."
    if provider.identity_url and not page_address(provider.identity_url, provider):
        return "This is the sample: approve it here."
    if isinstance(flow, AuthorizationCodeFlow):
        here = "and come back" if flow.is_listening else "and copy the address of the page on which it ends"
        paste = "If it ends on a page that cannot be reached, paste" if flow.is_listening else "Paste"
        return f"Open the page, sign in {here}. {paste} that page's address below."
    if not provider.is_sample:
        return "Open the page and enter this code."
    return "This is the sample: approve it here, or open the page and enter this code."


def _link(page: str, target: str, provider: IdentityProvider) -> str:
    shown, address = page_address(page, provider), page_address(target, provider)
    if shown is None or address is None:
        return ""
    parts = urlsplit(shown)
    return (
        f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer" title="Opens in a new tab">'
        f"{escape(parts.netloc + parts.path)} ↗</a>"
    )
