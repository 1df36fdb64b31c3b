"""A server of the lab that speaks a dialogue instead of HTTP, and keeps the same records."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from certpin_lab import Identity, TLSServer
from certpin_lab.lab.server import serve_tls
from tests.hard.clients.peers.line import Dialogue, Line

PATIENCE = 30.0  # seconds for a single wait: the client, who waits for less, hangs up first


class Host(TLSServer):
    """The bank or the attacker, by its identity. It runs from construction to `close`.

    `connections` has a record of every connection; `received` is what the client sent inside TLS.
    """

    def __init__(self, identity: Identity, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        super().__init__(identity)

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        connection.settimeout(PATIENCE)
        with suppress(OSError):
            self._dialogue.before(Line(connection, bytearray()))
            serve_tls(connection, peer, self._context, self._talk, self._records)

    def _talk(self, tls: ssl.SSLSocket, received: bytearray, _forwarded: bytearray) -> None:
        self._dialogue.inside(Line(tls, received))
