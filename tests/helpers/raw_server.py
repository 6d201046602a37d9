"""A loopback server that sends bytes as they are, for responses that no HTTP library would build."""

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

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            for piece in pieces():
                connection.sendall(piece)
                if stop.wait(pause):
                    return

    def accept() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

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
