"""Texts of the sign-in card, as escaped HTML."""

import os
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from importlib.util import find_spec
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

_STYLE = f"<style>{files(__package__).joinpath('login.css').read_text('utf-8')}</style>"
_PICTURE_TEXT = "This is a picture of the sign-in card. Run the cell in a notebook for a card with buttons."
_SENTENCES = {
    LoginState.SIGNED_OUT: "You are signed out.",
    LoginState.STARTING: "Asking for a code …",
    LoginState.SIGNED_IN: "You can go on to the next cell.",
    LoginState.REAUTH_REQUIRED: "Your sign-in has ended. Sign in again to go on.",
}
_DOT_CLASSES = {LoginState.SIGNED_IN: "good", LoginState.SIGNED_OUT: "quiet", LoginState.CANCELLED: "quiet"}


def get_dot_class(state: LoginState) -> str:
    """Return the class of the dot: ``pending``, ``good``, ``quiet`` or ``bad``."""
    return "pending" if state.is_pending else _DOT_CLASSES.get(state, "bad")


def build_title(text: str, dot_class: str) -> str:
    """Build the heading of the card, together with the style of the card."""
    heading = f'<div class="imodels-login-title {dot_class}" role="heading" aria-level="3">{escape(text)}</div>'
    return _STYLE + heading


def build_body(sentence: str, details: str = "") -> str:
    """Build the sentence, for screen readers too, and the details below it."""
    status = f'<p role="status" aria-live="polite">{escape(sentence)}</p>'
    return f'<div class="imodels-login-body">{status}<div class="imodels-login-details">{details}</div></div>'


def build_picture(title: str) -> str:
    """Build the card of a saved page: the heading as `build_title` returns it."""
    return f'<div class="imodels-login">{title}{build_body(_PICTURE_TEXT)}</div>'


def format_state(state: LoginState, flow: LoginFlow | None, provider: IdentityProvider) -> str:
    """Return the sentence about a state, with the next step."""
    if state is LoginState.AWAITING_USER:
        return _format_instruction(flow, provider)
    if state is LoginState.RETRYING:
        cause = str(flow.error).split(". ", maxsplit=1)[0] if flow and flow.error else "There is no response"
        return f"{cause.rstrip('.')}. The next try follows automatically."
    if state is LoginState.UNSUPPORTED and isinstance(flow, DeviceCodeFlow):
        code = getattr(flow.error, "code", None) or "refused"
        return (
            f"{provider.name} does not let this client sign in with a device code ({code}). "
            f"Sign in on {provider.name}'s own page instead, with the same client."
        )
    return _SENTENCES.get(state) or str(flow.error if flow else "")


def build_prompt(flow: LoginFlow, provider: IdentityProvider) -> str:
    """Build the code and the link for the person, or the link alone."""
    if isinstance(flow, DeviceCodeFlow) and (code := flow.user_code) and (page := flow.verification_uri):
        code_box = f'<span class="imodels-login-code">{escape(code)}</span>'
        return code_box + _build_link(page, flow.verification_uri_complete or page, provider)
    if isinstance(flow, AuthorizationCodeFlow) and (url := flow.authorization_url):
        return _build_link(url, url, provider)
    return ""


def build_countdown(seconds: float) -> str:
    """Build the text with the time left to sign in."""
    minutes, rest = divmod(int(seconds), 60)
    return f'<span class="imodels-login-countdown" role="timer">expires in {minutes}:{rest:02}</span>'


def build_account_line(account: str | None, expires_on: int | None, after: str) -> str:
    """Build the line with the account, the end of its token, and the text `after`."""
    account_text = f'<span class="imodels-login-account">{escape(str(account))}</span>' if account else ""
    rest = ", then ".join(part for part in (_format_expiry(expires_on), after) if part)
    return f'{account_text}<span class="imodels-login-until">{escape(rest)}</span>'


def format_source(credential: TokenCredential) -> str:
    """Return the sentence about the origin of a token."""
    if isinstance(credential, EnvironmentCredential):
        return f"It comes from {credential.source}."
    if isinstance(credential, StaticTokenCredential):
        return "It is the one that you passed to login()."
    return f"It comes from a {type(credential).__name__}."


def build_proxied_url(page: str, provider: IdentityProvider) -> str | None:
    """Return the address at which a person's browser finds a page, or ``None``.

    The page of a real provider is used as it is. The sample's page is on the machine of the kernel, while on
    JupyterHub, which Binder is, the browser is elsewhere. There jupyter-server-proxy serves the kernel's ports below
    the person's own server, whose path is in JUPYTERHUB_SERVICE_PREFIX.

    Parameters
    ----------
    page
        URL as the provider sent it.
    provider
        Provider of the page; only that of a sample goes through the proxy.

    Returns
    -------
    str or None
        `page` itself, a path on the server that shows the notebook, or ``None``.

    Examples
    --------
    >>> from imodels_nb.auth import IMS
    >>> build_proxied_url("https://ims.bentley.com/device", IMS)
    'https://ims.bentley.com/device'
    """
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix is None or not provider.is_sample:
        return page
    if find_spec("jupyter_server_proxy") is None:
        return None
    parts = urlsplit(page)
    steps = [step for step in prefix.split("/") if step]  # without empty steps it is a path on that server, always
    path = "/".join(["", *steps, "proxy", str(parts.port)]) + parts.path
    return parts._replace(scheme="", netloc="", path=path).geturl()


def _format_instruction(flow: LoginFlow | None, provider: IdentityProvider) -> str:
    if provider.is_auto_approved and isinstance(flow, DeviceCodeFlow):
        return "The sample approves this automatically in a moment."
    if provider.is_sample and build_proxied_url(provider.display_url, provider) is None:
        return "This is the sample: approve it here."
    if isinstance(flow, AuthorizationCodeFlow):
        here = "and come back" if flow.is_listening else "and copy the address of the page on which it ends"
        paste = "If it ends on a page that cannot be reached, paste" if flow.is_listening else "Paste"
        return f"Open the page, sign in {here}. {paste} that page's address below."
    if not provider.is_sample:
        return "Open the page and enter this code."
    return "This is the sample: approve it here, or open the page and enter this code."


def _build_link(page: str, target: str, provider: IdentityProvider) -> str:
    shown = build_proxied_url(page, provider)
    address = build_proxied_url(target, provider)
    if shown is None or address is None:
        return ""
    parts = urlsplit(shown)
    return (
        f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer" title="Opens in a new tab">'
        f"{escape(parts.netloc + parts.path)} ↗</a>"
    )


def _format_expiry(expires_on: int | None) -> str:
    """Return the end of a token in local time, or "" if it is unknown or out of range."""
    if not expires_on:
        return ""
    try:
        return datetime.fromtimestamp(expires_on, UTC).astimezone().strftime("until %H:%M %Z")
    except (OverflowError, ValueError, OSError, TypeError):
        return ""
