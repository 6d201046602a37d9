"""The vendor's identity providers, as pinned metadata."""

from imodels_nb.auth.provider import IdentityProvider, Metadata


def _vendor(name: str, host: str, api_origins: tuple[str, ...]) -> IdentityProvider:
    return IdentityProvider(
        name=name,
        authority=f"https://{host}/connect",
        metadata=Metadata(
            issuer=f"https://{host}",
            authorization_endpoint=f"https://{host}/connect/authorize",
            token_endpoint=f"https://{host}/connect/token",
            device_authorization_endpoint=f"https://{host}/as/device_authz.oauth2",
            revocation_endpoint=f"https://{host}/connect/revocation",
        ),
        drop_scopes=frozenset({"openid", "profile"}),
        api_origins=api_origins,
    )


IMS = _vendor("Bentley", "ims.bentley.com", ("https://api.bentley.com",))
"""Bentley's identity service, by pinned endpoints; nothing is discovered.

Authorization and token endpoint are the ones that the vendor documents and its own clients use. The revocation endpoint
is the one that a sample repository of the vendor names beside them. The device endpoint is the one last seen working in
public, in the vendor's Unreal Engine plug-in of November 2022 (iTwin/unreal-engine-3dft-plugin, b47f137), which gave it
up for another flow that same month; the vendor's pages do not mention device code. A client may therefore not be
granted it, and any refusal of it ends in ``LoginState.UNSUPPORTED``. The live service has not been called in the making
of this package.
"""

QA_IMS = _vendor("Bentley QA", "qa-ims.bentley.com", ("https://qa-api.bentley.com", "https://dev-api.bentley.com"))
"""The vendor's test environment: the same endpoints on the host that its own clients use for ``qa-`` and ``dev-``.

Accounts and clients of the one are unknown to the other, and so are tokens.
"""

VENDORS = {"ims": IMS, "qa-ims": QA_IMS}
"""The pinned providers, by the names that IMODELS_NB_PROVIDER takes."""
