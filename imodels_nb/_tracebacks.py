"""Errors whose tracebacks show no secrets."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def hide_secrets_in_traceback(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function with errors that keep none of its frames.

    ``%xmode Verbose`` of IPython prints the variables of every frame that an error has passed, and many error services
    store them. Below a function that handles tokens, these variables are tokens, forms and responses. The returned
    function catches each error, removes its traceback, its cause and its context, and raises it again from a frame that
    has no such variables. The frames of the callers stay, so the traceback still shows which call failed.
    """

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt:
            failure: BaseException = KeyboardInterrupt()
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            failure = error
        del args, kwargs
        failure.__cause__ = None
        failure.__context__ = None
        raise failure.with_traceback(None)

    return wrapper
