"""The verification page: where a person enters the code and decides. Everything that came in goes out escaped."""

from html import escape

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # without any, browsers send the form with Origin: null
    "X-Content-Type-Options": "nosniff",
}
"""Not to be kept, framed or leaked. The form's target is relative, so that the page works behind a proxy, too."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; color: #1b2733; background: #eef2f5;
         display: grid; place-items: center; min-height: 100vh; margin: 0 }}
  main {{ background: #fff; border-radius: 10px; padding: 2rem 2.5rem; max-width: 26rem;
         box-shadow: 0 2px 16px #1b273322 }}
  h1 {{ font-size: 1.3rem; margin: 0 0 .5rem }}
  input {{ font: 600 1.4rem ui-monospace, monospace; letter-spacing: .12em; text-align: center;
          width: 100%; box-sizing: border-box; padding: .5rem; margin: .5rem 0 1rem;
          border: 1px solid #9aa8b5; border-radius: 6px }}
  button {{ font: inherit; padding: .5rem 1.4rem; border-radius: 6px; border: 1px solid #0a66c2;
           background: #0a66c2; color: #fff; cursor: pointer }}
  button[value=deny] {{ background: #fff; color: #0a66c2; margin-left: .5rem }}
  small {{ color: #51616f }}
</style>
<main>
<h1>{title}</h1>
{content}
<p><small>This is the imodels_nb sample on this machine. It knows no real account and asks for no password.</small></p>
</main>
</html>
"""

_FORM = """<p>{hint}</p>
<form method="post" action="device">
<label>Code<input name="user_code" value="{user_code}" autocomplete="off" spellcheck="false" required></label>
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>"""

_CONSENT = """<p>You will be signed in as {person}, who does not exist. Only go on if you began this yourself.</p>
<form method="post" action="authorize">
<input type="hidden" name="request" value="{request}">
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>"""

_HINT = "Only go on if the code is the one that your own notebook shows."
_UNKNOWN = "Nobody is waiting with this code. Check it, or start again in the notebook."


def form_page(user_code: str) -> str:
    """Ask for the code, or for the decision when the link brought the code along."""
    return _page("Sign in to the sample", _FORM.format(hint=_HINT, user_code=escape(user_code)))


def unknown_code_page(user_code: str) -> str:
    """Say that the code is wrong, used or too old, and ask again."""
    return _page("This code is not known", _FORM.format(hint=_UNKNOWN, user_code=escape(user_code)))


def approved_page() -> str:
    """Say that the sign-in went through."""
    return _page("Signed in", "<p>You can close this page and go back to your notebook.</p>")


def denied_page() -> str:
    """Say that the sign-in was refused."""
    return _page("Refused", "<p>Nobody was signed in. You can close this page.</p>")


def consent_page(person: str, request: str) -> str:
    """Ask for the decision on a sign-in that goes back to where it came from."""
    return _page("Sign in to the sample", _CONSENT.format(person=escape(person), request=escape(request)))


def wrong_client_page() -> str:
    """Say that whoever sent the person here is not known, or that the request is too old."""
    return _page("Not known", "<p>Nobody waits for this sign-in. Start again in the notebook.</p>")


def _page(title: str, content: str) -> str:
    return _PAGE.format(title=escape(title), content=content)
