"""Plain explanations of failed connections, and the ``Retry-After`` header."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_UNKNOWN_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"})
_INVALID = frozenset(
    {"InvalidURL", "InvalidProxyURL", "InvalidSchema", "MissingSchema", "LocationParseError", "ProxySchemeUnknown"}
)
_TIMEOUTS = frozenset({"ConnectTimeout", "ReadTimeout", "ReadTimeoutError", "TimeoutError", "timeout"})
_MAX_WAIT = 31 * 86_400.0  # seconds
_BUNDLE = "TLS CA certificate bundle, invalid path: "


@dataclass(frozen=True, slots=True)
class ConnectionProblem:
    """The reason why a request got no response.

    Parameters
    ----------
    cause
        Cause in plain words, to follow a colon.
    is_retryable
        Whether the same request may succeed a moment later.
    is_about_certificates
        Whether other CA certificates could help.
    """

    cause: str
    is_retryable: bool = True
    is_about_certificates: bool = False


def explain_connection_error(error: BaseException) -> ConnectionProblem:
    """Return the cause of an error of requests or urllib3.

    The cause ends with the name of the error's class. It repeats no text of the error, which can contain a token or the
    password of a proxy. The path of a file of CA certificates is the only exception.

    Examples
    --------
    >>> from imodels_nb._connection_errors import explain_connection_error
    >>> explain_connection_error(ConnectionRefusedError()).cause
    'the connection was refused (ConnectionRefusedError)'
    """
    chain = list(_iterate_causes(error))
    problem = _find_problem(chain)
    if any(type(link).__name__ == "ProxyError" for link in chain):
        return replace(problem, cause=f"the proxy failed, {problem.cause}")
    return problem


def parse_retry_after(header: str | None) -> float | None:
    """Parse a ``Retry-After`` header with seconds or a date (RFC 9110, 10.2.3).

    Returns
    -------
    float or None
        Seconds from now, 0 for a date in the past. ``None`` if the header is missing or invalid, or if it means more
        than a month.

    Examples
    --------
    >>> from imodels_nb._connection_errors import parse_retry_after
    >>> parse_retry_after("120")
    120.0
    >>> parse_retry_after("soon")
    """
    text = (header or "").strip()
    try:
        if text.isascii() and text.isdecimal():
            seconds = float(text)
        else:
            date = parsedate_to_datetime(text)
            seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds) if seconds <= _MAX_WAIT else None


def _find_problem(chain: list[BaseException]) -> ConnectionProblem:
    for link in chain:
        problem = _find_certificate_problem(link) or _find_host_problem(link) or _find_proxy_problem(link)
        if problem is not None:
            return problem
    names = {type(link).__name__ for link in chain}
    name = type(chain[0]).__name__
    if invalid := sorted(names & _INVALID):
        return ConnectionProblem(f"its address or the address of a proxy is invalid ({invalid[0]})", is_retryable=False)
    if names & _TIMEOUTS:
        return ConnectionProblem(f"there was no response in time ({name})")
    if "ConnectionRefusedError" in names:
        return ConnectionProblem("the connection was refused (ConnectionRefusedError)")
    return ConnectionProblem(f"the connection broke off ({name})")


def _find_certificate_problem(error: BaseException) -> ConnectionProblem | None:
    _, found, path = str(error).partition(_BUNDLE) if isinstance(error, OSError) else ("", "", "")
    if found:
        cause = f"there is no file of CA certificates {path}"
        return ConnectionProblem(cause, is_retryable=False, is_about_certificates=True)
    if isinstance(error, ssl.SSLCertVerificationError):
        cause = f"its certificate is not trusted, {error.verify_message} (SSLError)"
        return ConnectionProblem(cause, is_retryable=False, is_about_certificates=True)
    if isinstance(error, ssl.SSLError) and error.library in {"X509", "PEM"}:
        cause = "the file of CA certificates cannot be read (SSLError)"
        return ConnectionProblem(cause, is_retryable=False, is_about_certificates=True)
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return ConnectionProblem("it does not use TLS as expected (SSLError)", is_retryable=False)
    return None


def _find_host_problem(error: BaseException) -> ConnectionProblem | None:
    if not isinstance(error, socket.gaierror):
        return None
    if error.errno in _UNKNOWN_HOST:
        return ConnectionProblem("its host name is not known here", is_retryable=False)
    return ConnectionProblem("its host name could not be looked up just now")


def _find_proxy_problem(error: BaseException) -> ConnectionProblem | None:
    name = type(error).__name__
    if name == "InvalidSchema" and "SOCKS" in str(error):
        cause = "the proxy is a SOCKS proxy, which needs PySocks (pip install pysocks)"
        return ConnectionProblem(cause, is_retryable=False)
    status = str(error).partition("Tunnel connection failed: ")[2][:3] if type(error) is OSError else ""
    if status.isdecimal():
        return ConnectionProblem(f"it refused the connection (HTTP {status})", is_retryable=status != "407")
    return None


def _iterate_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and its causes, each once, the nearest first."""
    waiting = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop(0)
        if id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        related = (*link.args, getattr(link, "reason", None), link.__cause__, link.__context__)
        waiting.extend(other for other in related if isinstance(other, BaseException))
