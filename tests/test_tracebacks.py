import pytest
from helpers.scripted_provider import CANARY
from helpers.secrets_in_text import contains_secret, verbose_traceback

from imodels_nb._tracebacks import hide_secrets_in_traceback


def fail(error: BaseException) -> None:
    secret = f"{CANARY}-token"
    try:
        int(secret)
    except ValueError:
        raise error from None


@pytest.mark.parametrize("error", [ValueError("plain"), KeyboardInterrupt(), SystemExit(1)], ids=repr)
def test_error_keeps_its_kind_and_no_frame(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        hide_secrets_in_traceback(fail)(error)
    assert raised.value.args == error.args
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert "fail" not in [entry.name for entry in raised.traceback]


def test_verbose_traceback_has_no_secret() -> None:
    def call(token: str) -> None:
        raise ValueError(len(token))

    def caller() -> None:
        hide_secrets_in_traceback(call)(f"{CANARY}-token"[:])

    assert not contains_secret(verbose_traceback(caller))


def test_result_and_name_are_those_of_the_function() -> None:
    @hide_secrets_in_traceback
    def add(first: int, second: int = 2) -> int:
        """Return the sum."""
        return first + second

    assert add(1) == 3
    assert add.__doc__ == "Return the sum."
