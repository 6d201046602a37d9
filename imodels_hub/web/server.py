"""A web server in a thread of its own, which leaves nothing behind when it stops."""

import asyncio
import socket
from threading import Event, Thread

from tornado.httpserver import HTTPServer
from tornado.web import Application

_LARGEST_BODY = 1 << 20  # bytes; handlers that take files in allow more


def listen(host: str, port: int) -> socket.socket:
    """Open the socket, so that the port is known, and taken, before anything is built on it.

    Raises
    ------
    OSError
        If the address cannot be had.
    """
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setblocking(False)
    return listening


class Server:
    """Serves an application from the moment it is made until `stop`.

    Parameters
    ----------
    application
        What to serve.
    listening
        Where, as `listen` opened it; the server closes it.
    """

    def __init__(self, application: Application, listening: socket.socket) -> None:
        self._ready = Event()
        self._thread = Thread(target=asyncio.run, args=(self._serve(application, listening),), daemon=True)
        self._thread.name = f"imodels_nb.sample:{listening.getsockname()[1]}"
        self._thread.start()
        self._ready.wait()

    async def _serve(self, application: Application, listening: socket.socket) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        http = HTTPServer(application, max_body_size=_LARGEST_BODY)
        http.add_socket(listening)
        self._ready.set()
        await self._end.wait()
        http.stop()
        await http.close_all_connections()

    def stop(self) -> None:
        """Hang up on everybody, and return once thread, sockets and loop are gone."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
