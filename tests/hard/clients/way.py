"""A way into TLS: a function that connects with one library, and checks the answer."""

from __future__ import annotations

import asyncio
import inspect
import platform
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from tests.hard.clients.peers.line import Dialogue

TIMEOUT = 20.0  # seconds that a way lets its library wait, where it takes a number
PYTHON = "Python"

Connect = Callable[[str, int, ssl.SSLContext], Any]


@dataclass(frozen=True)
class Way:
    """One row of the table.

    library: its name on PyPI, or PYTHON for the standard library.
    connect: `connect(host, port, context)`, also a coroutine function. It returns when it was
        served, and raises otherwise.
    patched: "gevent" or "eventlet" when that patches the standard library first.
    refuses: why it refuses to connect with pins at all, to the honest server, too; else empty.
    """

    library: str
    name: str
    dialogue: Dialogue
    connect: Connect
    patched: str = ""
    refuses: str = ""

    @property
    def key(self) -> str:
        return f"{self.library}: {self.name}"

    @property
    def version(self) -> str:
        """The installed version. Raises `PackageNotFoundError` when there is none."""
        if self.library == PYTHON:
            return platform.python_version()
        return metadata.version(self.library)

    @property
    def installed(self) -> bool:
        try:
            return bool(self.version)
        except metadata.PackageNotFoundError:
            return False

    def take(self, host: str, port: int, context: ssl.SSLContext) -> None:
        """Connect, on an event loop where that is needed. Raises what the library raises."""
        if inspect.iscoroutinefunction(self.connect):
            asyncio.run(asyncio.wait_for(self.connect(host, port, context), 2 * TIMEOUT))
        else:
            self.connect(host, port, context)


@contextmanager
def answered_by(error: type[Exception], words: str) -> Iterator[None]:
    """For a server that answers with a refusal: inside, this error with these words must come."""
    try:
        yield
    except error as raised:
        if words not in str(raised):
            raise
    else:
        raise AssertionError(f"the answer must be {words!r}")


WAYS: dict[str, Way] = {}  # in the order in which they are defined


def way(
    library: str, name: str, dialogue: Dialogue, **options: str
) -> Callable[[Connect], Connect]:
    """Add the decorated function to WAYS."""

    def add(connect: Connect) -> Connect:
        added = Way(library, name, dialogue, connect, **options)
        if added.key in WAYS:
            raise ValueError(f"{added.key!r} is in the table already.")
        WAYS[added.key] = added
        return connect

    return add
