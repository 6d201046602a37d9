"""Sign-ins in JupyterLab to the provider of the sample, served as a real one."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import nbformat
import pytest
from helpers.lab import Notebook
from helpers.scripted_provider import USER_CODE, ScriptedProvider, ScriptedResponse, refusal, tokens
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SETUP = """\
import sys
sys.path.insert(0, {tests!r})
from imodels_nb import DeviceCodeCredential, IdentityProvider, login
from imodels_nb.sample.provider import SampleProvider, build_sample_provider
SampleProvider.is_sample = False  # no automatic approval
credential = DeviceCodeCredential(provider=build_sample_provider({url!r}), redirect_uri={redirect_uri!r})
"""
CARD = "card = login(credential=credential)\ncard"
WAIT = "credential.get_token()"
HERE = "http://localhost:0/signin-callback"
ELSEWHERE = "http://127.0.0.1:9/signin-callback"

Open = Callable[..., Notebook]


@pytest.fixture
def lab_notebook(
    page: Page, lab_url: str, lab_notebooks: Path, idp: ScriptedProvider, pytestconfig: pytest.Config
) -> Open:
    def make(name: str, *cells: str, redirect_uri: str = HERE) -> Notebook:
        names = {"tests": str(pytestconfig.rootpath / "tests"), "url": idp.identity_url, "redirect_uri": redirect_uri}
        sources = [SETUP.format(**names), *cells]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, lab_notebooks / name)
        return Notebook(page, f"{lab_url}/lab/tree/{name}?reset")

    return make


END = """\
credential = DeviceCodeCredential(provider=build_sample_provider({url!r}))
card = login(credential=credential)
credential.flow.wait()
{then}
card
"""
ENDS = {
    "declined": refusal("access_denied"),
    "expired": refusal("expired_token"),
    "failed": refusal("invalid_grant"),
    "unsupported": refusal("unauthorized_client"),
    "signed-in": tokens(),
    "signed-out": tokens(),
    "reauth-required": tokens(),
}
AFTERWARDS = {
    "signed-out": "credential.logout()",
    "reauth-required": "try: credential.get_token(force_refresh=True)\nexcept Exception: pass",
}
OPEN = """\
card = login({strategy!r}, provider=build_sample_provider({url!r}))
import time
while not card.credential.flow.has_prompt: time.sleep(0.1)
{then}
card
"""
PATIENT = """\
from dataclasses import replace
from imodels_nb import _abortable_http
_abortable_http.READ_TIMEOUT = 600  # else it gives up, and says so, before the picture is taken
login(provider=replace(build_sample_provider({url!r}), timeout=600))
"""


def test_each_state_is_looked_at_in_light_and_dark(
    lab_notebook: Open, idp: ScriptedProvider, page: Page, screenshots: Path
) -> None:
    other, silent = ScriptedProvider(), ScriptedProvider()
    silent.script("device", ScriptedResponse(release=(silence := Event())))
    idp.script("device", *[idp.grant(interval=1)] * len(ENDS))
    idp.script("token", *ENDS.values())
    idp.script("refresh", refusal("invalid_grant"))
    other.script("device", other.grant(interval=1))
    other.script("token", *[ScriptedResponse(b"", 503)] * 100)
    cells = [END.format(url=idp.identity_url, then=AFTERWARDS.get(name, "")) for name in ENDS]
    strategies = ((idp, "device_code"), (idp, "authorization_code"), (other, "device_code"))
    cells += [OPEN.format(url=provider.identity_url, strategy=strategy, then="") for provider, strategy in strategies]
    cells += [OPEN.format(url=idp.identity_url, strategy="device_code", then="card.cancel()")]
    cells += [PATIENT.format(url=silent.identity_url)]
    names = [*ENDS, "awaiting-user", "second-door", "retrying", "cancelled", "starting"]
    notebook = lab_notebook("states.ipynb", *cells, "'all done'")
    notebook.run_all()
    expect(notebook.cell(len(cells) + 2).locator(".jp-OutputArea")).to_contain_text("all done")
    expect(notebook.cell(2 + names.index("retrying"))).to_contain_text("next try follows automatically")
    expect(notebook.cell(2 + names.index("starting"))).to_contain_text("Asking for a code")
    for theme in ("Light", "Dark"):
        page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "Light").lower())
        heights = set()
        for number, name in enumerate(names, start=2):
            card = notebook.cell(number).locator(".imodels-login")
            card.screenshot(path=screenshots / f"sign-in-{name}-{theme.lower()}.png")
            heights.add(round((card.bounding_box() or {"height": 0})["height"]))
        assert max(heights) - min(heights) <= 2, heights  # nothing jumps
    silence.set()
    silent.stop()
    other.stop()


def test_run_all_waits_for_the_person(lab_notebook: Open, idp: ScriptedProvider, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    idp.script("device", idp.grant(interval=1))
    notebook = lab_notebook("run-all.ipynb", CARD, WAIT, "'went on'")
    notebook.run_all()
    expect(notebook.cell(3)).to_contain_text("Waiting for you to sign in")
    expect(notebook.cell(2)).to_contain_text(USER_CODE)
    notebook.cell(2).get_by_role("button", name="Copy the code").click()
    expect(notebook.cell(2).get_by_role("button", name="Copy the code")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == USER_CODE
    idp.decision = "approve"
    expect(notebook.cell(3)).to_contain_text("AccessToken(token=<redacted>")
    expect(notebook.cell(4).locator(".jp-OutputArea")).to_contain_text("went on")
    expect(notebook.cell(2)).to_contain_text("ada@example.com")
    expect(notebook.cell(2)).not_to_contain_text(USER_CODE)


def test_sign_in_in_a_new_tab_comes_back_automatically(lab_notebook: Open, idp: ScriptedProvider, page: Page) -> None:
    idp.script("device", refusal("unauthorized_client"))
    notebook = lab_notebook("second-door.ipynb", CARD, WAIT)
    for _ in range(2):
        notebook.run_cell()
    notebook.cell(2).get_by_role("button", name="Sign in in the browser").click()
    with page.expect_popup() as opened:
        notebook.cell(2).get_by_role("link").click()
    expect(opened.value.locator("body")).to_contain_text("close this page")
    expect(notebook.cell(2)).to_contain_text("Signed in")
    notebook.select_next()
    notebook.run_cell()
    expect(notebook.cell(3)).to_contain_text("AccessToken(token=<redacted>")


def test_address_of_an_unreachable_page_is_pasted(lab_notebook: Open, idp: ScriptedProvider, page: Page) -> None:
    idp.script("device", refusal("unauthorized_client"))
    notebook = lab_notebook("paste.ipynb", CARD, redirect_uri=ELSEWHERE)
    for _ in range(2):
        notebook.run_cell()
    cell = notebook.cell(2)
    cell.get_by_role("button", name="Sign in in the browser").click()
    with page.expect_popup():
        cell.get_by_role("link").click()
    field = cell.get_by_placeholder("Paste the address, then press Enter")
    field.fill(f"{ELSEWHERE}?code=wrong&state=wrong")
    field.press("Enter")
    expect(cell).to_contain_text("belongs to another sign-in")
    expect(field).to_have_value("")
    state = idp.request["state"]
    field.fill(f"{ELSEWHERE}?code=CANARY-code&state={state}")
    field.press("Enter")
    expect(cell).to_contain_text("ada@example.com")
