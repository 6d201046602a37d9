"""A loopback server of raw bytes, for responses that no HTTP library builds."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread


@contextmanager
def serve_bytes(pieces: Callable[[], Iterable[bytes]], pause: float = 0) -> Iterator[int]:
    """Send the pieces to each client, `pause` seconds apart; yield the port."""
    stop = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def respond(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            for piece in pieces():
                connection.sendall(piece)
                if stop.wait(pause):
                    return

    def accept() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

    thread = Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        listener.close()


def endless(*first: bytes, then: bytes) -> Callable[[], Iterator[bytes]]:
    """Return pieces that do not end within a test."""

    def pieces() -> Iterator[bytes]:
        yield from first
        started = time.monotonic()
        while time.monotonic() < started + 60:
            yield then

    return pieces


def build_response(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """Build the bytes of a response; underscores in header names stand for hyphens."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Words\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


@contextmanager
def serve_requests(respond: Callable[[socket.socket, str], None]) -> Iterator[str]:
    """Serve each request by a function that writes bytes; yield the base URL.

    The function gets the socket and the target of the request. An OSError in it closes the connection.
    """

    def converse(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := connection.recv(65_536):
                line = request.partition(b"\n")[0].decode("latin-1")
                respond(connection, [*line.split(" "), ""][1])

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):  # the test is over
            while True:
                Thread(target=converse, args=[listener.accept()[0]], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=accept, args=[listener], daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def drip_headers(connection: socket.socket, _: str) -> None:
    for each in "HTTP/1.1 200 OK\r\nX: " + "x" * 10_000:
        connection.sendall(each.encode())
        time.sleep(0.05)
