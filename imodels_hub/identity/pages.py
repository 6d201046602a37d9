"""HTML pages for the person who signs in; all input is escaped."""

from html import escape

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # without any, browsers send the form with Origin: null
    "X-Content-Type-Options": "nosniff",
}
"""Headers against caching, framing and leaks. The target of the form is relative, so it works behind a proxy, too."""

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
<p><small>This is the imodels_nb sample on this machine. It has no real accounts and asks for no password.</small></p>
</main>
</html>
"""

_FORM = """<p>{hint}</p>
<form method="post" action="device">
<label>Code<input name="user_code" value="{user_code}" autocomplete="off" spellcheck="false" required></label>
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>"""

_CONSENT = """<p>You will be signed in as {person}, who does not exist. Only go on if you started this yourself.</p>
<form method="post" action="authorize">
<input type="hidden" name="request" value="{request}">
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>"""

_HINT = "Only go on if the code is the one that your own notebook shows."
_UNKNOWN = "No sign-in is waiting for this code. Check it, or start again in the notebook."


def build_form_page(user_code: str) -> str:
    """Build the page that asks for the code and the decision."""
    return _build_page("Sign in to the sample", _FORM.format(hint=_HINT, user_code=escape(user_code)))


def build_unknown_code_page(user_code: str) -> str:
    """Build the page for a code that is wrong, used or expired; it asks again."""
    return _build_page("This code is not known", _FORM.format(hint=_UNKNOWN, user_code=escape(user_code)))


def build_approved_page() -> str:
    """Build the page after an approval."""
    return _build_page("Signed in", "<p>You can close this page and go back to your notebook.</p>")


def build_denied_page() -> str:
    """Build the page after a denial."""
    return _build_page("Denied", "<p>The sign-in was denied. You can close this page.</p>")


def build_consent_page(person: str, request: str) -> str:
    """Build the page that asks for the decision on a sign-in with a redirect."""
    return _build_page("Sign in to the sample", _CONSENT.format(person=escape(person), request=escape(request)))


def build_unknown_request_page() -> str:
    """Build the page for an unknown client, or for a request that has expired."""
    return _build_page("Not known", "<p>No sign-in is waiting here. Start again in the notebook.</p>")


def _build_page(title: str, content: str) -> str:
    return _PAGE.format(title=escape(title), content=content)
