"""Keep-alive connections that another thread can cut, so that an interrupted fetch does not wait for a slow answer."""

import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Connections(HTTPAdapter):
    """The connections of one session, as many as there may be requests at once.

    Parameters
    ----------
    most
        How many stay open between requests.
    """

    def __init__(self, most: int) -> None:
        self._open: WeakSet[HTTPConnection] = WeakSet()
        super().__init__(pool_connections=2, pool_maxsize=most)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have every connection noted as it opens."""
        super().init_poolmanager(*args, **kwargs)
        opened = self._open

        class Plain(HTTPConnection):
            def connect(self) -> None:
                opened.add(self)
                super().connect()

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                opened.add(self)
                super().connect()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def cut(self) -> None:
        """End every connection now; whoever reads from one gets an error at once."""
        for connection in list(self._open):
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)
