"""What the pins cost: a handshake with a `PinnedContext`, against the same context without a
policy.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from certpin_lab.lab.contexts import server_context

from .measure import Row, Side, Sides, Target, timed
from .processes import Address, connection_to, started
from .world import HOST, IDENTITY, must_agree, parameters, pinned, unpinned


def handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """Both ends of a handshake, in memory and in this thread; returns the client's."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=HOST)
    pending = [ours, server.wrap_bio(to_server, to_client, server_side=True)]
    while pending:
        for end in tuple(pending):
            try:
                end.do_handshake()
                pending.remove(end)
            except ssl.SSLWantReadError:
                pass
    return ours


@contextmanager
def in_memory(_quick: bool) -> Iterator[Sides]:
    """Both sides have the same server context; tickets are off."""
    server = server_context(IDENTITY)
    with_pins, without = pinned(), unpinned()
    must_agree(parameters(handshake(with_pins, server)), parameters(handshake(without, server)))
    yield timed(lambda: handshake(with_pins, server)), timed(lambda: handshake(without, server))


def connecting(address: Address, context: ssl.SSLContext) -> Side:
    """The time of a TCP connection and its handshake.

    The goodbye is not in it, but is waited for: the bank is idle again.
    """

    def side() -> float:
        start = time.perf_counter()
        tls = connection_to(address, context)
        taken = (time.perf_counter() - start) * 1000
        with tls:
            tls.unwrap()
        return taken

    return side


@contextmanager
def over_tcp(_quick: bool) -> Iterator[Sides]:
    """The bank is in a process of its own."""
    with started("bank") as address:
        with_pins, without = pinned(), unpinned()
        with connection_to(address, with_pins) as one, connection_to(address, without) as other:
            must_agree(parameters(one), parameters(other))
        yield connecting(address, with_pins), connecting(address, without)


def workload() -> None:
    """What `--profile` looks at."""
    server, client = server_context(IDENTITY), pinned()
    for _ in range(500):
        handshake(client, server)


_SAME = "the same context without pins"
ROWS = (
    Row(
        "handshake-memory",
        "handshake with pins, in memory",
        _SAME,
        "ms",
        Target(1.05),
        in_memory,
        1500,
        20,
    ),
    Row(
        "handshake-tcp",
        "handshake with pins, over TCP",
        _SAME,
        "ms",
        Target(1.05),
        over_tcp,
        1500,
        20,
    ),
)
