"""A web server in a thread of its own, which leaves nothing behind when it stops."""

import asyncio
import socket
from threading import Event, Thread

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

_LARGEST_BODY = 1 << 20  # bytes; nobody has more than a form to send


def listen(host: str, port: int) -> list[socket.socket]:
    """Open the sockets, so that the port is known, and taken, before anything is built on it.

    Raises
    ------
    OSError
        If the address cannot be had.
    """
    return bind_sockets(port, host)


class Server:
    """Serves an application from the moment it is made until `stop`.

    Parameters
    ----------
    application
        What to serve.
    sockets
        Where, as `listen` opened them; the server closes them.
    """

    def __init__(self, application: Application, sockets: list[socket.socket]) -> None:
        self._ready = Event()
        self._thread = Thread(target=asyncio.run, args=(self._serve(application, sockets),), daemon=True)
        self._thread.name = f"imodels_nb.sample:{sockets[0].getsockname()[1]}"
        self._thread.start()
        self._ready.wait()

    async def _serve(self, application: Application, sockets: list[socket.socket]) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        http = HTTPServer(application, max_body_size=_LARGEST_BODY)
        http.add_sockets(sockets)
        self._ready.set()
        await self._end.wait()
        http.stop()
        await http.close_all_connections()

    def stop(self) -> None:
        """Hang up on everybody, and return once thread, sockets and loop are gone."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def wait(self) -> None:
        """Block until somebody stops the server; Ctrl+C gets through."""
        while self._thread.is_alive():
            self._thread.join(timeout=1)
