"""A connection as a dialogue sees it: say something, hear something."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass


class Line:
    """A socket, in plaintext or in TLS; `received` keeps the bytes that were heard.

    Every wait has the socket's timeout. Hearing raises ConnectionResetError when the client has
    hung up.
    """

    def __init__(self, connection: socket.socket, received: bytearray) -> None:
        self._connection, self._received, self._ahead = connection, received, bytearray()

    @property
    def port(self) -> int:
        """The port on which the client called."""
        return self._connection.getsockname()[1]

    def say(self, data: bytes) -> None:
        self._connection.sendall(data)

    def hear(self) -> bytes:
        """What has arrived, at least a byte."""
        if not self._ahead:
            self._listen()
        heard, self._ahead = bytes(self._ahead), bytearray()
        return heard

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes."""
        while (missing := count - len(self._ahead)) > 0:
            self._listen(missing)  # what comes after it may be a ClientHello
        return self._take(count)

    def until(self, end: bytes) -> bytes:
        """The next bytes, to `end` and with it."""
        while end not in self._ahead:
            self._listen()
        return self._take(self._ahead.index(end) + len(end))

    def _listen(self, limit: int = 65536) -> None:
        if not (piece := self._connection.recv(limit)):
            raise ConnectionResetError("The client has hung up.")
        self._received += piece
        self._ahead += piece

    def _take(self, count: int) -> bytes:
        taken = bytes(self._ahead[:count])
        del self._ahead[:count]
        return taken


@dataclass(frozen=True)
class Dialogue:
    """What the server says inside TLS, and before it, where a protocol begins in plaintext.

    It ends when the client hangs up, at the latest.
    """

    inside: Callable[[Line], None]
    before: Callable[[Line], None] = lambda line: None
