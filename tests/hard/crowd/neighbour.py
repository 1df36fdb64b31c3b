"""A neighbour on the same machine who pokes at every port of everybody's lab, and keeps whatever
comes back.

Run by root, it is another user (nobody); otherwise it is one more process of the same user, as a
neighbour in one container would be.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  # looked up by name at the first connection, when another user can no longer read it
import multiprocessing
import os
import socket
import ssl
import time
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

NOBODY = 65534
GARBAGE = bytes(range(256)) * 4
HTTP = b"GET https://bank.example/balance HTTP/1.1\r\nHost: bank.example\r\n\r\n"
PROXY = b"CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\r\n"
GUESS = (
    b"CONNECT bank.example:443 HTTP/1.1\r\nHost: a\r\n"
    b"Proxy-Authorization: Basic cGhvbmU6cGhvbmU=\r\n\r\n"
)
PATIENCE = 0.2  # seconds for an answer
HELD = 200  # connections that stay open, saying nothing


@dataclass
class Poked:
    """What the neighbour did and got.

    `firsts` counts the first lines of answers, `read` is all of them in one.
    """

    ports: set[int] = field(default_factory=set)
    connections: Counter[str] = field(default_factory=Counter)
    firsts: Counter[str] = field(default_factory=Counter)
    handshakes: int = 0
    read: bytes = b""


class Neighbour:
    """At work from `begin` to `end`, in a process of its own.

    Ports that are open when it begins are left alone: they are Jupyter's.
    """

    def __init__(self) -> None:
        fork = multiprocessing.get_context(
            "fork"
        )  # the interpreter may lie where no other user can start it
        self._pipe, theirs = fork.Pipe()
        self._process = fork.Process(target=_poke, args=(theirs,), daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", DeprecationWarning
            )  # 3.12+ warns where there are threads; the child takes none of their locks
            self._process.start()
        theirs.close()  # so that its death is the end of the pipe

    def begin(self) -> None:
        """Returns when it has begun."""
        self._pipe.send("begin")
        self._pipe.recv()

    def end(self) -> Poked:
        """What came of it. Raises EOFError when it died on the way."""
        self._pipe.send("end")
        return self._pipe.recv()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _poke(told: Any) -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    told.recv()
    jupyters, poked, held = listening(), Poked(), list[socket.socket]()
    told.send("begun")
    while not told.poll(0.05):
        for port in listening() - jupyters:
            poked.ports.add(port)
            for kind, say in WAYS.items():
                with suppress(OSError):
                    say(poked, kind, port, held)
            while len(held) > HELD:
                held.pop(0).close()
    told.send(poked)


def listening() -> set[int]:
    """The ports on which anybody listens on 127.0.0.1."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(row[1].split(":")[1], 16)
        for row in rows
        if row[3] == "0A" and row[1].startswith("0100007F")
    }


def _connect(poked: Poked, kind: str, port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    poked.connections[kind] += 1
    return connection


def _hold(poked: Poked, kind: str, port: int, held: list[socket.socket]) -> None:
    held.append(_connect(poked, kind, port))


def _say(data: bytes) -> Any:
    def say(poked: Poked, kind: str, port: int, _held: list[socket.socket]) -> None:
        with _connect(poked, kind, port) as connection:
            connection.sendall(data)
            _listen(poked, connection)

    return say


def _handshake(poked: Poked, kind: str, port: int, _held: list[socket.socket]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        _connect(poked, kind, port) as connection,
        context.wrap_socket(connection, server_hostname="bank.example") as tls,
    ):
        poked.handshakes += 1
        tls.sendall(b"GET /balance HTTP/1.1\r\nHost: bank.example\r\n\r\n")
        _listen(poked, tls)


def _listen(poked: Poked, connection: socket.socket) -> None:
    until, answer = time.monotonic() + PATIENCE, b""
    with suppress(OSError):
        while time.monotonic() < until and (piece := connection.recv(65536)):
            answer += piece
    if answer.startswith(b"HTTP/"):
        poked.firsts[answer.partition(b"\r\n")[0].decode("latin-1")] += 1
    elif answer:
        poked.firsts["something else"] += 1
    poked.read += answer


WAYS = {
    "says nothing": _hold,
    "sends garbage": _say(GARBAGE),
    "asks in plain HTTP": _say(HTTP),
    "asks the proxy": _say(PROXY),
    "guesses its password": _say(GUESS),
    "shakes hands": _handshake,
}
