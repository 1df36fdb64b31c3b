"""Servers in processes of their own, so that they do not share the interpreter lock with the client
that measures them.

Run as `python -m benchmarks.processes bank`. Such a process prints its port and lives until its
standard input ends.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from certpin_lab import OnPathAttacker, TLSServer, unverified_context
from certpin_lab.lab.contexts import server_context

from .world import ANSWER, ENVIRONMENT, FORGER, HOST, IDENTITY, ROOT

Address = tuple[str, int]
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Elsewhere:
    """A server in another process."""

    address: Address


@contextmanager
def started(kind: str, upstream: Address | None = None) -> Iterator[Address]:
    """Run a "bank", a "bare bank", an "attacker" or a "bare relay" in a process of its own; the
    value is its address.
    """
    command = [
        sys.executable,
        "-m",
        "benchmarks.processes",
        kind,
        *([str(upstream[1])] if upstream else []),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield LOOPBACK, int(process.stdout.readline())
        finally:
            process.stdin.close()


class Bare:
    """A server on loopback with a thread for each connection, and nothing else."""

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0), backlog=128)
        self.address: Address = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self.serve, args=(at_once(connection),), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Answer one client, and close."""
        raise NotImplementedError


class BareBank(Bare):
    """Answers whatever it is asked with the same few bytes, so that the proxies before it are what
    is measured.
    """

    def __init__(self) -> None:
        self._context = server_context(IDENTITY)
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        with self._context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(ANSWER)


class BareRelay(Bare):
    """The plainest program that does what `OnPathAttacker` does for one request: two handshakes,
    copy it, copy the answer.

    It has its certificate ready, keeps no record, and closes without a goodbye.
    """

    def __init__(self, upstream: Address) -> None:
        self._upstream = upstream
        self._victims = server_context(FORGER.issue_leaf(HOST))
        self._hosts = unverified_context()
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        with (
            self._victims.wrap_socket(connection, server_side=True) as victim,
            at_once(socket.create_connection(self._upstream)) as onward,
            self._hosts.wrap_socket(onward, server_hostname=HOST) as host,
        ):
            host.sendall(victim.recv(65536))
            victim.sendall(host.recv(65536))


def at_once(connection: socket.socket) -> socket.socket:
    """The same socket with Nagle's algorithm off, as the lab's own sockets have it."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def connection_to(address: Address, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A new TCP connection with a handshake for the bank's name."""
    tcp = at_once(socket.create_connection(address))
    try:
        return context.wrap_socket(tcp, server_hostname=HOST)
    except BaseException:
        tcp.close()
        raise


def main() -> None:
    """Serve until standard input ends."""
    kind, *arguments = sys.argv[1:]
    upstream = (LOOPBACK, int(arguments[0])) if arguments else (LOOPBACK, 0)
    makers: dict[str, Callable[[], TLSServer | OnPathAttacker | Bare]] = {
        "bank": lambda: TLSServer(IDENTITY),
        "bare bank": BareBank,
        "attacker": lambda: OnPathAttacker(FORGER, upstream={HOST: Elsewhere(upstream)}),
        "bare relay": lambda: BareRelay(upstream),
    }
    server = makers[kind]()
    print(server.address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
