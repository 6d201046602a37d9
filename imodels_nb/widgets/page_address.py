"""Where the person's browser finds a page of the provider."""

import os
from importlib.util import find_spec
from urllib.parse import urlsplit

from imodels_nb.auth import IdentityProvider


def page_address(page: str, provider: IdentityProvider) -> str | None:
    """Return the address under which a person's browser opens `page`, or None where it cannot.

    A real provider's page stands where it says. The sample's stands on the kernel's machine, and on JupyterHub, which
    Binder is, the browser is elsewhere. There jupyter-server-proxy serves the kernel's ports below the person's own
    server, whose path JupyterHub hands on in JUPYTERHUB_SERVICE_PREFIX.

    Parameters
    ----------
    page
        URL as the provider gave it.
    provider
        Whose page it is; only a sample's is ever sent through the proxy.

    Returns
    -------
    str or None
        `page` itself, a path on the server that shows the notebook, or None.

    Examples
    --------
    >>> from imodels_nb.auth import IMS
    >>> page_address("https://ims.bentley.com/device", IMS)
    'https://ims.bentley.com/device'
    """
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix is None or not provider.is_sample:
        return page
    if find_spec("jupyter_server_proxy") is None:
        return None
    parts = urlsplit(page)
    steps = [step for step in prefix.split("/") if step]  # so that it is a path on that server, whatever was handed on
    path = "/".join(["", *steps, "proxy", str(parts.port)]) + parts.path
    return parts._replace(scheme="", netloc="", path=path).geturl()
