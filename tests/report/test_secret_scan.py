"""Tests of the texts that count as secrets, and of their masks."""

import pytest
from helpers.texts import HARMLESS

from imodels_nb.errors import SecretFound
from imodels_nb.report import check_for_secrets, redact_secrets

TOKEN = "an access token"
SIGNATURE = "a signature"
CODE = "a sign-in code"
KEY = "a secret key"
EMAIL = "an e-mail address"

SECRETS = [
    (TOKEN, "see eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "see [redacted]"),
    (TOKEN, "token_eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0", "token_[redacted]"),
    (TOKEN, "x%3DeyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0", "x%3D[redacted]"),
    (TOKEN, "Authorization: Bearer 0a1b2c3d4e5f", "[redacted]"),
    (TOKEN, "bearer AbcdefGhijklmnopqrstuvwxyzABCDEFGH", "[redacted]"),
    (TOKEN, "Bearer%20AbcdefGhijklmnopqrstuvwxyzABCDEFGH", "[redacted]"),
    (TOKEN, "Authorization: Basic dXNlcjpwYXNzd29yZA==", "[redacted]"),
    (TOKEN, "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[redacted]"),
    (TOKEN, "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz", "[redacted]"),
    (TOKEN, "glpat-0a1b2c3d4e5f6g7h8i9j", "[redacted]"),
    (SIGNATURE, "https://blob.example/x?sv=2024-05-04&sr=b&sig=a%2Fb3dEfGhIjK", "https://blob.example/x?[redacted]"),
    (
        SIGNATURE,
        "https://blob.example/x?se=2026-01-01&sig=a%2Fb3dE end",
        "https://blob.example/x?se=2026-01-01&[redacted] end",
    ),
    (SIGNATURE, "https%3A%2F%2Fx%3Fsv%3D2024-05-04%26sig%3Da%252Fb3dEf", "https%3A%2F%2Fx%3F[redacted]"),
    (SIGNATURE, "sig%3DabC123dEf", "[redacted]"),
    (SIGNATURE, "x%2526sig%253DabC123dEf", "x%2526[redacted]"),
    (SIGNATURE, r"\u0026sig\u003dabC123dEf", r"\u0026[redacted]"),
    (SIGNATURE, "https://cdn.example/x?Signature=Hs8fK2~l-9dkE3&Key-Pair-Id=A", "https://cdn.example/x?[redacted]"),
    (SIGNATURE, "https://s3.example/x?X-Amz-Signature=0f9e8d", "https://s3.example/x?[redacted]"),
    (SIGNATURE, "SharedAccessSignature=st", "[redacted]"),
    (CODE, "http://localhost:3000/cb?code=Xk2p9QLmN4&state=abc", "http://localhost:3000/cb?[redacted]"),
    (CODE, "https%3A%2F%2Fx%2Fcb%3Fcode%3DXk2p9QLmN4", "https%3A%2F%2Fx%2Fcb%3F[redacted]"),
    (CODE, "code=0123456789abcdefghijklmnop", "[redacted]"),
    (KEY, "AKIAIOSFODNN7EXAMPLE", "[redacted]"),
    (
        KEY,
        "DefaultEndpointsProtocol=https;AccountKey=Eby8vdM02xNOcqFlqUwJ",
        "DefaultEndpointsProtocol=https;[redacted]",
    ),
    (KEY, "https://ingrid:pa55word@example.com/x", "https[redacted]"),
    (KEY, "https://:pa55word@host/x", "https[redacted]"),
    (KEY, '{"refresh_token": "0.AAAA12345678"}', '{"[redacted]"}'),
    (KEY, "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- end", "[redacted] end"),
    (KEY, "password: hunter2", "[redacted]"),
    (KEY, "password=geheim", "[redacted]"),
    (KEY, "client secret: Xy8~Q8abcDEF123", "[redacted]"),
    (EMAIL, "ask ingrid.svensson@example.com.", "ask [redacted]."),
    (EMAIL, "ask <ingrid%40example.com>", "ask <[redacted]>"),
    (EMAIL, "Ingrid@Example.Com", "[redacted]"),
    (EMAIL, "Pump@P-101.rvt, ask ingrid@example.com", "Pump@P-101.rvt, ask [redacted]"),
    (EMAIL, "a@x.xn--p1ai", "[redacted]"),
    (EMAIL, "иван@почта.рф", "[redacted]"),
    (EMAIL, "ingrid\u200b@exam\u00adple.com", "[redacted]"),
    (EMAIL, "ingrid＠example.com", "[redacted]"),  # noqa: RUF001 - full width
]


@pytest.mark.parametrize(("kind", "text", "_masked"), SECRETS)
def test_a_secret_is_found_and_not_shown(kind: str, text: str, _masked: str) -> None:
    with pytest.raises(SecretFound, match=f"the frame, row 2, name looks like it contains {kind}") as refused:
        check_for_secrets(["harmless", {"name": text}], "the frame")
    assert text.rsplit(maxsplit=1)[-1] not in str(refused.value)


@pytest.mark.parametrize(("_kind", "text", "masked"), SECRETS)
def test_a_secret_is_masked_to_its_end(_kind: str, text: str, masked: str) -> None:
    assert redact_secrets({"rows": [(text, 1)]}) == {"rows": [(masked, 1)]}
    check_for_secrets(masked, "the text")


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_is_left_alone(text: str) -> None:
    check_for_secrets(text, "the text")
    assert redact_secrets(text) == text


def test_a_row_is_named_by_its_changeset() -> None:
    rows = {"named versions": [{"changeset": "1,234", "name": "a@b.com"}]}
    with pytest.raises(SecretFound, match="the report, named versions, changeset 1,234, name"):
        check_for_secrets(rows, "the report")


@pytest.mark.slow
def test_a_long_text_is_read_in_linear_time() -> None:
    pieces = ["eyJ", "eyJ-", "bearer ", "bearer+", "a@", "a@b.", "://", "%3a%2f%2f%3a", "sig=", "signature=", "code="]
    for piece in [*pieces, "password: ", "password", "%25", "a.", "-----BEGIN ", "-----BEGIN PRIVATE KEY", "x@y.com "]:
        redact_secrets(piece * (100_000 // len(piece)))  # one that takes quadratic time takes minutes
